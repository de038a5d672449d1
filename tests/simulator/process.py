"""A process of the simulated world: it can be slow, frozen for long, and dead at any await."""

import asyncio
from collections.abc import Callable, Mapping
from random import Random

SHORT = 0.02
LONG = 0.4

Faults = Mapping[str, Mapping[str, float]]
"""Probability of each fate of each kind of request; what is left of 1 is `fine`."""

NO_FAULTS: Faults = {}
FAULTS: Faults = {
    "append": {
        "lost": 0.05,
        "unanswered": 0.08,
        "doubled": 0.05,
        "delayed": 0.05,
        "split": 0.05,
        "scattered": 0.08,
    },
    "ask": {"refused": 0.02},
    "read": {"refused": 0.01},
    "store": {"lost": 0.04, "unanswered": 0.06},
    "offsets": {"lost": 0.03, "unanswered": 0.03, "disowned": 0.02},
}


NO_APPENDS: Faults = FAULTS | {"append": {"lost": 1.0}}
NO_ANSWERS: Faults = NO_APPENDS | {"ask": {"refused": 1.0}, "read": {"refused": 1.0}}


class Process:
    """Everything that one process awaits goes through here. `name` is for people."""

    def __init__(
        self, name: str, random: Random, faults: Callable[[], Faults], tell: Callable[[str, str], None]
    ) -> None:
        self.name = name
        self.random = random
        self._faults = faults
        self._tell = tell
        self.frozen_until = 0.0
        self.dead = False

    def say(self, what: str) -> None:
        """Into the trace."""
        self._tell(self.name, what)

    def fate(self, request: str) -> str:
        """What becomes of the next request of this kind."""
        chance = self.random.random()
        for name, share in self._faults().get(request, {}).items():
            chance -= share
            if chance < 0:
                self._tell(self.name, f"fault {request}:{name}")
                return name
        return "fine"

    async def gate(self) -> None:
        """Pass unless frozen; a dead process gets nowhere."""
        if self.dead:
            raise asyncio.CancelledError
        await self.thawed()
        if self.dead:
            raise asyncio.CancelledError

    async def thawed(self) -> None:
        """Return when it is not frozen."""
        left = self.frozen_until - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)
            await self.thawed()

    async def pause(self, *, longer: bool = False) -> None:
        """The way of a request or of its answer."""
        most = LONG if longer else self.random.choice((0.0, 0.0, SHORT))
        await asyncio.sleep(self.random.random() * most)
        await self.gate()

    def freeze(self, seconds: float) -> None:
        """As after SIGSTOP, and SIGCONT later."""
        self.frozen_until = asyncio.get_running_loop().time() + seconds
