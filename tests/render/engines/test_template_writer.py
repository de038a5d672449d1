"""Any prompt becomes a readable script, the same one each time."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rendering import JobInputs
from services.render.engines.prose import is_speakable, paragraphs, word_count
from services.render.engines.subject import Form, subject_of
from services.render.engines.template_fields import POINTS, Field
from services.render.engines.template_primers import PRIMERS, Primer
from services.render.engines.template_writer import TemplateWriter
from services.render.engines.writer import Draft, Refined

SHORT = [
    *("Why is the sky blue?", "the water cycle", "Explain photosynthesis to kids", "How to bake sourdough bread"),
    *("recursion", "Is Pluto a planet?", "I want to be a pilot", "🚀", "今日の天気について", "شرح دورة الماء"),
    *("Erkläre mir, wie eine Wärmepumpe funktioniert", "¿Por qué el cielo es azul?", "use E = mc²", "?!", "a" * 5000),
]
LONG = " ".join(
    f"Sentence number {n} tells us something true about the roads of Rome, and it takes its time." for n in range(120)
)


async def written(prompt: str, language: str = "en") -> tuple[Refined, Draft]:
    inputs = JobInputs(prompt=prompt, language=language)
    refined = await TemplateWriter().refine(inputs)
    return refined, await TemplateWriter().write(inputs, refined.title, refined.refined_prompt)


@given(st.text(min_size=1, max_size=400))
async def test_any_text_at_all_gives_a_script_that_can_be_spoken(prompt: str) -> None:
    refined, draft = await written(prompt)
    assert is_speakable(draft.script)
    assert len(refined.title) <= 81
    for text in (refined.title, refined.refined_prompt, draft.script):
        assert not [one for one in text if unicodedata.category(one) in ("Cc", "Cs") and one != "\n"]


@pytest.mark.parametrize("prompt", SHORT)
async def test_a_short_prompt_becomes_an_opening_points_and_a_close(prompt: str) -> None:
    _, draft = await written(prompt)
    assert len(paragraphs(draft.script)) == 5
    assert 60 <= word_count(draft.script) <= 115
    assert draft.script.rstrip().endswith((".", "!", "?"))
    assert "{" not in draft.script


async def test_the_same_prompt_gives_the_same_words() -> None:
    assert await written("tides") == await written("tides")


async def test_a_long_text_is_told_in_its_own_sentences() -> None:
    _, draft = await written(LONG)
    assert all(sentence in LONG for block in paragraphs(draft.script) for sentence in block)
    assert 60 <= word_count(draft.script) <= 110


async def test_a_title_that_was_given_is_kept() -> None:
    refined = await TemplateWriter().refine(JobInputs(prompt="tides", title="My tides"))
    assert refined.title == "My tides"


@pytest.mark.parametrize(
    ("prompt", "form", "title"),
    [
        ("Make a short video about binary search trees.", Form.NOUN, "Binary search trees"),
        ("Can you please explain how vaccines work?", Form.QUESTION, "How vaccines work?"),
        ("Create a 30 second video that explains how rainbows form", Form.NOUN, "How rainbows form"),
        ("Tell me about Ada Lovelace", Form.NOUN, "Ada Lovelace"),
        ("explain recursion like I'm five", Form.NOUN, "Recursion"),
        ("why do cats purr", Form.QUESTION, "Why do cats purr?"),
        ("how to tie a tie", Form.HOW_TO, "How to tie a tie"),
        ("Erkläre mir die Gezeiten", Form.NOUN, "Die Gezeiten"),
        ("I like trains.", Form.TITLED, "I like trains"),
        (LONG, Form.TEXT, "Sentence number 0 tells us something true about the roads of Rome"),
    ],
)
def test_the_wish_around_a_subject_is_taken_away(prompt: str, form: Form, title: str) -> None:
    subject = subject_of(prompt)
    assert (subject.form, subject.title) == (form, title)


@pytest.mark.parametrize("primer", PRIMERS, ids=lambda primer: primer.names)
async def test_what_is_on_the_shelf_is_told_in_facts_of_a_short_film(primer: Primer) -> None:
    name = {"pythag": "the Pythagorean theorem", "photosynth": "photosynthesis", "vaccin": "vaccines"}
    prompt = name.get(primer.names, re.sub(r"\\b|\(.*?\)\?|\?", "", primer.names))
    _, draft = await written(prompt)
    assert all(point in draft.script for point in primer.points)
    assert 60 <= word_count(draft.script) <= 115


@pytest.mark.parametrize(
    ("prompt", "field"),
    [
        ("The Roman Empire", Field.HISTORY),
        ("the life of Marie Curie", Field.PERSON),
        ("What is machine learning?", Field.MACHINE),
        ("How does a heat pump work?", Field.MACHINE),
        ("prime numbers", Field.MATHEMATICS),
        ("how volcanoes erupt", None),
        ("volcanoes, earthquakes and tsunamis", Field.NATURE),
        ("the human brain", Field.LIFE),
        ("trains vs planes", Field.COMPARISON),
        ("my favourite sandwich", None),
    ],
)
async def test_points_are_those_of_the_subject_s_field_and_name_it(prompt: str, field: Field | None) -> None:
    _, draft = await written(prompt)
    starts = {one: [point.partition(".")[0] + "." for point in POINTS[one]] for one in Field}
    found = [one for one in Field if all(start in draft.script for start in starts[one])]
    assert found == ([field] if field else [])
    assert "{" not in draft.script


@pytest.mark.parametrize(("prompt", "letters"), [("光合作用", "现在用自己的话"), ("دورة الماء", "والآن بكلماتك")])
async def test_a_prompt_in_another_script_is_told_in_its_language(prompt: str, letters: str) -> None:
    _, draft = await written(prompt)
    assert letters in draft.script
    assert not any(character.isascii() and character.isalpha() for character in draft.script)


def test_a_script_s_first_sentence_is_its_title() -> None:
    assert subject_of("The parabola.\n\nIt has one turning point, and it opens.").title == "The parabola"
