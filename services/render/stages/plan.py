"""The plan of a film: a title card, then one scene for each thought, cut where the voice pauses."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.rendering import Scene
from services.render.engines.prose import tokens, word_count
from services.render.stages.captions import joined
from services.render.stages.timings import Sentence, Timings, Word

LEAST_MS = 3000
_LONG_MS = 11_000
_MOST_SCENES = 100
_TITLE_LEAST_MS, _TITLE_MOST_MS = 2500, 6000
_EARLY_MS = 150
_HEADING_WORDS, _STATEMENT_WORDS, _POINT_WORDS, _TELLING_WORDS, _MOST_POINTS = 9, 14, 17, 4, 3
_CLAUSES = re.compile(r"(?<=\w)[:;–—]\s+|\s[–—-]\s|(?<=\w),\s+|[，；：]")
_INTRODUCTION = re.compile(
    r"(?:where|when|if|as|after|before|in|at|on|with|without|to|because|while|since|once|for|by|from|and|but|so|or)\b",
    re.IGNORECASE,
)
_FULL_STOPS = ".。 "


@dataclass(frozen=True, slots=True)
class Point:
    """A line below a heading, and when it is first spoken of."""

    text: str
    at_ms: int


def plan(title: str, timings: Timings) -> tuple[Scene, ...]:
    """Scenes from 0 to the end of the narration, without a gap, numbered from 1; the first is the title card."""
    title_end = _title_end(timings)
    said = [sentence for sentence in timings.sentences if sentence.end_ms > title_end + _EARLY_MS]
    groups = _groups(said, title_end, timings.duration_ms) if title_end < timings.duration_ms else []
    starts = [0, *(_start(group, title_end) for group in groups)]
    starts[1:2] = [title_end] if groups else []
    ends = [*starts[1:], timings.duration_ms]
    headings: list[tuple[str, list[Point]]] = [(title, []), *(summary(group) for group in groups)]
    spoken = _divided(timings, starts)
    return tuple(
        Scene(
            number=number,
            heading=heading,
            bullets=tuple(point.text for point in points),
            narration=joined(words),
            start_ms=start,
            end_ms=end,
        )
        for number, ((heading, points), words, start, end) in enumerate(
            zip(headings, spoken, starts, ends, strict=True), 1
        )
    )


def sentences_of(scene: Scene, timings: Timings) -> list[Sentence]:
    """The sentences that this scene is about: those that begin in it or are still spoken when it begins."""
    last = scene.end_ms - _EARLY_MS
    return [one for one in timings.sentences if one.start_ms < last and one.end_ms > scene.start_ms + _EARLY_MS]


def summary(sentences: Sequence[Sentence]) -> tuple[str, list[Point]]:
    """A heading, and up to three points below it, in the words of the sentences."""
    first, rest = sentences[0], sentences[1:]
    words = word_count(first.text)
    if rest and words <= _HEADING_WORDS:
        heading, points = first.text, []
    elif not rest and words <= _STATEMENT_WORDS:
        return _polished(first.text), []
    else:
        heading, remainder = _clause(first.text)
        points = [Point(_shortened(remainder), _moment(first, remainder))] if remainder else []
    points += [Point(_shortened(one.text), one.start_ms) for one in rest]
    return _polished(heading), points[:_MOST_POINTS]


def _title_end(timings: Timings) -> int:
    if not timings.sentences:
        return timings.duration_ms
    first = timings.sentences[0]
    end = first.end_ms + _EARLY_MS
    if end > _TITLE_MOST_MS:
        end = next((word.start_ms for word in first.words if word.start_ms >= LEAST_MS), end)
    end = max(end, _TITLE_LEAST_MS)
    return end if timings.duration_ms - end >= LEAST_MS else timings.duration_ms


def _groups(sentences: Sequence[Sentence], begin_ms: int, duration_ms: int) -> list[list[Sentence]]:
    """Sentences that share a scene: a paragraph each, but neither too short to read nor too long to look at."""
    least, most = max(LEAST_MS, duration_ms // _MOST_SCENES), max(_LONG_MS, 2 * duration_ms // _MOST_SCENES)
    groups: list[list[Sentence]] = []
    for sentence in sentences:
        if not groups:
            groups.append([sentence])
            continue
        start = begin_ms if len(groups) == 1 else _start(groups[-1], begin_ms)
        new_paragraph = sentence.paragraph != groups[-1][-1].paragraph
        too_long = sentence.end_ms - start > most
        if _start([sentence], begin_ms) - start >= least and (new_paragraph or too_long):
            groups.append([sentence])
        else:
            groups[-1].append(sentence)
    if len(groups) > 1 and duration_ms - _start(groups[-1], begin_ms) < LEAST_MS:
        groups[-2].extend(groups.pop())
    return groups


def _start(group: Sequence[Sentence], begin_ms: int) -> int:
    return max(group[0].start_ms - _EARLY_MS, begin_ms)


def _divided(timings: Timings, starts: Sequence[int]) -> list[list[Word]]:
    """The words that begin in each scene; those at a scene's very start may begin a moment early."""
    found: list[list[Word]] = [[] for _ in starts]
    for word in (word for sentence in timings.sentences for word in sentence.words):
        place = bisect_right(starts, word.start_ms + _EARLY_MS) - 1
        found[place].append(word)
    return found


def _clause(text: str) -> tuple[str, str]:
    """A sentence cut in two at its first good joint; the second part is empty where there is none."""
    for joint in _CLAUSES.finditer(text):
        before, after = text[: joint.start()], text[joint.end() :]
        if 2 <= word_count(before) <= _HEADING_WORDS + 3 and word_count(after) >= 2:
            return before, after
    return text, ""


def _shortened(text: str) -> str:
    if word_count(text) <= _POINT_WORDS:
        return _polished(text)
    for clause in _CLAUSES.split(text):
        if _TELLING_WORDS <= word_count(clause) <= _POINT_WORDS and not _INTRODUCTION.match(clause):
            return _polished(clause)
    words = tokens(text)
    most = len(words) * (_POINT_WORDS - 3) // word_count(text)
    return _polished(text[: words[most - 1].end].rstrip(" ,;:")) + "…"


def _polished(text: str) -> str:
    short = text.strip().rstrip(_FULL_STOPS) if not text.rstrip().endswith("..") else text.strip()
    return short[:1].upper() + short[1:]


def _moment(sentence: Sentence, remainder: str) -> int:
    skipped = len(tokens(sentence.text)) - len(tokens(remainder))
    return sentence.words[min(skipped, len(sentence.words) - 1)].start_ms
