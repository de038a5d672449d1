"""How the background moves: a slow drift, and from scene to scene an eased way to another part of the plate."""

from collections.abc import Sequence

from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.plate import OVERSIZE
from services.render.engines.ffmpeg import Filter

FRAMES_A_SECOND = 30
_MOVE_FRAMES = 34
_GOLDEN = 0.618034
_NEAR, _FAR = 1.72, 1.5
_MOST_MOVES = 40


def camera(frame: Frame, starts_ms: Sequence[int], span: range) -> Filter:
    """The filter that makes the film's pictures of these numbers from one plate.

    `starts_ms`: where scenes after the first begin. A picture depends on its number alone, not on those before it.
    """
    step = max(1, -(-len(starts_ms) // _MOST_MOVES))
    cuts = [start * FRAMES_A_SECOND // 1000 - _MOVE_FRAMES // 3 for start in starts_ms[::step]]
    stops = [stop(place) for place in range(len(cuts) + 1)]
    number = f"(on+{span.start})"
    x = _path([one[0] for one in stops], cuts, number) + f"+0.05*sin({number}/190)"
    y = _path([one[1] for one in stops], cuts, number) + f"+0.05*cos({number}/230)"
    zoom = f"{(_NEAR + _FAR) / 2:g}+{(_NEAR - _FAR) / 2:g}*sin({number}/260)"
    assert _NEAR < OVERSIZE
    return Filter.of(
        "zoompan",
        zoom=zoom,
        x=f"(iw-iw/zoom)*clip({x},0,1)",
        y=f"(ih-ih/zoom)*clip({y},0,1)",
        d=len(span),
        s=f"{frame.width}x{frame.height}",
        fps=FRAMES_A_SECOND,
    )


def frames(duration_ms: int) -> int:
    """The number of pictures of a film of this length."""
    return duration_ms * FRAMES_A_SECOND // 1000


def stop(place: int) -> tuple[float, float]:
    """Where the camera rests in a scene, from 0 to 1 in both directions; neighbours are far apart."""
    return 0.12 + 0.76 * ((place * _GOLDEN + 0.2) % 1), 0.12 + 0.76 * ((place * _GOLDEN * _GOLDEN + 0.55) % 1)


def _path(stops: Sequence[float], cuts: Sequence[int], number: str) -> str:
    """An expression of the picture's number that eases from stop to stop."""
    terms = [f"{stops[0]:.4f}"]
    for place, cut in enumerate(cuts):
        share = f"clip(({number}-{max(cut, 0)})/{_MOVE_FRAMES},0,1)"
        terms.append(f"{stops[place + 1] - stops[place]:+.4f}*pow({share},2)*(3-2*{share})")
    return "".join(terms)
