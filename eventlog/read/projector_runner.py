"""Projections of one partition: records read, views folded, written with the position in one transaction."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from contracts.envelope import Commit
from eventlog import tracing
from eventlog.commit import Position, Record, start
from eventlog.errors import Conflict
from eventlog.keys.meeting import met
from eventlog.log import EventLog
from eventlog.offsets import Offsets
from eventlog.read.projector import Changes, ProjectorLane
from eventlog.read.store import Checkpoint, ProjectionStore, Unkeepable
from eventlog.reader import Reader
from eventlog.work import READ_SECONDS, Throttled, Work, batches


class ProjectorRunner:
    """`run` is called again after every error that passes, and begins with the store's checkpoint."""

    def __init__(
        self,
        events: EventLog,
        offsets: Offsets,
        store: ProjectionStore,
        make_lane: Callable[[Checkpoint], ProjectorLane],
    ) -> None:
        self._events = events
        self._offsets = offsets
        self._store = store
        self._make_lane = make_lane

    async def run(self, work: Work) -> None:
        """Until `work.stopping`. Raises `Unavailable` or `Conflict` (begin again), `Poison`, `Diverged` (stop)."""
        stored = await self._store.checkpoint(self._events.topic, work.partition)
        checkpoint = stored or Checkpoint(start(self._events.topic, work.partition), {})
        lane = self._make_lane(checkpoint)
        await self._tell_parked(work, lane)
        reader = await Reader.open(self._events, work.partition, lane.position)
        try:
            work.opened(lane.position.next_offset)
            await self._drive(work, reader, lane, stored.position if stored else None)
        finally:
            work.metrics.waiting(work.role, work.partition, 0, 0, 0)
            await reader.close()

    async def _drive(self, work: Work, reader: Reader, lane: ProjectorLane, stored: Position | None) -> None:
        throttled = Throttled()
        kept = -1
        while not work.stopping:
            records = await work.until_stopped(reader.read(lane.position, READ_SECONDS))
            for batch in batches(records):
                stored = await self._apply(work, reader, lane, stored, batch)
            if not records:
                work.idle()
                await self._look_at_parked(work, lane)
            due = not records or throttled.due()
            if due and stored != lane.position and lane.position.next_offset > 0:
                await self._store.commit(self._events.topic, work.partition, stored, lane.position, Changes())
                stored = lane.position
            if due and stored is not None and stored.next_offset != kept:
                # For the tools that show lag; nothing reads it here.
                await self._offsets.commit(stored.next_offset, "")
                kept = stored.next_offset

    async def _apply(
        self, work: Work, reader: Reader, lane: ProjectorLane, stored: Position | None, batch: Sequence[Record]
    ) -> Position | None:
        """Where the store stands afterwards: a batch that changes nothing moves it with the next one that does."""
        began = asyncio.get_running_loop().time()
        await met(lane.keys, batch)
        position, counted = lane.take(batch)
        if not counted:
            await reader.confirm(lane.position)
        places = lane.places(counted)
        loaded = await self._store.load(places) if places else {}
        refused: dict[str, str] = {}
        while changes := lane.fold(counted, loaded, refused):
            try:
                await self._store.commit(self._events.topic, work.partition, stored, position, changes)
            except Unkeepable as error:
                _, stream = error.place
                if not stream or stream in refused:
                    raise
                refused[stream] = str(error)
            else:
                stored = position
                break
        lane.moved(position, len(batch), len(counted))
        if changes.parked:
            work.metrics.parked(work.role, work.partition, len(changes.parked))
            await self._tell_parked(work, lane)
        seconds = asyncio.get_running_loop().time() - began
        work.moved(batch, len(counted), seconds)
        tracing.projected(work.role, work.partition, (one.commit for one in counted), seconds)
        return stored

    async def _look_at_parked(self, work: Work, lane: ProjectorLane) -> None:
        """Raises `Conflict` where somebody dealt with what waits: what this projector knows of it is old."""
        if lane.waiting:
            kept = await self._store.checkpoint(self._events.topic, work.partition)
            if kept is not None and kept.parked != lane.waiting:
                raise Conflict("parked records were dealt with: reading the checkpoint again")

    async def _tell_parked(self, work: Work, lane: ProjectorLane) -> None:
        oldest = await self._store.oldest_parked(self._events.topic, work.partition) if lane.waiting else None
        since = _sent_at(oldest) if oldest else 0
        work.metrics.waiting(work.role, work.partition, len(lane.waiting), sum(lane.waiting.values()), since)


def _sent_at(record: Record) -> float:
    """Unix time; 1 where the envelope cannot be read: whoever looks at its age then sees that it is old."""
    try:
        return msgspec.json.decode(record.value, type=Commit).at.timestamp()
    except msgspec.DecodeError:
        return 1
