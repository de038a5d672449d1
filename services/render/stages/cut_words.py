"""The words of a film that is cut of a timeline, as subtitle events: whatever a user wrote stays text there."""

from collections.abc import Sequence

from contracts.film import FilmLayer, LayerKind
from services.render.engines.drawing import subtitles as ass
from services.render.engines.drawing.elements import Shape
from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Colour
from services.render.engines.drawing.typeface import Role, width

_FIELD: Colour = (14, 16, 22)
_FIELD_OPACITY = 0.82
_WIDEST = 0.92
_LEADING = 1.3
_MOST_LINES = 40


def words(frame: Frame, layers: Sequence[FilmLayer]) -> str:
    """A subtitle file with these layers, the later over the earlier."""
    events = [event for place, layer in enumerate(layers) for event in _events(frame, layer, 2 * place)]
    return ass.script(frame, events)


def _events(frame: Frame, layer: FilmLayer, place: int) -> list[str]:
    size = layer.size * frame.height
    lines = wrapped(layer.text, size, frame.width * _WIDEST)
    leading = size * _LEADING
    high = leading * len(lines)
    middle, top = layer.x * frame.width, layer.y * frame.height - high / 2
    events: list[str] = []
    if layer.kind is LayerKind.CAPTION:
        wide = max(width(line, Role.STRONG, size) for line in lines) + 1.6 * size
        field = Shape(middle - wide / 2, top - size * 0.3, (wide, high + size * 0.6), _FIELD, radius=size * 0.5)
        tags = "{\\an7" + ass.at(field.x, field.y) + ass.paint(field.colour, _FIELD_OPACITY * layer.opacity) + "\\p1}"
        events.append(ass.event(place, layer.start_ms, layer.end_ms, tags + ass.outline(field)))
    ink = ass.paint(_colour(layer.colour), layer.opacity)
    for number, line in enumerate(lines):
        y = top + leading * number + (leading - size) / 2
        tags = "{\\an8" + ass.at(middle, y) + ink + "}"
        events.append(ass.event(place + 1, layer.start_ms, layer.end_ms, tags + ass.typeset(line, Role.STRONG, size)))
    return events


def wrapped(text: str, size: float, most: float) -> list[str]:
    """The lines of a text, broken at spaces where they would be wider than `most` pixels; forty at most."""
    lines: list[str] = []
    for given in text.splitlines() or [text]:
        line = ""
        for word in given.split():
            longer = f"{line} {word}" if line else word
            if line and width(longer, Role.STRONG, size) > most:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines[:_MOST_LINES]


def _colour(written: str) -> Colour:
    """Of `#rrggbb`; white for what is none."""
    try:
        red, green, blue = bytes.fromhex(written.removeprefix("#"))
    except ValueError:
        return 255, 255, 255
    return red, green, blue
