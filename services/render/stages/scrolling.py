"""The kind `scrolling_script`: the script itself scrolls by in time with the voice, the spoken line in full ink."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.rendering import Scene
from services.render.engines.drawing import subtitles as ass
from services.render.engines.drawing.cards import header, marker, title_card
from services.render.engines.drawing.elements import Element, Shape, Side, Text
from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Palette, mixed
from services.render.engines.drawing.typeface import Role, is_right_to_left, width
from services.render.stages.captions import joined
from services.render.stages.film import Inks, burnt_captions, progress, spoken_line
from services.render.stages.timings import Timings, Word

_LEADING, _PARAGRAPH = 1.5, 0.7
_FOCUS = 0.4
_NARROWEST = 0.7
_OPACITIES = {-3: 0.0, -2: 0.12, -1: 0.3, 0: 1.0, 1: 0.5, 2: 0.4, 3: 0.28, 4: 0.16, 5: 0.07, 6: 0.0}
_EASE = ((0.12, 60), (0.5, 90), (0.82, 90), (0.96, 90), (1.0, 110))
_EARLY_MS, _ENTER_MS, _LEAVE_MS = 140, 420, 260
_RISE = 14.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the script: its words, its place in the column in pixels, and when it becomes the spoken one."""

    words: tuple[Word, ...]
    y: float
    start_ms: int

    @property
    def text(self) -> str:
        return joined(self.words)


@dataclass(frozen=True, slots=True)
class Column:
    """The script as one column of lines."""

    frame: Frame
    palette: Palette
    lines: tuple[Line, ...]
    size: float

    @property
    def focus(self) -> float:
        """The baseline of the spoken line."""
        return self.frame.top + (self.frame.caption_middle - self.frame.top) * _FOCUS

    def x(self, line: Line) -> tuple[float, Side]:
        indent = self.size * 0.7
        if is_right_to_left(line.text):
            return self.frame.width - self.frame.margin - indent, Side.RIGHT
        return self.frame.margin + indent, Side.LEFT


def column(frame: Frame, palette: Palette, timings: Timings) -> Column:
    """Break the script into lines; a paragraph begins a little lower."""
    size = frame.body_size * 1.52
    available = frame.inner - size * 1.4
    lines: list[Line] = []
    y, paragraph = 0.0, 0
    for number, words in _paragraphs(timings):
        if number != paragraph:
            y, paragraph = y + size * _PARAGRAPH, number
        for broken in _broken(words, size, available):
            lines.append(Line(broken, y, max(broken[0].start_ms - _EARLY_MS, 0)))
            y += size * _LEADING
    return Column(frame, palette, tuple(lines), size)


def stills(
    frame: Frame, palette: Palette, title: str, scenes: Sequence[Scene], timings: Timings
) -> list[list[Element]]:
    """The title card, then the column as it stands when each scene begins."""
    laid = column(frame, palette, timings)
    first = scenes[0]
    found: list[list[Element]] = []
    for place, scene in enumerate(scenes):
        elements = marker(frame, palette, len(scenes), place)
        if place == 0:
            card = title_card(frame, palette, title, timings.duration_ms, first.start_ms, first.end_ms)
            found.append([*elements, *card.elements])
            continue
        moment = scene.start_ms + _ENTER_MS
        current = max((n for n, line in enumerate(laid.lines) if line.start_ms <= moment), default=0)
        found.append([*elements, header(frame, palette, title), _rule(laid), *_standing(laid, current)])
    return found


def subtitles(frame: Frame, palette: Palette, title: str, scenes: Sequence[Scene], timings: Timings) -> str:
    """The whole film's text and shapes: during the title card the first words are captions, then the column scrolls."""
    laid = column(frame, palette, timings)
    first, end = scenes[0], timings.duration_ms
    events = progress(frame, palette, scenes)
    card = title_card(frame, palette, title, end, first.start_ms, first.end_ms)
    for element in card.elements:
        events += ass.entering(element, 3, card.start_ms, card.end_ms, rise=_RISE, leave_ms=_LEAVE_MS)
    opening = tuple(one for one in timings.sentences if one.start_ms < first.end_ms)
    shown = Timings(duration_ms=first.end_ms, sentences=opening)
    events += burnt_captions(frame, palette, shown, until_ms=first.end_ms)
    if first.end_ms < end:
        for element in (header(frame, palette, title), _rule(laid)):
            events += ass.entering(element, 2, first.end_ms, end, rise=0.0, leave_ms=_LEAVE_MS)
        events += _scroll(laid, first.end_ms, end)
    return ass.script(frame, events)


def _paragraphs(timings: Timings) -> Iterator[tuple[int, list[Word]]]:
    number: int | None = None
    words: list[Word] = []
    for sentence in timings.sentences:
        if number is not None and sentence.paragraph != number:
            yield number, words
            words = []
        number = sentence.paragraph
        words.extend(sentence.words)
    if number is not None and words:
        yield number, words


def _broken(words: Sequence[Word], size: float, available: float) -> list[tuple[Word, ...]]:
    """As few lines as are needed, and these about equally long."""
    lines = _filled(words, size, available)
    low, high = available * _NARROWEST, available
    for _ in range(6):
        middle = (low + high) / 2
        if len(_filled(words, size, middle)) == len(lines):
            high = middle
        else:
            low = middle
    return _filled(words, size, high)


