"""Word timings lose no word, never go back, and stay inside the narration."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.render.engines.prose import clean, paragraphs
from services.render.engines.voice import Anchor, Spoken
from services.render.stages.captions import cues, joined, sub_rip, two_lines, web_vtt
from services.render.stages.speech import speakable
from services.render.stages.timings import Timings

TEXTS = st.text(max_size=240).map(clean).map(paragraphs).map(speakable).filter(bool)


@st.composite
def narrations(draw: st.DrawFn) -> Timings:
    """Any script, spoken by a voice whose anchors are wild: too few, out of order, outside of the sentence."""
    script = draw(TEXTS)
    spoken: list[Spoken] = []
    moment = draw(st.integers(0, 500))
    for sentence in (sentence for paragraph in script for sentence in paragraph):
        end = moment + draw(st.integers(0, 4000))
        wild = st.builds(Anchor, st.integers(-3, len(sentence) + 3), st.integers(0, end + 500))
        spoken.append(Spoken(moment, end, tuple(draw(st.lists(wild, max_size=8)))))
        moment = end + draw(st.integers(0, 700))
    return Timings.of(script, spoken, moment + 500)


def script_of(timings: Timings) -> str:
    return "".join("".join(sentence.text.split()) for sentence in timings.sentences)


@given(narrations())
def test_every_word_is_there_in_order_and_time_never_goes_back(timings: Timings) -> None:
    words = [word for sentence in timings.sentences for word in sentence.words]
    assert "".join(word.text for word in words) == script_of(timings)
    moments = [moment for word in words for moment in (word.start_ms, word.end_ms)]
    assert moments == sorted(moments)
    assert all(0 <= moment <= timings.duration_ms for moment in moments)


@given(narrations(), st.integers(10, 90))
def test_cues_hold_every_word_in_order_and_do_not_overlap(timings: Timings, most: int) -> None:
    found = cues(timings, len, most)
    assert "".join("".join(cue.text.split()) for cue in found) == script_of(timings)
    assert all(len(cue.text) <= most or len(cue.words) == 1 for cue in found)
    assert all(cue.start_ms <= cue.end_ms <= timings.duration_ms for cue in found)
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(found))


@given(narrations())
def test_caption_files_hold_every_word(timings: Timings) -> None:
    shown = "".join(line for line in web_vtt(timings).splitlines()[1:] if "-->" not in line)
    plain = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert "".join(plain.split()) == script_of(timings)
    assert sub_rip(timings).count(" --> ") == web_vtt(timings).count(" --> ")


def test_a_merged_word_gets_its_moment_between_its_neighbours() -> None:
    spoken = Spoken(0, 1000, (Anchor(0, 0), Anchor(7, 600)))
    words = Timings.of([["out of the"]], [spoken], 1200).sentences[0].words
    assert [word.text for word in words] == ["out", "of", "the"]
    assert words[0].start_ms == 0
    assert 0 < words[1].start_ms < 600
    assert words[2].start_ms == 600


def test_web_vtt_escapes_what_players_would_obey() -> None:
    timings = Timings.of([["a <b> & --> c"]], [Spoken(0, 900, ())], 1000)
    assert "a &lt;b&gt; &amp; --&gt; c" in web_vtt(timings)
    assert "00:00:00.000 --> 00:00:01.000" in web_vtt(timings)


def test_two_lines_are_about_even() -> None:
    words = Timings.of([["one two three four five six"]], [Spoken(0, 900, ())], 1000).sentences[0].words
    assert [joined(line) for line in two_lines(words, len, 16)] == ["one two three", "four five six"]


def test_signs_without_a_word_go_with_their_neighbour() -> None:
    assert speakable([["🚀"], ["Go.", "!!!", "Now."], ["…"]]) == [["🚀 Go. !!!", "Now. …"]]
    assert speakable([["🚀", "…"]]) == []
