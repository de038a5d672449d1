"""The kind `slides`: a title card, then a card for each thought; words rise in when they are spoken of."""

from collections.abc import Sequence

from contracts.rendering import Scene
from services.render.engines.drawing import subtitles as ass
from services.render.engines.drawing.cards import header, marker, slide_card, title_card
from services.render.engines.drawing.elements import Card, Element
from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Palette
from services.render.stages.film import burnt_captions, progress
from services.render.stages.plan import sentences_of, summary
from services.render.stages.timings import Timings

_RISE, _LEAVE_MS = 0.42, 240
_FIRST_POINT_MS = 450


def cards(frame: Frame, palette: Palette, title: str, scenes: Sequence[Scene], timings: Timings) -> list[Card]:
    """One card a scene."""
    first, *others = scenes
    found = [title_card(frame, palette, title, timings.duration_ms, first.start_ms, first.end_ms)]
    for number, scene in enumerate(others, 1):
        points = list(zip(scene.bullets, moments(scene, timings), strict=True))
        span = scene.start_ms, scene.end_ms
        found.append(slide_card(frame, palette, number, scene.heading, points, span))
    return found


def still(frame: Frame, palette: Palette, title: str, card: Card, place: int, count: int) -> list[Element]:
    """The elements of one card as it looks at its end, with the progress marker up to it."""
    found = marker(frame, palette, count, place)
    if place > 0:
        found.append(header(frame, palette, title))
    return [*found, *card.elements]


def subtitles(frame: Frame, palette: Palette, title: str, scenes: Sequence[Scene], timings: Timings) -> str:
    """The whole film's text and shapes."""
    events = progress(frame, palette, scenes)
    if len(scenes) > 1:
        running = header(frame, palette, title)
        events += ass.entering(running, 2, scenes[1].start_ms, timings.duration_ms, rise=0.0, leave_ms=_LEAVE_MS)
    for card in cards(frame, palette, title, scenes, timings):
        for element in card.elements:
            rise = frame.body_size * _RISE
            events += ass.entering(element, 3, card.start_ms, card.end_ms, rise=rise, leave_ms=_LEAVE_MS)
    return ass.script(frame, [*events, *burnt_captions(frame, palette, timings)])


def moments(scene: Scene, timings: Timings) -> list[int]:
    """When each bullet comes in, in ms from the scene's start; evenly where the words do not tell."""
    count = len(scene.bullets)
    lasts = scene.end_ms - scene.start_ms
    spoken = sentences_of(scene, timings)
    points = summary(spoken)[1] if spoken else []
    if tuple(point.text for point in points) != scene.bullets:
        return [_FIRST_POINT_MS + lasts * n // (count + 1) for n in range(count)]
    return [min(max(point.at_ms - scene.start_ms, _FIRST_POINT_MS), max(lasts - 800, 0)) for point in points]
