"""Which module films which kind of video."""

from collections.abc import Sequence

from contracts.rendering import Kind, Scene
from services.render.engines.drawing.elements import Element
from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Palette
from services.render.stages import animation, scrolling, slides
from services.render.stages.timings import Timings
from services.render.stages.tools import Tools


def installed(kind: Kind, tools: Tools) -> None:
    """`kind.not_installed` for a kind that this renderer cannot film."""
    if kind is Kind.MANIM:
        animation.installed(tools)


def stills(
    kind: Kind, frame: Frame, palette: Palette, title: str, scenes: Sequence[Scene], timings: Timings
) -> list[list[Element]]:
    """What the picture of each scene shows, for the kinds that are drawn here."""
    if kind is Kind.SCROLLING_SCRIPT:
        return scrolling.stills(frame, palette, title, scenes, timings)
    cards = slides.cards(frame, palette, title, scenes, timings)
    return [slides.still(frame, palette, title, card, place, len(cards)) for place, card in enumerate(cards)]


def subtitles(kind: Kind, frame: Frame, palette: Palette, title: str, scenes: Sequence[Scene], timings: Timings) -> str:
    """The film's text and shapes, in the language of libass."""
    match kind:
        case Kind.SLIDES:
            return slides.subtitles(frame, palette, title, scenes, timings)
        case Kind.SCROLLING_SCRIPT:
            return scrolling.subtitles(frame, palette, title, scenes, timings)
        case Kind.MANIM:
            return animation.subtitles(frame, palette, scenes, timings)
