"""Processes that are ended again and again, and how long it takes each time until a successor works."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random

from tests.chaos.seeds.site import BACK_SECONDS, Site, ended
from tests.chaos.system import Beside, answers_ready
from tests.waiting import eventually

LOOK_SECONDS = 0.25

End = Callable[[signal.Signals], Awaitable[None]]
"""Ends a process by that signal; returns when a successor works, and how long that took stands in `Site.back`."""
Over = Callable[[], bool]
"""Whether no more is to be ended."""
Strikes = Callable[[Over], Awaitable[None]]
"""Ends processes, again and again, until it is over."""


def supervised(site: Site, name: str) -> End:
    """Of a process that the supervisor keeps."""
    return partial(_ended, site, name)


async def _ended(site: Site, name: str, number: signal.Signals) -> None:
    await ended(number, site, name)


class Member:
    """A process of a service beside the supervisor's, started anew whenever it has ended, in a folder of its own.

    `starts`: how often it was.
    """

    def __init__(self, site: Site, service: str, name: str) -> None:
        self.name = name
        self.starts = 0
        self._site = site
        self._service = service
        self._now: Beside | None = None

    @property
    def folder(self) -> Path:
        """Its data: nobody else's ledgers are in it."""
        return self._site.system.folder / "members" / self.name

    async def keep(self) -> None:
        """Until it is cancelled; nothing runs afterwards."""
        while True:
            async with self._site.system.beside(self._service, PLAYHEAD_DATA=str(self.folder)) as self._now:
                self.starts += 1
                await self._now.process.wait()

    async def works(self) -> bool:
        """Whether its probe says so now."""
        return self._now is not None and await answers_ready(self._now.port)

    async def partitions(self, role: str) -> int:
        """How many it works on in that role."""
        told = await self._now.parts() if self._now is not None else None
        return len(told[role]) if told else 0

    async def end(self, number: signal.Signals) -> None:
        """See `End`. Raises `ProcessLookupError` where it has just ended by itself."""
        began, old = asyncio.get_running_loop().time(), self._now
        assert old is not None
        old.process.send_signal(number)

        async def works_again() -> bool:
            return self._now is not old and await self.works()

        await eventually(works_again, BACK_SECONDS, LOOK_SECONDS)
        self._site.back.append((self.name, asyncio.get_running_loop().time() - began))


@asynccontextmanager
async def company(site: Site, service: str, count: int) -> AsyncGenerator[Sequence[Member]]:
    """So many members beside the supervisor's process of a service, working; gone on the way out."""
    members = [Member(site, service, f"{service}-{number}") for number in range(1, count + 1)]
    async with asyncio.TaskGroup() as group:
        keeping = [group.create_task(member.keep()) for member in members]
        try:
            for member in members:
                await eventually(member.works, BACK_SECONDS, LOOK_SECONDS)
            yield members
        finally:
            for task in keeping:
                task.cancel()


def ends(members: Sequence[Member]) -> Mapping[str, End]:
    """By name."""
    return {member.name: member.end for member in members}


async def each_by_itself(
    victims: Mapping[str, End], seed: int, pause: tuple[float, float], signals: Sequence[signal.Signals], over: Over
) -> None:
    """End each, and when a successor works end that, until it is over; `pause`: seconds before each, from and to."""

    async def again_and_again(name: str, end: End) -> None:
        random = Random(f"{seed}:{name}")
        while not over():
            await _later(name, end, random.uniform(*pause), random.choice(signals))

    async with asyncio.TaskGroup() as group:
        for name, end in victims.items():
            group.create_task(again_and_again(name, end))


async def in_rounds(victims: Mapping[str, End], seed: int, within: float, over: Over) -> None:
    """Kill -9 all of them within so many seconds, in any order; when every successor works begin again, until it is
    over."""
    random = Random(f"{seed}:rounds")
    while not over():
        async with asyncio.TaskGroup() as group:
            for name, end in victims.items():
                group.create_task(_later(name, end, random.uniform(0, within), signal.SIGKILL))


async def _later(name: str, end: End, seconds: float, number: signal.Signals) -> None:
    await asyncio.sleep(seconds)
    try:
        with suppress(ProcessLookupError):
            await end(number)
    except AssertionError as error:
        raise AssertionError(f"{name} does not work again after {number.name}: {error}") from error
