"""The two cards of a slide film, laid out on the grid: the title card, and the card of one thought."""

from collections.abc import Sequence

from services.render.engines.drawing.elements import Card, Element, Shape, Side, Text
from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Palette
from services.render.engines.drawing.paragraph import Setting, clipped, fit
from services.render.engines.drawing.typeface import Role, is_right_to_left

_RISE_MS = 120
_CAP_HEIGHT = 0.68
TRACK_HEIGHT = 4
_MOST_TRACKS = 16


def title_card(frame: Frame, palette: Palette, title: str, duration_ms: int, start_ms: int, end_ms: int) -> Card:
    """The title in the largest size that fits, an accent above, the film's length below."""
    room = (frame.bottom - frame.top) * 0.8
    setting = fit(title, Role.DISPLAY, frame.title_sizes, frame.inner, room, most_lines=5, leading=1.1)
    small = frame.small_size * 1.25
    height = setting.height + small * 2.6
    top = (frame.top + frame.bottom - height) / 2
    side = _side(title)
    x = _edge(frame, side)
    bar = frame.width * 0.05
    elements: list[Element] = [
        Shape(x if side is Side.LEFT else x - bar, top - small * 1.3, (bar, 6), palette.accent, radius=3)
    ]
    elements += _lines(setting, Role.DISPLAY, frame, top, palette.ink, side, at_ms=0)
    baseline = top + setting.height + small * 1.7
    mark = small * 0.8
    left = x if side is Side.LEFT else x - mark
    corners = ((0.0, 0.0), (mark * 0.9, mark / 2), (0.0, mark))
    elements.append(Shape(left, baseline - mark * 0.92, (mark, mark), palette.accent, corners=corners, at_ms=_RISE_MS))
    length = f"{duration_ms // 60_000}:{duration_ms // 1000 % 60:02}"
    beside = left + mark * 1.5 if side is Side.LEFT else left - mark * 0.6
    elements.append(Text(length, beside, baseline, Role.STRONG, small, palette.muted, side=side, at_ms=_RISE_MS))
    return Card(start_ms, end_ms, tuple(elements))


def slide_card(
    frame: Frame, palette: Palette, number: int, heading: str, points: Sequence[tuple[str, int]], span: tuple[int, int]
) -> Card:
    """One thought: its number, a heading, and points that come in at their own moments, in ms from the card's start."""
    body, gap = frame.body_size, frame.body_size * 0.62
    indent = body * 1.35
    settings = [
        fit(
            text, Role.TEXT, (body, body * 0.9, body * 0.8), frame.column - indent, body * 4, most_lines=3, leading=1.32
        )
        for text, _ in points
    ]
    below = sum(setting.height + gap for setting in settings) + (body * 0.7 if settings else 0)
    kicker = frame.small_size * 1.3
    room = frame.bottom - frame.top - below - kicker * 2.2
    heading_sizes = frame.heading_sizes if points else frame.title_sizes[2:]
    setting = fit(heading, Role.DISPLAY, heading_sizes, frame.column, room, most_lines=5, leading=1.14)
    height = kicker * 2.2 + setting.height + below
    top = frame.top + (frame.bottom - frame.top - height) / 2
    side = _side(heading)
    x = _edge(frame, side)
    elements: list[Element] = [_numeral(frame, palette, number, side)]
    label = Text(f"{number:02}", x, top + kicker, Role.STRONG, kicker, palette.accent, side=side, tracking=1.5)
    elements.append(label)
    elements += _lines(setting, Role.DISPLAY, frame, top + kicker * 2.2, palette.ink, side, at_ms=_RISE_MS)
    line = top + kicker * 2.2 + setting.height + body * 0.7
    for (text, at_ms), point in zip(points, settings, strict=True):
        elements += _point(point, frame, palette, line, indent, _side(text), at_ms)
        line += point.height + gap
    return Card(*span, tuple(elements))


def header(frame: Frame, palette: Palette, title: str, *, at_ms: int = 0) -> Text:
    """The film's title in small letters, above the content."""
    size = frame.small_size
    short = clipped(title, Role.STRONG, size, frame.inner)
    side = _side(title)
    baseline = frame.header + TRACK_HEIGHT + size * 1.75
    return Text(short, _edge(frame, side), baseline, Role.STRONG, size, palette.muted, side=side, at_ms=at_ms)


def tracks(frame: Frame, count: int) -> list[tuple[float, float]]:
    """Left edge and width of each piece of the progress marker: one a scene, or a single one for many scenes."""
    pieces = count if count <= _MOST_TRACKS else 1
    gap = 8.0
    width = (frame.inner - gap * (pieces - 1)) / pieces
    return [(frame.margin + piece * (width + gap), width) for piece in range(pieces)]


def marker(frame: Frame, palette: Palette, count: int, place: int) -> list[Element]:
    """The progress marker of a still picture: the pieces up to the scene at `place` are full."""
    pieces = tracks(frame, count)
    full = place if len(pieces) == count else -1
    return [
        Shape(
            *(x, frame.header, (width, TRACK_HEIGHT)),
            palette.accent if piece <= full else palette.ink,
            1.0 if piece <= full else 0.2,
            radius=TRACK_HEIGHT / 2,
        )
        for piece, (x, width) in enumerate(pieces)
    ]


def _numeral(frame: Frame, palette: Palette, number: int, side: Side) -> Text:
    """A very large, very faint number in the corner: it fills the empty side of the grid without calling out."""
    away = Side.RIGHT if side is Side.LEFT else Side.LEFT
    size = frame.numeral_size
    baseline = frame.bottom - size * 0.04
    x = _edge(frame, away)
    return Text(str(number), x, baseline, Role.DISPLAY, size, palette.ink, opacity=0.07, side=away)


def _lines(
    setting: Setting, role: Role, frame: Frame, top: float, colour: tuple[int, int, int], side: Side, at_ms: int
) -> list[Text]:
    first = top + (setting.leading + setting.size * _CAP_HEIGHT) / 2
    return [
        Text(
            line,
            _edge(frame, side),
            first + n * setting.leading,
            role,
            setting.size,
            colour,
            side=side,
            at_ms=at_ms + n * 70,
        )
        for n, line in enumerate(setting.lines)
    ]


def _point(
    setting: Setting, frame: Frame, palette: Palette, top: float, indent: float, side: Side, at_ms: int
) -> list[Element]:
    first = top + (setting.leading + setting.size * _CAP_HEIGHT) / 2
    dash = indent * 0.55
    edge = _edge(frame, side)
    left, x = (edge, edge + indent) if side is Side.LEFT else (edge - dash, edge - indent)
    middle = first - setting.size * 0.34
    elements: list[Element] = [Shape(left, middle - 1.5, (dash, 3), palette.accent, radius=1.5, at_ms=at_ms)]
    for n, line in enumerate(setting.lines):
        baseline = first + n * setting.leading
        elements.append(
            Text(line, x, baseline, Role.TEXT, setting.size, palette.ink, 0.92, side=side, at_ms=at_ms + n * 60)
        )
    return elements


def _side(text: str) -> Side:
    return Side.RIGHT if is_right_to_left(text) else Side.LEFT


def _edge(frame: Frame, side: Side) -> float:
    return frame.margin if side is Side.LEFT else frame.width - frame.margin
