"""The plan of a film covers the narration without a gap, and says in few words what is said."""

from itertools import pairwise

import pytest
from hypothesis import given

from services.render.stages.plan import LEAST_MS, plan, sentences_of, summary
from services.render.stages.timings import Sentence, Timings, Word
from tests.render.stages.test_timings import narrations


def said(*texts: str, each_ms: int = 4000, paragraph_of: int = 2) -> Timings:
    sentences: list[Sentence] = []
    for place, text in enumerate(texts):
        start = place * each_ms
        words = text.split()
        step = (each_ms - 400) // len(words)
        spoken = tuple(
            Word(text=word, start_ms=start + n * step, end_ms=start + (n + 1) * step) for n, word in enumerate(words)
        )
        end = start + each_ms - 400
        paragraph = place // paragraph_of
        sentences.append(Sentence(text=text, paragraph=paragraph, start_ms=start, end_ms=end, words=spoken))
    return Timings(duration_ms=len(texts) * each_ms + 500, sentences=tuple(sentences))


@given(narrations())
def test_scenes_follow_one_another_from_start_to_end(timings: Timings) -> None:
    scenes = plan("A title", timings)
    assert [scene.number for scene in scenes] == list(range(1, len(scenes) + 1))
    assert scenes[0].start_ms == 0
    assert scenes[-1].end_ms == timings.duration_ms
    assert all(one.end_ms == two.start_ms for one, two in pairwise(scenes))
    assert all(scene.end_ms - scene.start_ms >= LEAST_MS - 200 for scene in scenes[1:])
    together = "".join("".join(scene.narration.split()) for scene in scenes)
    assert together == "".join("".join(sentence.text.split()) for sentence in timings.sentences)


def test_each_paragraph_becomes_a_scene_after_the_title_card() -> None:
    scenes = plan(
        "Tides", said("What are tides?", "They are slow waves.", "Look up.", "The moon pulls the water along.")
    )
    assert [scene.heading for scene in scenes] == ["Tides", "They are slow waves", "Look up"]
    assert scenes[2].bullets == ("The moon pulls the water along",)


def test_a_long_narration_has_a_bounded_number_of_scenes() -> None:
    assert len(plan("Long", said(*["This sentence says something."] * 900))) <= 102


@pytest.mark.parametrize(
    ("texts", "heading", "points"),
    [
        (["Look for the cause."], "Look for the cause", []),
        (["Is it so?", "It is."], "Is it so?", ["It is"]),
        (["No jargon and no rush: just the idea, and why it deserves your time today."], "No jargon and no rush", 1),
        (["A b c.", " ".join(["word"] * 40) + "."], "A b c", ["Word" + " word" * 13 + "…"]),
        (
            [
                "Slow water builds.",
                f"Where land is flat, the river lays down sand, and the plain grows {'and ' * 9}grows.",
            ],
            "Slow water builds",
            ["The river lays down sand"],
        ),
        (["One.", "Two.", "Three.", "Four.", "Five."], "One", ["Two", "Three", "Four"]),
    ],
)
def test_a_summary_is_short_and_in_the_words_of_the_script(
    texts: list[str], heading: str, points: list[str] | int
) -> None:
    found, lines = summary(said(*texts).sentences)
    assert found == heading
    assert (len(lines) if isinstance(points, int) else [line.text for line in lines]) == points


def test_a_scene_knows_its_sentences() -> None:
    timings = said("One two.", "Three four.", "Five six.")
    scenes = plan("T", timings)
    assert [one.text for scene in scenes[1:] for one in sentences_of(scene, timings)] == ["Three four.", "Five six."]


def test_a_point_in_a_script_without_spaces_is_counted_in_words() -> None:
    text = "大多数事物都由两三个部分构成，彼此相互作用。"
    sentences = said("再看组成。", text).sentences
    assert [point.text for point in summary(sentences)[1]] == [text.rstrip("。")]
