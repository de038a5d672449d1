"""The typed list that a manim film is made of: what stands in each scene, where, and when it comes in.

Lengths in pixels from the picture's upper left corner, times in milliseconds from the film's start.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.render.engines.drawing.elements import Side
from services.render.engines.drawing.palette import Colour
from services.render.engines.drawing.typeface import Role


class Function(StrEnum):
    """The functions that can be plotted; their terms stand in the prelude of the file."""

    LINE = "line"
    PARABOLA = "parabola"
    CUBIC = "cubic"
    ROOT = "root"
    RECIPROCAL = "reciprocal"
    EXPONENTIAL = "exponential"
    LOGARITHM = "logarithm"
    SINE = "sine"
    COSINE = "cosine"
    BELL = "bell"


@dataclass(frozen=True, slots=True)
class Equation:
    """A line that is set like a formula, such as `a² + b² = c²`."""

    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Axes and the curve of a function."""

    function: Function


@dataclass(frozen=True, slots=True)
class NumberLine:
    """The whole numbers from `first` to `last`, and a point that visits `marks`."""

    first: int
    last: int
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RightTriangle:
    """A right triangle with these legs, and the square on each of its sides."""

    leg: int = 3
    other: int = 4


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in a ring, and the pairs of them (from 0) that are joined."""

    nodes: int
    edges: tuple[tuple[int, int], ...]


Figure = Equation | Plot | NumberLine | RightTriangle | Graph


@dataclass(frozen=True, slots=True)
class Box:
    """Where a figure has its place."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A small filled rectangle: an accent above a title, the dash of a point."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of text whose upper corner on `side` is (x, y). `leading` is the distance of lines over `size`."""

    lines: tuple[str, ...]
    role: Role
    x: float
    y: float
    size: float
    leading: float
    colour: Colour
    side: Side
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """What comes in together."""

    lines: tuple[Lines, ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class ManimScene:
    """One scene. A figure that the scene before it shows as well stays where it is."""

    number: int
    blocks: tuple[Block, ...]
    figure: Figure | None
    box: Box
    start_ms: int
    end_ms: int
