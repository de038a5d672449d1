"""An event loop whose time is virtual and whose order is a seed's: the same seed gives the same run, to the callback.

Nothing waits: when nobody can go on, the clock jumps to the next timer. When several can, the seed says who does.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from random import Random
from typing import Any, SupportsIndex


class Deadlock(Exception):
    """Nobody can go on, and no timer will ever fire."""


class _Shuffled(deque[Any]):
    """What is ready, taken in any order: asyncio promises first in, first out; the protocol must not need it."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random

    def popleft(self) -> Any:
        last = len(self) - 1
        if last > 0:
            self.rotate(-int(self._random.random() * (last + 1)))
        return super().popleft()

    def __delitem__(self, key: SupportsIndex | slice) -> None:
        raise TypeError("nothing is taken from the middle")


class _Clock:
    """In the selector's place: instead of waiting for a socket, time passes at once."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, timeout: float | None) -> Sequence[object]:
        if timeout is None:
            raise Deadlock("nobody can go on, and no timer will ever fire")
        self.now += max(timeout, 0.0)
        return ()


class VirtualLoop(asyncio.BaseEventLoop):
    """Without sockets, threads, signals or a wall clock."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._virtual = _Clock()
        self._selector = self._virtual
        self._ready = _Shuffled(random)

    def time(self) -> float:
        """Seconds since the beginning of the run."""
        return self._virtual.now

    def _process_events(self, event_list: Sequence[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody else could wake it."""
