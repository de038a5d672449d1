"""Generations in memory, for tests of one process."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from eventlog.commit import Position, Record
from eventlog.errors import Conflict
from eventlog.read.memory import MemoryProjectionStore, MemorySnapshot
from eventlog.read.parked import Release, Told
from eventlog.read.projection import Journal, Projection, View
from eventlog.read.projector import Changes, Place
from eventlog.read.rebuild.generations import Generations
from eventlog.read.rebuild.port import HOLD_SECONDS, Vector
from eventlog.read.snapshot import ParkedRecord, Partition
from eventlog.read.store import Checkpoint


class MemoryGenerations:
    """Nothing in `switch` waits but `catch_up`, and while that runs the projector's writes are refused."""

    def __init__(self, projector: str, projections: Iterable[Projection], journals: Iterable[Journal] = ()) -> None:
        self._folds = (tuple(projections), tuple(journals))
        self.projector = projector
        self._kept = Generations(projector)
        self._holder = ("", 0.0)
        self.frozen = False
        self.stores = {0: MemoryProjectionStore(*self._folds)}

    @property
    def current(self) -> MemoryProjectionStore:
        """What readers see."""
        return self.stores[self._kept.current]

    @property
    def generation(self) -> int:
        """The number of what readers see."""
        return self._kept.current

    async def read(self) -> Generations:
        return self._kept

    async def write(self, revision: int, after: Generations) -> None:
        if self._kept.revision != revision:
            raise Conflict(f"the generations stand at revision {self._kept.revision}, not at {revision}: read them")
        self._kept = after

    async def hold(self, holder: str) -> bool:
        now = asyncio.get_running_loop().time()
        if self._holder[0] not in ("", holder) and now < self._holder[1]:
            return False
        self._holder = (holder, now + HOLD_SECONDS)
        return True

    async def release(self, holder: str) -> None:
        if self._holder[0] == holder:
            self._holder = ("", 0.0)

    async def make(self, generation: int) -> None:
        self.stores[generation] = MemoryProjectionStore(*self._folds, beside=self.current)

    async def drop(self, generation: int) -> None:
        self.stores.pop(generation, None)

    async def released(self) -> int:
        return sum(self.current.released.values())

    def live(self) -> "MemoryLive":
        return MemoryLive(self)

    def beside(self, generation: int) -> MemoryProjectionStore:
        return self.stores[generation]

    async def switch(self, revision: int, after: Generations, catch_up: Callable[[Vector], Awaitable[object]]) -> None:
        self.frozen = True
        try:
            await catch_up(dict(self.current.positions))
            if self.stores[after.current].positions != self.current.positions:
                raise Conflict("the generations do not stand at the same place")
            await self.write(revision, after)
            for place, gone in self.current.discarded.items():
                waiting = self.current.parked.get(place, [])
                self.current.parked[place] = [one for one in waiting if one not in gone]
        finally:
            self.frozen = False


class MemoryLive:
    """The current generation, whichever that is when it is asked; a writer that began in another one is refused."""

    def __init__(self, of: MemoryGenerations) -> None:
        self._of = of
        self.projector = of.projector
        self._began: dict[Partition, int] = {}

    async def checkpoint(self, topic: str, partition: int) -> Checkpoint | None:
        self._began[topic, partition] = self._of.generation
        return await self._of.current.checkpoint(topic, partition)

    async def oldest_parked(self, topic: str, partition: int) -> Record | None:
        return await self._of.current.oldest_parked(topic, partition)

    async def load(self, places: Sequence[Place]) -> Mapping[Place, View]:
        return await self._of.current.load(places)

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        self._refuse_others(topic, partition)
        await self._of.current.commit(topic, partition, expected, position, changes)

    async def waiting(self, topic: str, partition: int, stream: str, limit: int) -> Sequence[ParkedRecord]:
        return await self._of.current.waiting(topic, partition, stream, limit)

    async def release(self, topic: str, partition: int, release: Release) -> None:
        if release.changes:
            self._refuse_others(topic, partition)
        if self._of.frozen:
            raise Conflict("another generation is about to come: look again")
        await self._of.current.release(topic, partition, release)

    async def acts(self, limit: int) -> Sequence[Told]:
        return await self._of.current.acts(limit)

    def snapshot(self) -> AbstractAsyncContextManager[MemorySnapshot]:
        return self._of.current.snapshot()

    def _refuse_others(self, topic: str, partition: int) -> None:
        if self._of.frozen or self._began.get((topic, partition)) != self._of.generation:
            raise Conflict("another generation has come, or is about to: read the checkpoint")
