"""From an event as an older version of the code wrote it to what it says today.

The log is never rewritten, so whoever reads it meets every version that ever shipped. An `Upcaster` reads one of them:
it takes the event in the class that its version had, and gives what says the same in later words. What it gives may
be of an older version itself: then the next upcaster goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from contracts.model import EventBody

Old = TypeVar("Old", bound=EventBody)


@dataclass(frozen=True, slots=True)
class Upcaster(Generic[Old]):
    """`old` is the class of a version that nobody writes any more, and never changes again. `into` is pure.

    `into` gives one event, or several where the event was split, or none where it said nothing. They all happened at
    the stream's version of the stored event: how often a stream was written does not depend on who reads it.
    """

    old: type[Old]
    into: Callable[[Old], tuple[EventBody, ...]]

    @property
    def reads(self) -> tuple[str, int]:
        """Type and version of what it takes."""
        return self.old.TYPE, self.old.VERSION
