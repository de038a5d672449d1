"""The log folded into a generation that nobody reads: in large batches, each view written once a batch.

What a stream's views were is remembered from batch to batch, and of a stream that begins nothing is there to be read;
so nearly nothing is loaded. The position is written with the views: after a crash it goes on where it was.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from eventlog.commit import Position, Record, start
from eventlog.errors import Corrupt
from eventlog.read.projection import Journal, Projection, View
from eventlog.read.projector import Changes, Counted, Place, ProjectorLane
from eventlog.read.replay import Source, read_log
from eventlog.read.store import Checkpoint, ProjectionStore, Unkeepable

BATCH_RECORDS = 4_000
REMEMBERED = 40_000
"""Views; with more of them all are forgotten, and read when they are needed."""

Beat = Callable[[int], Awaitable[None]]
"""Told after each batch, with its number of records. It may wait, and it may raise to stop."""


class Folding:
    """One partition of one topic. `discarded`: the offsets of records that an operator gave up; they are left out."""

    def __init__(
        self,
        source: Source,
        partition: int,
        projections: Sequence[Projection],
        journals: Sequence[Journal],
        store: ProjectionStore,
        discarded: Collection[int],
    ) -> None:
        self.place = (source.log.topic, partition)
        self._source = source
        self._folds = (projections, journals)
        self._store = store
        self._lane: ProjectorLane | None = None
        self._stored: Position | None = None
        self._views: dict[Place, View] = {}
        self._discarded = discarded

    async def position(self) -> Position:
        """Where it stands."""
        return (await self._opened()).position

    async def run(self, until: int, beat: Beat) -> None:
        """Fold what is below the offset `until`. What is there already is left alone.

        Raises `Corrupt`, `Diverged`, `Unavailable`, `Poison` where this code cannot apply the log, and `Conflict` where
        somebody else writes the same generation.
        """
        lane = await self._opened()
        waiting: list[Record] = []
        async for records in read_log(self._source.log, self.place[1], lane.position.next_offset, until):
            waiting += records
            while len(waiting) >= BATCH_RECORDS:
                await self._fold(lane, waiting[:BATCH_RECORDS], beat)
                waiting = waiting[BATCH_RECORDS:]
        if waiting:
            await self._fold(lane, waiting, beat)

    async def _opened(self) -> ProjectorLane:
        if self._lane is None:
            kept = await self._store.checkpoint(*self.place)
            at = kept or Checkpoint(start(*self.place), {})
            self._stored = kept.position if kept else None
            self._lane = ProjectorLane(*self._folds, self._source.catalog, at.position, at.parked)
        return self._lane

    async def _fold(self, lane: ProjectorLane, records: Sequence[Record], beat: Beat) -> None:
        try:
            position, counted = lane.take(records)
        except Corrupt as error:
            raise Corrupt(f"{self.place[0]}[{self.place[1]}]: {error}") from error
        applied = [one for one in counted if one.record.offset not in self._discarded]
        loaded = await self._load(lane, applied)
        changes = await self._commit(lane, position, applied, loaded)
        lane.moved(position, len(records), len(counted))
        self._stored = position
        self._views |= {**loaded, **changes.views}
        if len(self._views) > REMEMBERED:
            self._views.clear()
        await beat(len(records))

    async def _commit(
        self, lane: ProjectorLane, position: Position, counted: Sequence[Counted], loaded: Mapping[Place, View]
    ) -> Changes:
        """What was written. A stream whose view the store will never take is parked, as its projector would."""
        refused: dict[str, str] = {}
        while True:
            changes = lane.fold(counted, loaded, refused)
            try:
                await self._store.commit(*self.place, self._stored, position, changes)
            except Unkeepable as error:
                _, stream = error.place
                if not stream or stream in refused:
                    raise
                refused[stream] = str(error)
            else:
                return changes

    async def _load(self, lane: ProjectorLane, counted: Sequence[Counted]) -> dict[Place, View]:
        """The views that the batch needs: remembered, or of a stream that begins in it, or read."""
        begun = {
            one.stream for one in counted if one.commit is not None and one.commit.version == len(one.commit.events)
        }
        views: dict[Place, View] = {}
        unknown: list[Place] = []
        for place in lane.places(counted):
            if place in self._views:
                views[place] = self._views[place]
            elif place[1] not in begun:
                unknown.append(place)
        return {**views, **await self._store.load(unknown)} if unknown else views
