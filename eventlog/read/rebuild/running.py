"""One rebuild or rollback, from wherever it was left to its end.

Each step is kept before the next one begins, and each can be done again: a process that ends anywhere is followed by
another one that goes on. Only projections are run here: no policy hears of it, no worker, nobody outside.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from eventlog.errors import Conflict, PlayheadError
from eventlog.read.canonical import Content
from eventlog.read.projection import Journal, Projection
from eventlog.read.rebuild import generations
from eventlog.read.rebuild.comparing import Comparison, compare
from eventlog.read.rebuild.following import Following, Watching
from eventlog.read.rebuild.generations import Generations, RebuildRefused
from eventlog.read.rebuild.port import HOLD_SECONDS, GenerationStore, Vector
from eventlog.read.replay import Source

SWITCHES = 20
"""Tries; readers or the projector itself may be in the way."""
SWITCH_PAUSE_SECONDS = 0.25
BEAT_SECONDS = 1.0


class Cancelled(PlayheadError):
    """An operator has cancelled it; what was built is gone."""


class _Outdated(Conflict):
    """What was compared has changed."""


class Running:
    """What one process does to one projector's generations. `holder` is a name that nobody else has; `at_once`:
    records, as `Folding` takes it."""

    def __init__(
        self,
        store: GenerationStore,
        source: Source,
        projections: Sequence[Projection],
        journals: Sequence[Journal],
        holder: str,
        watching: Watching,
        at_once: int = 0,
    ) -> None:
        self._store = store
        self._source = source
        self._projections = projections
        self._journals = journals
        self._holder = holder
        self._watching = watching
        self._beaten = float("-inf")
        self._following = Following(store, source, (projections, journals), watching, self._beat, at_once)
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
        await self._following.chase(generation)
        async with self._store.live().snapshot() as live:
            stands = {place: one.position for place, one in (await live.checkpoints()).items()}
            await self._following.follow(generation, stands)
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
            await self._following.chase(generation)
            kept = await self._store.read()
            if kept.rebuild is None or kept.rebuild.cancelled:
                await self._give_up()
            after = generations.switched(kept)
            began = _now()
            try:
                await self._store.switch(kept.revision, after, partial(self._catch_up, kept))
            except _Outdated:
                self._following.begin_again(generation)
                return await self._keep(generations.outdated)
            except Conflict:
                self._following.begin_again(generation)
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
        await self._following.follow(kept.rebuild.generation, stands, held=True)
        if not kept.going_back and await self._store.released() != kept.rebuild.released:
            raise _Outdated("parked records were dealt with since the generations were compared: compare again")

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
