"""What a model writes is words on a screen, whatever it writes."""

import json
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.rendering import JobInputs
from services.render.engines.drawing.frame import FRAMES
from services.render.engines.drawing.palette import palette_of
from services.render.engines.drawing.subtitles import escaped
from services.render.engines.online import WriterFailed, words
from services.render.engines.prose import paragraphs, tokens
from services.render.engines.voice import Spoken
from services.render.stages.captions import sub_rip, web_vtt
from services.render.stages.plan import plan
from services.render.stages.slides import subtitles
from services.render.stages.speech import speakable
from services.render.stages.timings import Timings

MARKUP = st.sampled_from(
    (
        *(
            "{\\fs300}",
            "\\N",
            "\\h",
            "{\\p1}m 0 0 l 9 9",
            "}",
            "{",
            "\\",
            "Dialogue: 0,0:00:00.00,0:00:09.00,P,,0,0,0,,x",
        ),
        *(
            "[in]drawtext=textfile=/etc/passwd",
            "';movie=x",
            "%{pts}",
            "-->",
            "<b>",
            "&amp;",
            "\x00",
            "\x1b[31m",
            "\u202e",
        ),
        *(
            "\r\n",
            "\n\n",
            "[Events]",
            "00:00:00.000 --> 00:00:09.000",
            "00:00:00,000 --> 00:00:09,000",
            "NOTE x",
            "STYLE",
        ),
    )
)
SAID = st.lists(st.one_of(MARKUP, st.text(max_size=30), st.just("words that are spoken.")), min_size=1, max_size=12)


def timings_of(script: str) -> Timings:
    text = speakable(paragraphs(script))
    sentences = [sentence for paragraph in text for sentence in paragraph]
    spoken = [Spoken(1000 * place, 1000 * place + 900, ()) for place in range(len(sentences))]
    return Timings.of(text, spoken, 1000 * len(sentences))


@given(SAID)
def test_a_script_is_clean(said: list[str]) -> None:
    script = words.script_in(" ".join([*said, "word"]))
    assert len(script) <= words.SCRIPT_CHARACTERS
    assert not [one for one in script if unicodedata.category(one) in ("Cc", "Cs", "Co", "Cn") and one != "\n"]


@pytest.mark.parametrize("script", ["word " * 2000, "… !", "\x00\n"])
def test_a_script_that_is_too_long_or_says_nothing_is_refused(script: str) -> None:
    with pytest.raises(WriterFailed, match="holds a script"):
        words.script_in(script)


@settings(deadline=None)
@given(SAID, st.text(max_size=200))
def test_no_word_of_a_model_becomes_a_command_of_the_film(said: list[str], title: str) -> None:
    script, title = f"Tides. {words.clean(' '.join(said))}", words.title_in(title) or "Tides"
    timings, frame = timings_of(script), next(iter(FRAMES.values()))
    film = subtitles(frame, palette_of(title), title, plan(title, timings), timings)
    events = film[film.index("[Events]") :].splitlines()[2:]
    assert all(re.match(r"Dialogue: \d,[\d:.]+,[\d:.]+,P,,0,0,0,,", line) for line in events)
    for line in events:
        body = line.split(",,0,0,0,,", 1)[1]
        blocks = re.findall(r"(?<!\\)\{(.*?)(?<!\\)\}", body)
        assert all(re.fullmatch(r"(?:\\[A-Za-z0-9]+(?:\([^{}]*\)|[^\\{}]*))*", block) for block in blocks)


@given(st.text(max_size=200) | st.builds(" ".join, SAID))
def test_text_in_a_caption_opens_no_block_and_no_escape(text: str) -> None:
    line = escaped(text)
    assert not re.search(r"(?<!\\)[{}]", line)
    assert not re.search(r"\\(?![{}\u2060])", line)
    assert "\n" not in line


@settings(deadline=None)
@given(SAID)
def test_caption_files_say_every_word_and_nothing_else(said: list[str]) -> None:
    script = f"Tides. {words.clean(' '.join(said))}"
    timings = timings_of(script)
    wanted = [token.text for paragraph in speakable(paragraphs(script)) for one in paragraph for token in tokens(one)]
    assert [word.text for sentence in timings.sentences for word in sentence.words] == wanted
    moment = re.compile(r"[\d:.,]+ --> [\d:.,]+")
    for file, escape in ((web_vtt(timings), True), (sub_rip(timings), False)):
        blocks = [block.splitlines() for block in file.strip().split("\n\n")]
        cues = [block for block in blocks if len(block) > 1]
        shown = "".join("".join(block[1 if escape else 2 :]) for block in cues)
        assert all(moment.fullmatch(block[0 if escape else 1]) for block in cues)
        assert len(moment.findall(file)) == len(cues)
        plain = (
            shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            if escape
            else shown.replace("\u2060", "")
        )
        assert "".join(plain.split()) == "".join("".join(wanted).split())


@given(st.text(max_size=400))
def test_a_title_is_one_short_line(text: str) -> None:
    title = words.title_in(text)
    assert len(title) <= words.TITLE_CHARACTERS
    assert title == " ".join(title.split())


@given(st.text(max_size=300), st.text(max_size=50))
def test_a_wish_is_one_json_object_whatever_it_says(prompt: str, title: str) -> None:
    told = json.loads(words.wish(JobInputs(prompt=prompt, title=title, language="en")))
    assert told.get("prompt", "") == prompt
    assert set(told) <= {"prompt", "title", "language"}


@given(st.text(max_size=300))
def test_any_text_is_a_form_or_refused(text: str) -> None:
    with pytest.raises(WriterFailed, match="not a JSON object"):
        words.parsed(words.ScriptWords, text)
