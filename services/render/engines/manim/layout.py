"""Where everything stands in the scenes of a manim film: words on the grid of the other kinds, a figure beside them.

In a wide picture the figure has the half that the words leave, in the others the room below them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.rendering import Scene
from services.render.engines.drawing.elements import Side
from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Colour, Palette
from services.render.engines.drawing.paragraph import Setting, fit
from services.render.engines.drawing.typeface import Role, is_right_to_left
from services.render.engines.manim.figures import figure_of
from services.render.engines.manim.scenes import Bar, Block, Box, Figure, Lines, ManimScene

_HEADING, _POINT, _TITLE = 1.14, 1.32, 1.1
_INDENT, _GAP = 1.35, 0.62
_WIDE_SHARE, _TALL_SHARE = 0.5, 0.46


@dataclass(frozen=True, slots=True)
class _Room:
    """What the words of a scene may fill, and where its figure stands."""

    x: float
    top: float
    width: float
    height: float
    side: Side
    box: Box


def laid_out(
    frame: Frame, palette: Palette, title: str, scenes: Sequence[Scene], moments: Sequence[Sequence[int]]
) -> tuple[ManimScene, ...]:
    """One typed scene for each of the plan; `moments`: when each bullet comes in, in ms from its scene's start."""
    subject = figure_of(title)
    found = [_title(frame, palette, scenes[0])]
    for scene, when in zip(scenes[1:], moments[1:], strict=True):
        figure = figure_of(f"{scene.heading}. {scene.narration}") or subject
        found.append(_thought(frame, palette, scene, figure, when))
    return tuple(found)


def _title(frame: Frame, palette: Palette, scene: Scene) -> ManimScene:
    room = _room(frame, scene.heading, figure=False)
    high = room.height * 0.8
    setting = fit(scene.heading, Role.DISPLAY, frame.title_sizes, frame.inner, high, most_lines=5, leading=_TITLE)
    top = room.top + (room.height - setting.height) / 2
    wide = frame.width * 0.05
    bar = Bar(room.x if room.side is Side.LEFT else room.x - wide, top - frame.small_size * 1.6, wide, 6)
    title = _lines(setting, Role.DISPLAY, room.x, top, _TITLE, palette.ink, room.side, (bar,))
    block = Block((title,), scene.start_ms)
    return ManimScene(scene.number, (block,), None, room.box, scene.start_ms, scene.end_ms)


def _thought(frame: Frame, palette: Palette, scene: Scene, figure: Figure | None, moments: Sequence[int]) -> ManimScene:
    room = _room(frame, scene.heading, figure=figure is not None)
    body = frame.body_size * (0.9 if figure is not None else 1.0)
    points = [
        fit(text, Role.TEXT, (body, body * 0.9, body * 0.8), room.width - body * _INDENT, body * 5, most_lines=3,
            leading=_POINT)
        for text in scene.bullets
    ]  # fmt: skip
    below = sum(point.height + body * _GAP for point in points) + (body * 0.7 if points else 0)
    kicker = frame.small_size * 1.3
    sizes = frame.heading_sizes if points or figure is not None else frame.title_sizes[2:]
    high = room.height - below - kicker * 2.2
    heading = fit(scene.heading, Role.DISPLAY, sizes, room.width, high, most_lines=5, leading=_HEADING)
    top = room.top + max(high - heading.height, 0) / 2
    number = Lines((f"{scene.number - 1:02}",), Role.STRONG, room.x, top, kicker, 1.2, palette.accent, room.side)
    title = _lines(heading, Role.DISPLAY, room.x, top + kicker * 2.2, _HEADING, palette.ink, room.side)
    blocks = [Block((number, title), scene.start_ms)]
    y = top + kicker * 2.2 + heading.height + body * 0.7
    for text, point, moment in zip(scene.bullets, points, moments, strict=True):
        side = Side.RIGHT if is_right_to_left(text) else Side.LEFT
        blocks.append(Block((_point(point, room, side, y, body * _INDENT, palette),), scene.start_ms + moment))
        y += point.height + body * _GAP
    return ManimScene(scene.number, tuple(blocks), figure, room.box, scene.start_ms, scene.end_ms)


def _point(setting: Setting, room: _Room, side: Side, y: float, indent: float, palette: Palette) -> Lines:
    """The lines of a point, with a dash before the first."""
    edge = room.x
    if side is not room.side:
        edge += -room.width if side is Side.LEFT else room.width
    dash = indent * 0.55
    left, x = (edge, edge + indent) if side is Side.LEFT else (edge - dash, edge - indent)
    bar = Bar(left, y + _lead(setting.size, _POINT) + setting.size * 0.34, dash, 3)
    return _lines(setting, Role.TEXT, x, y, _POINT, palette.ink, side, (bar,))


def _lines(
    setting: Setting,
    role: Role,
    x: float,
    y: float,
    leading: float,
    colour: Colour,
    side: Side,
    bars: tuple[Bar, ...] = (),
) -> Lines:
    return Lines(setting.lines, role, x, y + _lead(setting.size, leading), setting.size, leading, colour, side, bars)


def _lead(size: float, leading: float) -> float:
    """From the top of a line's room to the top of its capitals."""
    return size * (leading - 0.7) / 2


def _room(frame: Frame, text: str, *, figure: bool) -> _Room:
    side = Side.RIGHT if is_right_to_left(text) else Side.LEFT
    edge = frame.margin if side is Side.LEFT else frame.width - frame.margin
    high = float(frame.bottom - frame.top)
    if not figure:
        whole = Box(frame.margin, frame.top, frame.inner, high)
        return _Room(edge, frame.top, min(frame.column, frame.inner), high, side, whole)
    if frame.width > frame.height:
        wide = frame.inner * _WIDE_SHARE
        left = frame.width - frame.margin - wide * 0.88 if side is Side.LEFT else frame.margin
        return _Room(edge, frame.top, wide, high, side, Box(left, frame.top, wide * 0.88, high))
    share = high * _TALL_SHARE
    box = Box(frame.margin, frame.top + share + frame.body_size, frame.inner, high - share - frame.body_size)
    return _Room(edge, frame.top, frame.inner, share, side, box)
