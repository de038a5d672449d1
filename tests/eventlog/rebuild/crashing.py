"""A process that ends at a step that is named: what it had begun takes effect or does not, and nothing follows."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from eventlog.commit import Position, Record
from eventlog.read.projection import View
from eventlog.read.projector import Changes, Place
from eventlog.read.rebuild.generations import Generations
from eventlog.read.rebuild.port import GenerationStore, Vector
from eventlog.read.snapshot import Snapshot, SnapshotStore
from eventlog.read.store import Checkpoint


class Crash(BaseException):
    """The process has ended."""


class Crashing:
    """The generations as a process sees them that ends at its n-th step, before it took effect or after.

    `pours`: only what is folded and written is a step.
    """

    def __init__(self, of: GenerationStore, at: int, *, after: bool, pours: bool = False) -> None:
        self.of = of
        self._left = at
        self._after = after
        self._pours = pours

    async def step(self, doing: Coroutine[Any, Any, Any], *, pour: bool = False) -> Any:
        if self._pours and not pour:
            return await doing
        self._left -= 1
        ends = self._left == 0  # others may have begun their steps when this one is done
        if ends and not self._after:
            doing.close()
            raise Crash
        done = await doing
        if ends:
            raise Crash
        return done

    async def read(self) -> Generations:
        return await self.of.read()

    async def write(self, revision: int, after: Generations) -> None:
        await self.step(self.of.write(revision, after))

    async def hold(self, holder: str) -> bool:
        return await self.step(self.of.hold(holder))

    async def release(self, holder: str) -> None:
        if self._left > 0:  # a process that has ended releases nothing
            await self.of.release(holder)

    async def make(self, generation: int) -> None:
        await self.step(self.of.make(generation))

    async def drop(self, generation: int) -> None:
        await self.step(self.of.drop(generation))

    async def released(self) -> int:
        return await self.of.released()

    def live(self) -> Any:
        return self.of.live()

    def beside(self, generation: int) -> "CrashingStore":
        return CrashingStore(self, self.of.beside(generation))

    async def switch(self, revision: int, after: Generations, catch_up: Callable[[Vector], Awaitable[object]]) -> None:
        await self.step(self.of.switch(revision, after, catch_up))


class CrashingStore:
    def __init__(self, crashing: Crashing, of: SnapshotStore) -> None:
        self._crashing = crashing
        self._of = of

    async def checkpoint(self, topic: str, partition: int) -> Checkpoint | None:
        return await self._of.checkpoint(topic, partition)

    async def oldest_parked(self, topic: str, partition: int) -> Record | None:
        return await self._of.oldest_parked(topic, partition)

    async def load(self, places: Sequence[Place]) -> Mapping[Place, View]:
        return await self._of.load(places)

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        await self._crashing.step(self._of.commit(topic, partition, expected, position, changes), pour=True)

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        return self._of.snapshot()
