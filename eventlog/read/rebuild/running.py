"""One rebuild or rollback, from wherever it was left to its end.

Each step is kept before the next one begins, and each can be done again: a process that ends anywhere is followed by
another one that goes on. Only projections are run here: no policy hears of it, no worker, nobody outside.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from eventlog.errors import Conflict, PlayheadError
from eventlog.read.canonical import Content
from eventlog.read.projection import Journal, Projection
from eventlog.read.rebuild import generations
from eventlog.read.rebuild.comparing import Comparison, compare
from eventlog.read.rebuild.folding import Folding
from eventlog.read.rebuild.generations import Generations, RebuildRefused
from eventlog.read.rebuild.port import HOLD_SECONDS, GenerationStore, Vector
from eventlog.read.replay import Source
from eventlog.read.snapshot import Partition

CLOSE = 200
"""Records that may be missing when the projector is held still: they are folded while it waits."""
SWITCHES = 20
"""Tries; readers or the projector itself may be in the way."""
SWITCH_PAUSE_SECONDS = 0.25
BEAT_SECONDS = 1.0


class Cancelled(PlayheadError):
    """An operator has cancelled it; what was built is gone."""


class _Outdated(Conflict):
    """What was compared has changed."""


class Watching(Protocol):
    """Who is told how far it is, and who may make it wait."""

    def went(self, what: str, done: int, of: int) -> None:
        """So many of so many records or rows of what is done now."""
        ...

    async def pause(self, records: int) -> None:
        """Called between two batches: it returns when the next may begin."""
        ...


class Running:
    """What one process does to one projector's generations. `holder` is a name that nobody else has."""

    def __init__(
        self,
        store: GenerationStore,
        source: Source,
        projections: Sequence[Projection],
        journals: Sequence[Journal],
        holder: str,
        watching: Watching,
    ) -> None:
        self._store = store
        self._source = source
        self._projections = projections
        self._journals = journals
        self._holder = holder
        self._watching = watching
        self._beaten = float("-inf")
        self._foldings: dict[int, Mapping[Partition, Folding]] = {}
        self.contents: Mapping[str, Content] = {}
        """Hashes of what was compared and found equal."""
        self.switch_seconds = 0.0
        """How long the switch took, and so for how long somebody may have waited."""

    @property
    def versions(self) -> dict[str, int]:
        """Of the folds of this code."""
        return {one.name: one.version for one in (*self._projections, *self._journals)}

    async def rebuild(self, *, approve: bool = False) -> Generations:
        """To its end: switched, or refused with the differences. Raises `Cancelled`, and what a fold raises."""
        change = generations.approved if approve else generations.planned
        return await self._held(lambda kept: change(kept, self.versions))

    async def roll_back(self) -> Generations:
        """The generation that is kept follows the log to where the current one stands, and becomes the current one."""
        return await self._held(lambda kept: generations.going_back(kept, self.versions))

    async def forget(self) -> Generations:
        """The generation that is kept for a rollback goes, and its space is free."""
        return await self._held(generations.forgotten)

    async def cancel(self) -> Generations:
        """Whoever runs it stops at its next batch; where nobody does, what was built is dropped here."""
        kept = await self._keep(generations.cancelled)
        if not await self._store.hold(self._holder):
            return kept
        try:
            return await self._clean(await self._keep(generations.abandoned) if kept.rebuild else kept)
        finally:
            await self._store.release(self._holder)

    async def _held(self, begin: Callable[[Generations], Generations]) -> Generations:
        kept = await self._store.read()
        if not await self._store.hold(self._holder):
            raise RebuildRefused(
                f"{kept.projector} is being rebuilt by another process. Wait for it, or stop it with `playhead rebuild "
                f"{kept.projector} --cancel`. A process that was killed is forgotten after {HOLD_SECONDS} seconds."
            )
        try:
            kept = await self._keep(begin)
            kept = await self._clean(kept)
            while kept.rebuild is not None and kept.rebuild.state != "refused":
                kept = await self._step(kept)
            return await self._clean(kept)
        finally:
            await self._store.release(self._holder)

    async def _step(self, kept: Generations) -> Generations:
        assert kept.rebuild is not None
        if kept.rebuild.cancelled:
            await self._give_up()
        match kept.rebuild.state:
            case "planned":
                await self._store.make(kept.rebuild.generation)
                return await self._keep(generations.made)
            case "building":
                released = await self._store.released()
                found = await self._compared(kept.rebuild.generation)
                self.contents = found.contents
                if found.equal:
                    return await self._keep(lambda now: generations.equal(now, released))
                listed = tuple(found.differences)
                return await self._keep(lambda now: generations.different(now, listed, found.unlisted, released))
            case "ready":
                return await self._switch(kept, kept.rebuild.generation)
            case "refused":
                return kept

    async def _compared(self, generation: int) -> Comparison:
        await self._chase(generation)
        async with self._store.live().snapshot() as live:
            stands = {place: one.position for place, one in (await live.checkpoints()).items()}
            await self._follow(generation, stands)
            done = 0

            async def beat(rows: int) -> None:
                nonlocal done
                done += rows
                self._watching.went("comparing", done, 0)
                await self._beat()

            async with self._store.beside(generation).snapshot() as beside:
                return await compare(live, beside, (*self._projections, *self._journals), beat)

    async def _switch(self, kept: Generations, generation: int) -> Generations:
        for attempt in range(1, SWITCHES + 1):
            await self._chase(generation)
            kept = await self._store.read()
            if kept.rebuild is None or kept.rebuild.cancelled:
                await self._give_up()
            after = generations.switched(kept)
            began = _now()
            try:
                await self._store.switch(kept.revision, after, partial(self._catch_up, kept))
            except _Outdated:
                return await self._keep(generations.outdated)
            except Conflict:
                self._foldings.pop(generation, None)
                if (now := await self._store.read()).revision == after.revision and now.current == generation:
                    return now
                if attempt == SWITCHES:
                    raise
                await self._beat(now=True)
                await asyncio.sleep(SWITCH_PAUSE_SECONDS)
            else:
                self.switch_seconds = _now() - began
                return after
        raise AssertionError("the last attempt returns or raises")

    async def _catch_up(self, kept: Generations, stands: Vector) -> None:
        """While the projector is held still. Raises `_Outdated` where it is not what was compared any more."""
        assert kept.rebuild is not None
        await self._follow(kept.rebuild.generation, stands)
        if not kept.going_back and await self._store.released() != kept.rebuild.released:
            raise _Outdated("parked records were dealt with since the generations were compared: compare again")

    async def _chase(self, generation: int) -> None:
        """Until it is close behind the current generation."""
        while True:
            stands = await self._stands()
            if await self._follow(generation, stands) <= CLOSE:
                return

    async def _stands(self) -> Vector:
        live, topic = self._store.live(), self._source.log.topic
        found = [((topic, n), await live.checkpoint(topic, n)) for n in self._source.partitions]
        return {place: kept.position for place, kept in found if kept is not None}

    async def _follow(self, generation: int, stands: Vector) -> int:
        """Fold up to a vector, all partitions side by side; how many records that were."""
        foldings = self._folding(generation)
        began = {place: (await one.position()).next_offset for place, one in foldings.items()}
        total = sum(position.next_offset for position in stands.values())
        done = sum(began.values())
        before = done

        async def beat(records: int) -> None:
            nonlocal done
            done += records
            self._watching.went("folding", done, total)
            await self._beat()
            await self._watching.pause(records)

        try:
            async with asyncio.TaskGroup() as tasks:
                for place, folding in foldings.items():
                    if place in stands and stands[place].next_offset > began[place]:
                        tasks.create_task(folding.run(stands[place].next_offset, beat))
        except* PlayheadError as errors:
            self._foldings.pop(generation, None)
            raise _first(errors) from None
        return done - before

    def _folding(self, generation: int) -> Mapping[Partition, Folding]:
        if generation not in self._foldings:
            store = self._store.beside(generation)
            made = [Folding(self._source, n, self._projections, self._journals, store) for n in self._source.partitions]
            self._foldings[generation] = {one.place: one for one in made}
        return self._foldings[generation]

    async def _beat(self, *, now: bool = False) -> None:
        """Once in a while: it is still ours, and nobody has cancelled it."""
        moment = _now()
        if moment - self._beaten < BEAT_SECONDS and not now:
            return
        self._beaten = moment
        if not await self._store.hold(self._holder):
            raise Conflict("another process has taken the rebuild over: this one was silent for too long")
        kept = await self._store.read()
        if kept.rebuild is None or kept.rebuild.cancelled:
            await self._give_up()

    async def _give_up(self) -> None:
        kept = await self._store.read()
        if kept.rebuild is not None:
            await self._clean(await self._keep(generations.abandoned))
        raise Cancelled(f"{kept.projector}: cancelled, nothing that is read has changed, and what was built is gone")

    async def _clean(self, kept: Generations) -> Generations:
        for generation in kept.dropping:
            await self._store.drop(generation)
            kept = await self._keep(lambda now, gone=generation: generations.dropped(now, gone))
        return kept

    async def _keep(self, change: Callable[[Generations], Generations]) -> Generations:
        """Read, change, write; from the beginning where somebody else wrote meanwhile."""
        while True:
            kept = await self._store.read()
            after = change(kept)
            if after.revision == kept.revision:
                return kept
            try:
                await self._store.write(kept.revision, after)
            except Conflict:
                continue
            return after


def _now() -> float:
    return asyncio.get_running_loop().time()


def _first(errors: BaseExceptionGroup[PlayheadError]) -> PlayheadError:
    for error in errors.exceptions:
        return error if isinstance(error, PlayheadError) else _first(error)
    raise AssertionError("a group has an exception")
