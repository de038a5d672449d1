"""A generation that is brought to where the current one stands: all partitions side by side, as often as is needed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from eventlog.errors import PlayheadError
from eventlog.read.projection import Journal, Projection
from eventlog.read.rebuild.folding import Folding
from eventlog.read.rebuild.port import GenerationStore, Vector
from eventlog.read.replay import Source
from eventlog.read.snapshot import Partition
from eventlog.tasks import plain_errors

CLOSE = 200
"""Records that may be missing when the projector is held still: they are folded while it waits."""

NEAR = 4_000
"""Records that a round has folded; the next one then has fewer than one batch of each partition to fold."""


class Watching(Protocol):
    """Who is told how far it is, and who may make it wait."""

    def went(self, what: str, done: int, of: int) -> None:
        """So many of so many records or rows of what is done now."""
        ...

    async def pause(self, records: int) -> None:
        """Called between two batches: it returns when the next may begin."""
        ...


class Following:
    """The foldings of one process, by generation. `beat` is called after each batch, and may raise to stop.

    `at_once`: records, as `Folding` takes it.
    """

    def __init__(
        self,
        store: GenerationStore,
        source: Source,
        folds: tuple[Sequence[Projection], Sequence[Journal]],
        watching: Watching,
        beat: Callable[[], Awaitable[None]],
        at_once: int = 0,
    ) -> None:
        self._store = store
        self._source = source
        self._folds = folds
        self._watching = watching
        self._beat = beat
        self._at_once = at_once
        self._foldings: dict[int, Mapping[Partition, Folding]] = {}

    async def chase(self, generation: int) -> None:
        """Until it is close behind the current generation.

        Who is nearly there does not wait any more: as much as he folds would come meanwhile, for ever.
        """
        folded = await self.follow(generation, await self._stands())
        while folded > CLOSE:
            folded = await self.follow(generation, await self._stands(), pausing=folded > NEAR)

    async def follow(self, generation: int, stands: Vector, *, held: bool = False, pausing: bool = True) -> int:
        """Fold up to a vector, all partitions side by side; how many records that were. Raises what a fold raises.

        `held`: the projector is held still until this is done, so nothing makes it wait and nobody is asked.
        `pausing`: others may make it wait.
        """
        foldings = await self._folding(generation)
        began = {place: (await one.position()).next_offset for place, one in foldings.items()}
        total = sum(position.next_offset for position in stands.values())
        done = sum(began.values())
        before = done

        async def beat(records: int) -> None:
            nonlocal done
            done += records
            self._watching.went("folding", done, total)
            if not held:
                await self._beat()
                if pausing:
                    await self._watching.pause(records)

        try:
            with plain_errors():
                async with asyncio.TaskGroup() as tasks:
                    for place, folding in foldings.items():
                        if place in stands and stands[place].next_offset > began[place]:
                            tasks.create_task(folding.run(stands[place].next_offset, beat))
        except PlayheadError:
            self.begin_again(generation)
            raise
        return done - before

    def begin_again(self, generation: int) -> None:
        """What is remembered of it may be old: the store tells where it stands."""
        self._foldings.pop(generation, None)

    async def _stands(self) -> Vector:
        live, topic = self._store.live(), self._source.log.topic
        found = [((topic, n), await live.checkpoint(topic, n)) for n in self._source.partitions]
        return {place: kept.position for place, kept in found if kept is not None}

    async def _folding(self, generation: int) -> Mapping[Partition, Folding]:
        if generation not in self._foldings:
            store = self._store.beside(generation)
            discarded: dict[Partition, set[int]] = {(self._source.log.topic, n): set() for n in self._source.partitions}
            async with store.snapshot() as seen:
                async for one in seen.parked():
                    if one.discarded and (place := (one.topic, one.partition)) in discarded:
                        discarded[place].add(one.record.offset)
            made = [
                Folding(self._source, n, *self._folds, store, gone, self._at_once) for (_, n), gone in discarded.items()
            ]
            self._foldings[generation] = {one.place: one for one in made}
        return self._foldings[generation]
