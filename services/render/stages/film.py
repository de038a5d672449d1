"""What is the same in every kind of film: the progress marker and the burnt-in captions, as subtitle events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contracts.rendering import Scene
from services.render.engines.drawing import subtitles as ass
from services.render.engines.drawing.cards import TRACK_HEIGHT, tracks
from services.render.engines.drawing.elements import Shape
from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Colour, Palette
from services.render.engines.drawing.typeface import Role, width
from services.render.stages.captions import Cue, cues, joined, two_lines
from services.render.stages.timings import Timings, Word

_FIELD_OPACITY = 0.88
_LINE_SHARE = 0.94
_SETTLE_MS = 160


@dataclass(frozen=True, slots=True)
class Inks:
    """The colour of a word that was spoken, and of the one that is being spoken."""

    spoken: Colour
    speaking: Colour


def progress(frame: Frame, palette: Palette, scenes: Sequence[Scene]) -> list[str]:
    """One piece a scene, which fills while the scene lasts; a single one where scenes are many."""
    end = scenes[-1].end_ms
    pieces = tracks(frame, len(scenes))
    spans = [(one.start_ms, one.end_ms) for one in scenes] if len(pieces) == len(scenes) else [(0, end)]
    events: list[str] = []
    for (x, wide), (begin, until) in zip(pieces, spans, strict=True):
        place = ass.at(x, frame.header)
        bar = Shape(x, frame.header, (wide, TRACK_HEIGHT), palette.ink, radius=TRACK_HEIGHT / 2)
        fill = f"\\fscx0\\t(0,{until - begin},\\fscx100)"
        events.append(ass.event(1, 0, end, "{\\an7" + place + ass.paint(palette.ink, 0.2) + "\\p1}" + ass.outline(bar)))
        tags = "{\\an7" + place + ass.paint(palette.accent) + fill + "\\p1}"
        events.append(ass.event(2, begin, end, tags + ass.outline(bar)))
    return events


def burnt_captions(frame: Frame, palette: Palette, timings: Timings, until_ms: int | None = None) -> list[str]:
    """Every word of the narration on a dark field, dim until it is spoken, in the accent while it is.

    With `until_ms` no caption begins or stays after that moment.
    """
    size = frame.caption_size
    padding = size * 0.85
    line = (frame.inner - 2 * padding) * _LINE_SHARE

    def measure(text: str) -> float:
        return width(text, Role.STRONG, size)

    most = line if frame.caption_lines == 1 else line * 1.8
    found = cues(timings, measure, most)
    if until_ms is not None:
        found = [replace(cue, end_ms=min(cue.end_ms, until_ms)) for cue in found if cue.start_ms < until_ms]
    return [one for cue in found for one in _caption(cue, frame, palette, _broken(cue, frame, line))]


def _broken(cue: Cue, frame: Frame, line: float) -> list[tuple[Word, ...]]:
    if frame.caption_lines == 1:
        return [cue.words]
    return two_lines(cue.words, lambda text: width(text, Role.STRONG, frame.caption_size), line)


def _caption(cue: Cue, frame: Frame, palette: Palette, lines: Sequence[tuple[Word, ...]]) -> list[str]:
    size, middle = frame.caption_size, frame.width / 2
    padding = size * 0.85
    widest = max(width(joined(line), Role.STRONG, size) for line in lines)
    shrink = min(1.0, (frame.inner - 2 * padding) / max(widest, 1.0))
    size, widest = size * shrink, widest * shrink
    leading = size * 1.36
    high, wide = leading * len(lines) + size * 0.72, widest + 2 * padding
    top = frame.caption_middle - high / 2
    field = Shape(middle - wide / 2, top, (wide, high), palette.caption_field, radius=min(high / 2, size * 0.8))
    tags = "{\\an7" + ass.at(field.x, field.y) + ass.paint(field.colour, _FIELD_OPACITY) + "\\p1}"
    events = [ass.event(6, cue.start_ms, cue.end_ms, tags + ass.outline(field))]
    inks = Inks(palette.caption_ink, palette.caption_accent)
    baseline = top + size * 0.36 + (leading + size * 0.7) / 2
    for line in lines:
        y = baseline - ass.ascent(joined(line), Role.STRONG, size)
        start = "{\\an8" + ass.at(middle, y) + ass.paint(palette.caption_dim, which=2) + "}"
        text = start + spoken_line(line, cue.start_ms, inks, Role.STRONG, size)
        events.append(ass.event(7, cue.start_ms, cue.end_ms, text))
        baseline += leading
    return events


def spoken_line(line: Sequence[Word], from_ms: int, inks: Inks, role: Role, size: float) -> str:
    """Words with karaoke times counted from `from_ms`, each in the accent while it is spoken and in ink after."""
    passed = max(line[0].start_ms - from_ms, 0) // 10
    parts = ["{" + f"\\k{passed}" + "}"] if passed else []
    for place, word in enumerate(line):
        until = (line[place + 1].start_ms if place + 1 < len(line) else word.end_ms) - from_ms
        lasts = max(until // 10 - passed, 0)
        passed += lasts
        settle = f"\\t({until},{max(until + _SETTLE_MS, 1)},{ass.paint(inks.spoken)})"
        parts.append("{" + f"\\k{lasts}" + ass.paint(inks.speaking) + settle + "}")
        text = word.text if word.glued or place == 0 else f" {word.text}"
        parts.append(ass.typeset(text, role, size))
    return "".join(parts)