def _filled(words: Sequence[Word], size: float, available: float) -> list[tuple[Word, ...]]:
    lines: list[tuple[Word, ...]] = []
    line: list[Word] = []
    for word in words:
        if line and width(joined([*line, word]), Role.DISPLAY, size) > available:
            lines.append(tuple(line))
            line = []
        line.append(word)
    return [*lines, tuple(line)] if line else lines


def _rule(laid: Column) -> Shape:
    """The accent beside the spoken line."""
    height = laid.size * 1.02
    right = bool(laid.lines) and is_right_to_left(laid.lines[0].text)
    x = laid.frame.width - laid.frame.margin - 5 if right else laid.frame.margin
    return Shape(x, laid.focus - laid.size * 0.83, (5, height), laid.palette.accent, radius=2.5)


def _standing(laid: Column, current: int) -> list[Element]:
    found: list[Element] = []
    for place, line in enumerate(laid.lines):
        opacity = _opacity(laid, place, current)
        if opacity > 0:
            x, side = laid.x(line)
            baseline = laid.focus + line.y - laid.lines[current].y
            found.append(Text(line.text, x, baseline, Role.DISPLAY, laid.size, laid.palette.ink, opacity, side=side))
    return found


def _opacity(laid: Column, place: int, current: int) -> float:
    """Ink fades with the distance from the spoken line, and is gone below the header and above the lower edge."""
    y = laid.focus + laid.lines[place].y - laid.lines[current].y
    under = (y - laid.size - laid.frame.header) / laid.size - 1.1
    above = (laid.frame.height - laid.frame.header - y) / laid.size
    return _OPACITIES.get(place - current, 0.0) * min(max(min(under, above), 0.0), 1.0)


def _scroll(laid: Column, begin: int, end: int) -> list[str]:
    """For each line that becomes the spoken one: all lines in sight ease up by one place."""
    events: list[str] = []
    starts = [line.start_ms for line in laid.lines]
    for current, start in enumerate(starts):
        until = starts[current + 1] if current + 1 < len(starts) else end
        if until <= begin:
            continue
        for place in range(max(current - 3, 0), min(current + 7, len(laid.lines))):
            events += _moved(laid, place, current, (max(start, begin), until), begin, end)
    return events


def _moved(laid: Column, place: int, current: int, span: tuple[int, int], begin: int, end: int) -> list[str]:
    """One line during one step, from where it stood to where it stands."""
    line, before = laid.lines[place], max(current - 1, 0)
    entering = span[0] == begin
    to = laid.focus + line.y - laid.lines[current].y
    since = to if entering else laid.focus + line.y - laid.lines[before].y
    shade = _opacity(laid, place, current)
    shades = (shade if entering else _opacity(laid, place, before), shade)
    if max(shades) == 0 or since > laid.frame.height * 1.05:
        return []
    events: list[str] = []
    moment, done = span[0], 0.0
    for share, lasts in () if entering else _EASE:
        stop = min(moment + lasts, span[1])
        if stop > moment:
            motion = (since + (to - since) * done, since + (to - since) * share, lasts)
            shade = (shades[0] + (shades[1] - shades[0]) * done, shades[0] + (shades[1] - shades[0]) * share)
            events.append(_shown(laid, line, motion, shade, (moment, stop), place == current, begin, end))
        moment, done = stop, share
    if moment < span[1]:
        rest = (to, to, 0)
        events.append(_shown(laid, line, rest, (shades[1], shades[1]), (moment, span[1]), place == current, begin, end))
    return events


def _shown(
    laid: Column,
    line: Line,
    motion: tuple[float, float, int],
    shade: tuple[float, float],
    span: tuple[int, int],
    spoken: bool,
    begin: int,
    end: int,
) -> str:
    x, side = laid.x(line)
    palette, size = laid.palette, laid.size
    rise = ass.ascent(line.text, Role.DISPLAY, size)
    place = (
        ass.at(x, motion[1] - rise, from_y=motion[0] - rise, for_ms=motion[2])
        if motion[2]
        else ass.at(x, motion[1] - rise)
    )
    fade = ass.fade(begin, end, span[0], enter_ms=_ENTER_MS, leave_ms=_LEAVE_MS)
    anchor = f"\\an{9 if side is Side.RIGHT else 7}"
    if spoken:
        dim = ass.paint(mixed(palette.middle, palette.ink, 0.5), which=2)
        inks = Inks(palette.ink, palette.accent)
        text = spoken_line(line.words, span[0], inks, Role.DISPLAY, size)
        return ass.event(4, *span, "{" + anchor + place + dim + fade + "}" + text)
    changing = f"\\t(0,{motion[2]},\\1a&H{round((1 - shade[1]) * 255):02X}&)" if motion[2] else ""
    tags = "{" + anchor + place + ass.paint(palette.ink, shade[0]) + changing + fade + "}"
    return ass.event(3, *span, tags + ass.typeset(line.text, Role.DISPLAY, size))
