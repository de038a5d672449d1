"""When an attempt follows the one before it."""

from datetime import datetime, timedelta
from typing import Final

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DELAYS: Final = (
    0 * _SECOND,
    5 * _SECOND,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""The n-th attempt comes so long after the one before it; the first at once."""
JITTER: Final = 0.1
"""A delay is longer by up to this share of it, so that what failed together does not come back together."""


def due(tries: int, at: datetime, chance: float) -> datetime | None:
    """When to try again after `tries` attempts, the last at `at`; None after the last one. `chance` is from 0 to 1."""
    if tries >= len(DELAYS):
        return None
    return at + DELAYS[tries] * (1 + JITTER * chance)
