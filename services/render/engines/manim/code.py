"""The typed list as a Python file: a constant prelude, constants, and one method that calls it with literals.

Whatever a user or a model wrote is in it as `repr` of a string and as nothing else; `manim scene.py Film` films it
anywhere, with whatever fonts that machine has.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Colour, Palette
from services.render.engines.drawing.typeface import runs
from services.render.engines.manim.scenes import (
    Equation,
    Figure,
    Graph,
    Lines,
    ManimScene,
    NumberLine,
    Plot,
    RightTriangle,
)

FILE_NAME = "scene.py"
PICTURES = "media/film/pictures.mp4"
_SCRIPTS = ("Noto Sans ", "Droid Sans Fallback")
_FAMILIES = {"NanumSquare Bold": "NanumSquare"}
_PRELUDE = Path(__file__).with_name("prelude.py.txt")


def code_of(frame: Frame, palette: Palette, scenes: Sequence[ManimScene]) -> str:
    """The whole file."""
    head = (
        '"""A film in scenes, written by Playhead from a typed list: `manim scene.py Film` makes its pictures."""\n\n'
        "from manim import *\n\n"
        f"SIZE = {frame.width}, {frame.height}\n"
        f"BACKGROUND, INK = {_colour(palette.deep)!r}, {_colour(palette.ink)!r}\n"
        f"MUTED, ACCENT = {_colour(palette.muted)!r}, {_colour(palette.accent)!r}\n\n"
    )
    body = [line for place, scene in enumerate(scenes) for line in _scene(scenes, place, scene)]
    film = (
        "\n\nclass Film(Narrated):\n"
        '    """The film: words as they were given, places in pixels, moments in seconds."""\n\n'
        "    def construct(self):\n" + "".join(f"        {line}\n" for line in body)
    )
    return head + _PRELUDE.read_text(encoding="utf-8") + film + '\n\nif __name__ == "__main__":\n    Film().render()\n'


def _scene(scenes: Sequence[ManimScene], place: int, scene: ManimScene) -> list[str]:
    last = place + 1 == len(scenes)
    keep = not last and scene.figure is not None and scenes[place + 1].figure == scene.figure
    lines = [f"self.begin({scene.number}, {len(scenes)}, ends={_seconds(scene.end_ms)})"]
    for number, block in enumerate(scene.blocks):
        lines += [
            "self.show(",
            *(f"    block({_lines(one)})," for one in block.lines),
            f"    at={_seconds(block.at_ms)},",
            ")",
        ]
        if number == 0 and scene.figure is not None:
            lines.append(_drawn(scene, scene.figure))
    return [*lines, "self.stay()" if last else f"self.end(keep={keep})"]


def _lines(part: Lines) -> str:
    beside = [(_n(bar.x), _n(bar.y), _n(bar.width), _n(bar.height)) for bar in part.bars]
    behind = f", marks={beside!r}" if beside else ""
    return (
        f"{list(part.lines)!r}, {_face(part)!r}, {_n(part.x)}, {_n(part.y)}, {_n(part.size)}, "
        f"{_n(part.leading)}, {_colour(part.colour)!r}, {part.side.value!r}{behind}"
    )


def _face(part: Lines) -> str:
    """The face that draws most of the lines: a role of the prelude's, or the family of another script."""
    drawn: Counter[str] = Counter()
    for run in runs("".join(part.lines), part.role):
        drawn[run.face.family] += len(run.text)
    family = drawn.most_common(1)[0][0]
    return _FAMILIES.get(family, family if family.startswith(_SCRIPTS) else part.role.value)


def _drawn(scene: ManimScene, figure: Figure) -> str:
    box = _n(scene.box.x), _n(scene.box.y), _n(scene.box.width), _n(scene.box.height)
    return f"self.draw({_figure(figure)!r}, {box!r}, at={_seconds(scene.start_ms)})"


def _figure(figure: Figure) -> tuple[object, ...]:
    match figure:
        case Equation(text=text):
            return "equation", text
        case Plot(function=function):
            return "plot", function.value
        case NumberLine(first=first, last=last, marks=marks):
            return "number_line", first, last, marks
        case RightTriangle(leg=leg, other=other):
            return "right_triangle", leg, other
        case Graph(nodes=nodes, edges=edges):
            return "graph", nodes, edges


def _colour(colour: Colour) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)


def _seconds(milliseconds: int) -> float:
    return round(milliseconds / 1000, 3)


def _n(value: float) -> float:
    return round(float(value), 2)
