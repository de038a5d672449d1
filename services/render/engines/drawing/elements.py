"""What a card is made of: lines of text and plain shapes, each with the moment at which it comes in."""

from dataclasses import dataclass, field
from enum import StrEnum

from services.render.engines.drawing.palette import Colour
from services.render.engines.drawing.typeface import Role


class Side(StrEnum):
    """Which end of a line of text stands at its x."""

    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Text:
    """One line, standing on `baseline`. `at_ms`: when it comes in, counted from the card's start."""

    text: str
    x: float
    baseline: float
    role: Role
    size: float
    colour: Colour
    opacity: float = 1.0
    side: Side = Side.LEFT
    tracking: float = 0.0
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """A closed polygon from (x, y) with corners relative to it, or with `radius` a rounded rectangle of `size`."""

    x: float
    y: float
    size: tuple[float, float]
    colour: Colour
    opacity: float = 1.0
    radius: float = 0.0
    corners: tuple[tuple[float, float], ...] = ()
    at_ms: int = 0


Element = Text | Shape


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown from `start_ms` to `end_ms`, in drawing order."""

    start_ms: int
    end_ms: int
    elements: tuple[Element, ...] = field(default=())
