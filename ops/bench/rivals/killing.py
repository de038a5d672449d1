"""Wishes are sent as fast as they are done, and meanwhile processes are killed -9: a seed decides when."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol
from uuid import UUID

from eventlog import clock
from eventlog.tasks import plain_errors
from ops.bench.rivals.counting import Tally, Wish, tally
from ops.bench.rivals.waiting import until

STREAMS = 20
IDLE_SECONDS = 90.0
"""By then everything that will ever be done is done: longer than any system here waits before it tries again."""
QUIET_SECONDS = 1.5
"""Who has had nothing to do and has done nothing for so long is idle."""
LOOK_SECONDS = 0.01
BETWEEN = (0.05, 0.6)
"""Effects between two kills: shares of what each would have if they came evenly."""
WITHIN_SECONDS = 0.02
"""And up to so much later, so that a kill does not come just after an effect was written."""


class Load(NamedTuple):
    """How much is asked for, and how often what is at work is killed. The same for every system."""

    wishes: int
    at_once: int
    """On their way at the most: who sends waits for the others, so that whatever is killed is at work."""
    kills: int
    seed: int


class System(Protocol):
    """One system under test, started."""

    name: str
    how: str
    """Its configuration, for whoever reads the figures."""

    async def send(self, wish: Wish) -> bool:
        """Whether the system has promised to do it. False: that is unknown."""
        ...

    async def done(self) -> int:
        """How many effects there are."""
        ...

    async def idle(self) -> bool:
        """Whether nothing is left to do."""
        ...

    async def kill(self) -> None:
        """Kill -9 what does the work; something starts it again."""
        ...

    async def effects(self) -> Sequence[UUID]:
        """The ids of wishes in the order of their effects."""
        ...


class Run(NamedTuple):
    """What one system did."""

    name: str
    how: str
    kills: int
    tally: Tally


def wishes(load: Load) -> list[Wish]:
    """Of so many streams in turn; new ones each time, so that a seed can be taken twice."""
    streams = [clock.new_id() for _ in range(STREAMS)]
    return [Wish(clock.new_id(), streams[place % STREAMS], place // STREAMS + 1) for place in range(load.wishes)]


async def under_kills(system: System, given: Sequence[Wish], load: Load, told: Callable[[int], None]) -> Run:
    """Send all, kill meanwhile, wait until nothing is left to do, count. `told` hears how many were sent."""
    acknowledged: set[UUID] = set()
    killing = _Killing(system, load)
    async with _meanwhile(killing.watch), _meanwhile(killing.kill_in_turn):
        for place, wish in enumerate(given):
            await killing.room(place)
            if await system.send(wish):
                acknowledged.add(wish.id)
            told(place + 1)
        await _until_idle(system)
    await _until_idle(system)
    return Run(system.name, system.how, killing.killed, tally(given, acknowledged, await system.effects()))


class _Killing:
    """What is seen of a system, and the kills."""

    def __init__(self, system: System, load: Load) -> None:
        self._system = system
        self._load = load
        self._done = 0
        self.killed = 0

    async def watch(self) -> None:
        """Look how many effects there are."""
        while True:
            self._done = await self._system.done()
            await asyncio.sleep(LOOK_SECONDS)

    async def room(self, sent: int) -> None:
        """Return when few enough are on their way. Raises `Unavailable` where nothing moves."""
        if sent - self._done >= self._load.at_once:
            await self._until(lambda: sent - self._done < self._load.at_once)

    async def kill_in_turn(self) -> None:
        """All kills, one after the other; each after effects that were seen since the one before."""
        for effects, late in _moments(self._load):
            goal = self._done + effects
            await self._until(lambda goal=goal: self._done >= goal)
            await asyncio.sleep(late)
            await self._system.kill()
            self.killed += 1

    async def _until(self, so: Callable[[], bool]) -> None:
        async def seen() -> bool:
            return so()

        await until(seen, IDLE_SECONDS, self._system.name, "its effects did not come")


def _moments(load: Load) -> Iterator[tuple[int, float]]:
    dice = random.Random(load.seed + 1)
    for _ in range(load.kills):
        yield round(dice.uniform(*BETWEEN) * load.wishes / load.kills), dice.uniform(0, WITHIN_SECONDS)


@asynccontextmanager
async def _meanwhile(run: Callable[[], Coroutine[None, None, None]]) -> AsyncGenerator[None]:
    """Cancelled on the way out."""
    with plain_errors():
        async with asyncio.TaskGroup() as group:
            task = group.create_task(run())
            yield
            task.cancel()


async def _until_idle(system: System) -> None:
    now = asyncio.get_running_loop().time
    done, since = -1, now()

    async def idle() -> bool:
        nonlocal done, since
        found = await system.done()
        if found != done or not await system.idle():
            done, since = found, now()
        return now() - since >= QUIET_SECONDS

    await until(idle, IDLE_SECONDS, system.name, "it was not done with its work")
