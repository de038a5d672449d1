"""A projector's views in memory, for tests and for a fold that nobody keeps (`verify.py`)."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from eventlog.commit import Position, Record
from eventlog.errors import Conflict
from eventlog.read.parked import Release, Told
from eventlog.read.projection import Journal, Projection, Row, View
from eventlog.read.projector import Changes, Parked, Place
from eventlog.read.snapshot import ParkedRecord, Partition
from eventlog.read.store import Checkpoint


class MemoryProjectionStore:
    """Dictionaries. Nothing in `commit` waits, so it is one step for everybody else.

    `beside` is another generation of the same projector: what operators did is of both.
    """

    def __init__(
        self,
        projections: Iterable[Projection],
        journals: Iterable[Journal] = (),
        beside: "MemoryProjectionStore | None" = None,
    ) -> None:
        self.projector = "memory"
        self.views: dict[str, dict[str, View]] = {projection.name: {} for projection in projections}
        self._keys = {journal.name: journal.key or ("_id",) for journal in journals}
        self.entries: dict[str, dict[tuple[object, ...], Row]] = {name: {} for name in self._keys}
        self.positions: dict[Partition, Position] = {}
        self.parked: dict[Partition, list[Parked]] = {}
        self.discarded: dict[Partition, list[Parked]] = {} if beside is None else beside.discarded
        self.released: dict[Partition, int] = {}
        self._told: list[Told] = [] if beside is None else beside._told
        self._seen: dict[Partition, int] = {}

    async def checkpoint(self, topic: str, partition: int) -> Checkpoint | None:
        self._seen[topic, partition] = self.released.get((topic, partition), 0)
        return self._checkpoints().get((topic, partition))

    async def oldest_parked(self, topic: str, partition: int) -> Record | None:
        return next((one.record for one in self.parked.get((topic, partition), ())), None)

    async def load(self, places: Sequence[Place]) -> Mapping[Place, View]:
        return {(name, stream): view for name, stream in places if (view := self.views[name].get(stream))}

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        stands = self.positions.get((topic, partition))
        if stands != expected:
            raise Conflict(f"{topic}[{partition}] stands at {stands}, not at {expected}: read the checkpoint")
        released = self.released.get((topic, partition), 0)
        if self._seen.get((topic, partition), released) != released:
            raise Conflict(f"parked records of {topic}[{partition}] were dealt with: read the checkpoint")
        self.positions[topic, partition] = position
        self._apply(changes)
        self.parked.setdefault((topic, partition), []).extend(changes.parked)

    async def waiting(self, topic: str, partition: int, stream: str, limit: int) -> Sequence[ParkedRecord]:
        return [
            ParkedRecord(topic, partition, one.stream, one.record, one.reason)
            for one in self.parked.get((topic, partition), ())
            if one.stream == stream
        ][:limit]

    async def release(self, topic: str, partition: int, release: Release) -> None:
        waiting = await self.waiting(topic, partition, release.stream, len(release.offsets))
        if tuple(one.record.offset for one in waiting) != release.offsets:
            raise Conflict(f"what waits of {release.stream} is not what it was: look again")
        parked = self.parked[topic, partition]
        gone = [one for one in parked if one.record.offset in release.offsets]
        self.parked[topic, partition] = [one for one in parked if one.record.offset not in release.offsets]
        if release.act.action == "discarded":
            self.discarded.setdefault((topic, partition), []).extend(gone)
        self._apply(release.changes)
        self.released[topic, partition] = self.released.get((topic, partition), 0) + 1
        self._told.append(Told(self.projector, topic, partition, release.stream, release.offsets, release.act))

    async def acts(self, limit: int) -> Sequence[Told]:
        return self._told[::-1][:limit]

    def _apply(self, changes: Changes) -> None:
        for (name, stream), view in changes.views.items():
            self.views[name][stream] = view
            if not view:
                del self.views[name][stream]
        for (name, field), streams in changes.forgotten.items():
            kept = {key: row for key, row in self.entries[name].items() if row[field] not in streams}
            self.entries[name] = kept
        for name, rows in changes.entries.items():
            for row in rows:
                self.entries[name].setdefault(tuple(row[field] for field in self._keys[name]), row)

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator["MemorySnapshot"]:
        """Everything as it is now."""
        rows: dict[str, list[Row]] = {
            name: [row for view in views.values() for row in view] for name, views in self.views.items()
        }
        rows |= {name: list(entries.values()) for name, entries in self.entries.items()}
        parked = [
            ParkedRecord(topic, partition, one.stream, one.record, one.reason, kept is self.discarded)
            for kept in (self.parked, self.discarded)
            for (topic, partition), records in kept.items()
            for one in records
        ]
        parked.sort(key=lambda one: (one.topic, one.partition, one.record.offset))
        yield MemorySnapshot(self._checkpoints(), parked, rows)

    def _checkpoints(self) -> dict[Partition, Checkpoint]:
        checkpoints: dict[Partition, Checkpoint] = {}
        for place, position in self.positions.items():
            streams: dict[str, int] = {}
            for one in self.parked.get(place, ()):
                streams[one.stream] = streams.get(one.stream, 0) + 1
            checkpoints[place] = Checkpoint(position, streams)
        return checkpoints


class MemorySnapshot:
    """A copy of what was there."""

    def __init__(
        self,
        checkpoints: Mapping[Partition, Checkpoint],
        parked: Sequence[ParkedRecord],
        rows: Mapping[str, Sequence[Row]],
    ) -> None:
        self._checkpoints = checkpoints
        self._parked = parked
        self._rows = rows

    async def checkpoints(self) -> Mapping[Partition, Checkpoint]:
        return self._checkpoints

    async def parked(self) -> AsyncIterator[ParkedRecord]:
        for one in self._parked:
            yield one

    async def rows(self, name: str) -> AsyncIterator[Row]:
        for row in self._rows[name]:
            yield row

    def as_kept(self, _name: str, row: Row, /) -> Row:
        return row
