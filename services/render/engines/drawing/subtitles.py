"""Elements in the language of libass (ASS, version 4+): exact places, own fonts, text that cannot become a command.

libass counts font sizes in line heights and time in hundredths of a second; both are translated here.
"""

from collections.abc import Iterable
from functools import lru_cache

from services.render.engines.drawing.elements import Element, Shape, Side, Text
from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Colour
from services.render.engines.drawing.typeface import Face, Role, runs

_ALIGNMENT = {Side.LEFT: 7, Side.MIDDLE: 8, Side.RIGHT: 9}
_CIRCLE = 0.5523
_BREAK = "\u2060"
_ENTER_MS, _TOO_SHORT_MS = 380, 80
_EASE = ((0.5, 70), (0.78, 80), (0.92, 100), (1.0, 150))

_HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
LayoutResX: {width}
LayoutResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
Kerning: yes
YCbCr Matrix: TV.709

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: P,Inter Medium,40,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,7,0,0,0,-1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def script(frame: Frame, events: Iterable[str]) -> str:
    """A whole subtitle file for pictures of this size."""
    return _HEAD.format(width=frame.width, height=frame.height) + "\n".join(events) + "\n"


def escaped(text: str) -> str:
    """Text that libass shows as it is: no override block, no line break, no escape can begin in it."""
    line = " ".join(text.split())
    return line.replace("\\", "\\" + _BREAK).replace("{", "\\{").replace("}", "\\}")


def event(layer: int, start_ms: int, end_ms: int, text: str) -> str:
    """One line of the file. `text` is made of the functions below."""
    return f"Dialogue: {layer},{clock(start_ms)},{clock(end_ms)},P,,0,0,0,,{text}"


def clock(milliseconds: int) -> str:
    """`h:mm:ss.cc`, rounded to the hundredth."""
    hundredths = (max(milliseconds, 0) + 5) // 10
    return f"{hundredths // 360_000}:{hundredths // 6000 % 60:02}:{hundredths // 100 % 60:02}.{hundredths % 100:02}"


def paint(colour: Colour, opacity: float = 1.0, *, which: int = 1) -> str:
    """Colour and transparency; `which` 1 for what is shown, 2 for what karaoke has not reached."""
    red, green, blue = colour
    return f"\\{which}c&H{blue:02X}{green:02X}{red:02X}&\\{which}a&H{round((1 - opacity) * 255):02X}&"


def set_in(face: Face, size: float) -> str:
    """The face at `size` pixels an em."""
    return f"\\fn{face.family}\\fs{size * (face.font.ascent + face.font.descent):.2f}"


@lru_cache(maxsize=4096)
def typeset(text: str, role: Role, size: float) -> str:
    """A text in the faces that can draw it."""
    return "".join(f"{{{set_in(run.face, size)}}}{escaped_run(run.text)}" for run in runs(text, role))


def escaped_run(text: str) -> str:
    """Like `escaped`, for a piece of a line: spaces at its ends stay."""
    before, after = text[:1].isspace(), text[-1:].isspace()
    inner = escaped(text)
    return (" " if before else "") + inner + (" " if after and inner else "")


def ascent(text: str, role: Role, size: float) -> float:
    """How far the top of the line is above its baseline, as libass lays it out."""
    return max((run.face.font.ascent for run in runs(text, role)), default=0.8) * size


def at(x: float, y: float, *, from_y: float | None = None, for_ms: int = 0) -> str:
    """A place, or a straight way to it within `for_ms` from the start of the event."""
    if from_y is None:
        return f"\\pos({x:.2f},{y:.2f})"
    return f"\\move({x:.2f},{from_y:.2f},{x:.2f},{y:.2f},0,{for_ms})"


def line_of(text: Text, motion: str, shown: str) -> str:
    """The body of an event for a line of text; `motion` comes from `at`, for the top of the line."""
    tracking = f"\\fsp{text.tracking:.2f}" if text.tracking else ""
    tags = f"{{\\an{_ALIGNMENT[text.side]}{motion}{paint(text.colour, text.opacity)}{tracking}{shown}}}"
    return tags + typeset(text.text, text.role, text.size)


def shape_of(shape: Shape, motion: str, shown: str) -> str:
    """The body of an event for a shape; `motion` comes from `at`, for its upper left corner."""
    return f"{{\\an7{motion}{paint(shape.colour, shape.opacity)}{shown}\\p1}}{outline(shape)}"


def outline(shape: Shape) -> str:
    """The drawing commands of a polygon, or of a rectangle with round corners."""
    if shape.corners:
        return " ".join(f"{'m' if n == 0 else 'l'} {x:.2f} {y:.2f}" for n, (x, y) in enumerate(shape.corners))
    width, height = shape.size
    r = min(shape.radius, width / 2, height / 2)
    k = r * (1 - _CIRCLE)
    if r <= 0:
        return f"m 0 0 l {width:.2f} 0 {width:.2f} {height:.2f} 0 {height:.2f}"
    w, h = width, height
    return (
        f"m {r:.2f} 0 l {w - r:.2f} 0 b {w - k:.2f} 0 {w:.2f} {k:.2f} {w:.2f} {r:.2f} "
        f"l {w:.2f} {h - r:.2f} b {w:.2f} {h - k:.2f} {w - k:.2f} {h:.2f} {w - r:.2f} {h:.2f} "
        f"l {r:.2f} {h:.2f} b {k:.2f} {h:.2f} 0 {h - k:.2f} 0 {h - r:.2f} "
        f"l 0 {r:.2f} b 0 {k:.2f} {k:.2f} 0 {r:.2f} 0"
    )


def entering(element: Element, layer: int, start_ms: int, end_ms: int, *, rise: float, leave_ms: int) -> list[str]:
    """Events that bring an element in, rising and slowing down, and let it fade at the end of its time."""
    begin = min(start_ms + element.at_ms, end_ms)
    if end_ms - begin < _TOO_SHORT_MS:
        return []
    top = (
        element.y if isinstance(element, Shape) else element.baseline - ascent(element.text, element.role, element.size)
    )
    events: list[str] = []
    moment, y = begin, top + rise
    for share, lasts in _EASE if rise else ():
        until, to = min(moment + lasts, end_ms), top + rise * (1 - share)
        if until > moment:
            motion = at(element.x, to, from_y=y, for_ms=lasts)
            shown = fade(begin, end_ms, moment, enter_ms=_ENTER_MS, leave_ms=leave_ms)
            events.append(event(layer, moment, until, _body(element, motion, shown)))
        moment, y = until, to
    if moment < end_ms:
        shown = fade(begin, end_ms, moment, enter_ms=_ENTER_MS, leave_ms=leave_ms)
        events.append(event(layer, moment, end_ms, _body(element, at(element.x, top), shown)))
    return events


def _body(element: Element, motion: str, shown: str) -> str:
    return line_of(element, motion, shown) if isinstance(element, Text) else shape_of(element, motion, shown)


def fade(begin: int, end: int, moment: int, *, enter_ms: int, leave_ms: int) -> str:
    """Coming in and going of what lives from `begin` to `end`, for an event of it that begins at `moment`."""
    entered = begin + enter_ms
    times = (begin - moment, entered - moment, max(end - leave_ms, entered) - moment, end - moment)
    return "\\fade(" + ",".join(map(str, (255, 0, 255, *times))) + ")"
