"""Captions: a sentence cut into cues that can be read at a glance, and the two file formats of players."""

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from services.render.stages.timings import Sentence, Timings, Word

_HOLD_MS = 700
_AFTERGLOW_MS = 400
_CLOSERS = (",", ";", ":", "–", "—", "、", "，")
FILE_CHARACTERS = 76
FILE_LINE = 42
_ARROW = "--\u2060>"
"""An arrow in the words would make their line one of times: SubRip knows no escape, a word joiner is not seen."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Words shown together from `start_ms` to `end_ms`."""

    words: tuple[Word, ...]
    start_ms: int
    end_ms: int

    @property
    def text(self) -> str:
        return joined(self.words)


def joined(words: Sequence[Word]) -> str:
    """Words as they stand in the script, with spaces where the script has them."""
    return "".join(word.text if word.glued or place == 0 else f" {word.text}" for place, word in enumerate(words))


def cues(timings: Timings, measure: Callable[[str], float], most: float) -> list[Cue]:
    """Every word of the script in order, each cue at most `most` wide unless a single word is wider."""
    chunks = [chunk for sentence in timings.sentences for chunk in _chunks(sentence, measure, most)]
    found: list[Cue] = []
    for place, words in enumerate(chunks):
        end = min(words[-1].end_ms + _AFTERGLOW_MS, timings.duration_ms)
        following = chunks[place + 1][0].start_ms if place + 1 < len(chunks) else timings.duration_ms
        end = following if following - words[-1].end_ms <= _HOLD_MS and place + 1 < len(chunks) else min(end, following)
        found.append(Cue(words, words[0].start_ms, max(end, words[0].start_ms)))
    return found


def _chunks(sentence: Sentence, measure: Callable[[str], float], most: float) -> Iterator[tuple[Word, ...]]:
    """Cut into about equal parts, after a comma where one is near."""
    total = measure(joined(sentence.words))
    target = total / max(ceil(total / most), 1)
    chunk: list[Word] = []
    for word in sentence.words:
        wide = measure(joined([*chunk, word]))
        so_far = measure(joined(chunk)) if chunk else 0.0
        closed = bool(chunk) and chunk[-1].text.endswith(_CLOSERS)
        if chunk and (
            wide > most
            or (closed and so_far > target * 0.7)
            or (so_far > target * 0.94 and total - so_far > most * 0.2)
        ):
            yield tuple(chunk)
            chunk = []
        chunk.append(word)
    if chunk:
        yield tuple(chunk)


def two_lines(words: Sequence[Word], measure: Callable[[str], float], line: float) -> list[tuple[Word, ...]]:
    """One line where that is wide enough, else two that are as even as can be."""
    if measure(joined(words)) <= line or len(words) < 2:
        return [tuple(words)]
    place = min(range(1, len(words)), key=lambda cut: max(measure(joined(words[:cut])), measure(joined(words[cut:]))))
    return [tuple(words[:place]), tuple(words[place:])]


def web_vtt(timings: Timings) -> str:
    """The captions as WebVTT."""
    blocks = [
        f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n{html.escape(_lines(cue), quote=False)}"
        for cue in cues(timings, len, FILE_CHARACTERS)
    ]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def sub_rip(timings: Timings) -> str:
    """The captions as SubRip (SRT)."""
    blocks = [
        f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n{_lines(cue).replace('-->', _ARROW)}"
        for number, cue in enumerate(cues(timings, len, FILE_CHARACTERS), 1)
    ]
    return "\n\n".join(blocks) + "\n"


def _lines(cue: Cue) -> str:
    return "\n".join(joined(line) for line in two_lines(cue.words, len, FILE_LINE))


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{rest:03}"
