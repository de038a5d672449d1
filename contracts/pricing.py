"""What a video costs, in points: one for each started ten seconds.

Stages before speech are free. The price is spread evenly over the stages that are paid for (speech, scenes, video), so
that three jobs of one stage each cost what one job of all three does, up to rounding up.
"""

from collections.abc import Collection

from contracts.rendering import FREE_STAGES, STAGES, Stage

PAID_STAGES: tuple[Stage, ...] = tuple(stage for stage in STAGES if stage not in FREE_STAGES)

MS_PER_POINT = 10_000
UNWRITTEN_SCRIPT_MS = 120_000
"""What is set aside for a film whose script does not exist yet."""

TITLES_MS = 5_000
SLOW_MS_PER_WORD = 550
SLOW_MS_PER_CHARACTER = 100
"""A slow reader, so that an estimate is seldom too low: settling takes no more than was reserved."""


def price(duration_ms: int, stages: Collection[Stage]) -> int:
    """The points for doing `stages` of a film of that length; 0 where none of them is paid for."""
    paid = sum(1 for stage in PAID_STAGES if stage in stages)
    return -(-(-(-max(duration_ms, 1) // MS_PER_POINT) * paid) // len(PAID_STAGES))


def price_of_cut(duration_ms: int) -> int:
    """The points for a film that is cut of a timeline: all of its price, for its one stage."""
    return price(duration_ms, PAID_STAGES)


def estimate(script: str, stages: Collection[Stage]) -> int:
    """What `price` will not often exceed. An empty `script` is one that is still to be written."""
    if not script:
        return price(UNWRITTEN_SCRIPT_MS, stages)
    spoken_ms = max(len(script.split()) * SLOW_MS_PER_WORD, len(script) * SLOW_MS_PER_CHARACTER)
    return price(TITLES_MS + spoken_ms, stages)
