"""Which module films which kind of video."""

from collections.abc import Sequence

from contracts.rendering import Kind, Scene
from services.render.engines.drawing.elements import Element
from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Palette
from services.render.stages import scrolling, slides
from services.render.stages.errors import StageFailed
from services.render.stages.timings import Timings


def installed(kind: Kind) -> None:
    """`kind.not_installed` for a kind that this renderer cannot film."""
    if kind is Kind.MANIM:
        message = "videos of the kind `manim` are not installed here: ask for `slides` or `scrolling_script`"
        raise StageFailed("kind.not_installed", message, retryable=False)


def stills(
    kind: Kind, frame: Frame, palette: Palette, title: str, scenes: Sequence[Scene], timings: Timings
) -> list[list[Element]]:
    """What the picture of each scene shows."""
    installed(kind)
    if kind is Kind.SCROLLING_SCRIPT:
        return scrolling.stills(frame, palette, title, scenes, timings)
    cards = slides.cards(frame, palette, title, scenes, timings)
    return [slides.still(frame, palette, title, card, place, len(cards)) for place, card in enumerate(cards)]


def subtitles(kind: Kind, frame: Frame, palette: Palette, title: str, scenes: Sequence[Scene], timings: Timings) -> str:
    """The film's text and shapes, in the language of libass."""
    installed(kind)
    film = scrolling.subtitles if kind is Kind.SCROLLING_SCRIPT else slides.subtitles
    return film(frame, palette, title, scenes, timings)
