"""The log folded into a generation that nobody reads: by stream, in memory, and each stream written once a pour.

A *pour* is what the records since the last one came to, in one transaction with the position that they lead to: the
last view of each stream, all entries, all that was parked. So what is written is always the fold of a beginning of the
log, and whoever follows a process that was killed goes on where its last pour has ended.

What is folded and not yet written is bounded by the bytes of its records, and of the views that were read for them.
After a pour that this bound has brought, the views are forgotten, and those of streams that come again are read.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence

from eventlog.commit import Position, Record, start
from eventlog.errors import Corrupt
from eventlog.keys.meeting import met
from eventlog.read.counted import Counted
from eventlog.read.projection import Journal, Projection, View
from eventlog.read.projector import Changes, Place, ProjectorLane, size_of
from eventlog.read.replay import Source, read_log
from eventlog.read.store import Checkpoint, ProjectionStore, TooMuch, Unkeepable

BATCH_RECORDS = 500
"""That are folded between two words to whoever waits: some hundredths of a second."""
POURED_BYTES = 256 * 1024
"""Of records, about, whose changes are written together: two thousand documents, for MongoDB's smallest cache."""

Beat = Callable[[int], Awaitable[None]]
"""Told after each batch, with its number of records. It may wait, and it may raise to stop."""


class Folding:
    """One partition of one topic. `discarded`: the offsets of records that an operator gave up; they are left out.

    `at_once`: so many records are folded and written at once, so that nobody waits behind much; 0 for what is quickest.
    """

    def __init__(
        self,
        source: Source,
        partition: int,
        projections: Sequence[Projection],
        journals: Sequence[Journal],
        store: ProjectionStore,
        discarded: Collection[int],
        at_once: int = 0,
    ) -> None:
        self.place = (source.log.topic, partition)
        self._source = source
        self._folds = (projections, journals)
        self._store = store
        self._discarded = discarded
        self._batch = at_once or BATCH_RECORDS
        self._most = 1 if at_once else POURED_BYTES
        self._lane: ProjectorLane | None = None
        self._stored: Position | None = None
        self._views: dict[Place, View] = {}
        self._remembered = 0
        self._unwritten = Changes()
        self._records: list[Record] = []

    async def position(self) -> Position:
        """Where it stands."""
        return (await self._opened()).position

    async def run(self, until: int, beat: Beat) -> None:
        """Fold and write what is below the offset `until`. What is there already is left alone.

        Raises `Corrupt`, `Diverged`, `Unavailable`, `Poison` where this code cannot apply the log, and `Conflict` where
        somebody else writes the same generation. Then what it remembers may be wrong: take another one.
        """
        lane = await self._opened()
        async for records in read_log(self._source.log, self.place[1], lane.position.next_offset, until):
            for first in range(0, len(records), self._batch):
                batch = records[first : first + self._batch]
                await self._fold(batch)
                if self._remembered >= self._most:
                    await self._pour()
                    self._forget()
                await beat(len(batch))
        await self._pour()

    async def _opened(self) -> ProjectorLane:
        if self._lane is None:
            kept = await self._store.checkpoint(*self.place)
            at = kept or Checkpoint(start(*self.place), {})
            self._stored = kept.position if kept else None
            self._forget()
            self._lane = ProjectorLane(*self._folds, self._source.catalog, at.position, at.parked, self._views)
        return self._lane

    def _forget(self) -> None:
        self._views.clear()
        self._remembered = 0

    async def _fold(self, records: Sequence[Record]) -> None:
        lane = await self._opened()
        await met(lane.keys, records)
        position, counted = self._taken(lane, records)
        places = lane.places(counted)
        loaded = await self._store.load(places) if places else {}
        changes = lane.fold(counted, loaded)
        lane.moved(position, len(records), len(counted))
        self._unwritten.add(changes)
        self._records += records
        self._remembered += sum(len(record.value) for record in records)
        self._remembered += sum(size_of(view) for view in loaded.values())

    def _taken(self, lane: ProjectorLane, records: Sequence[Record]) -> tuple[Position, list[Counted]]:
        try:
            position, counted = lane.take(records)
        except Corrupt as error:
            raise Corrupt(f"{self.place[0]}[{self.place[1]}]: {error}") from error
        return position, [one for one in counted if one.record.offset not in self._discarded]

    async def _pour(self) -> None:
        """Write what was folded since the last pour; where it cannot be written as it is, fold it again in parts."""
        records, changes = self._records, self._unwritten
        if not records:
            return
        lane = await self._opened()
        self._records, self._unwritten = [], Changes()
        try:
            await self._store.commit(*self.place, self._stored, lane.position, changes)
        except (TooMuch, Unkeepable):
            await self._fold_again(records)
        else:
            self._stored = lane.position

    async def _fold_again(self, records: Sequence[Record]) -> None:
        """From where the store stands. A stream whose view it will never take is parked, as its projector would."""
        self._lane = None
        lane = await self._opened()
        position, counted = self._taken(lane, records)
        places = lane.places(counted)
        loaded = await self._store.load(places) if places else {}
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
            except TooMuch:
                if len(records) == 1:
                    raise
                self._most = max(1, self._most // 2)
                half = len(records) // 2
                await self._fold_again(records[:half])
                await self._fold_again(records[half:])
                return
            else:
                lane.moved(position, len(records), len(counted))
                self._stored = position
                return
