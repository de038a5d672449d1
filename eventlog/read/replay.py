"""A partition read from its beginning and folded in memory, up to a place that is named."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from contracts.catalog import Catalog
from eventlog.commit import DIGEST_BYTES, Record, chain, start
from eventlog.errors import Corrupt, Diverged, Unavailable
from eventlog.keys.meeting import met
from eventlog.log import Tail
from eventlog.read.counted import Counted
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projection import Journal, Projection
from eventlog.read.projector import ProjectorLane
from eventlog.read.snapshot import Partition

READ_SECONDS = 10.0
"""A log that has more, and gives nothing for so long, is not available."""


class ReadableLog(Protocol):
    """The part of `EventLog` that a reader needs: a copy of a log has it too."""

    @property
    def topic(self) -> str: ...

    async def end(self, partition: int) -> int: ...

    async def record_at(self, partition: int, offset: int) -> Record | None: ...

    async def tail(self, partition: int, offset: int) -> Tail: ...


class Source(NamedTuple):
    """A topic that a projector hears: which of its partitions, and what is said there."""

    log: ReadableLog
    partitions: Sequence[int]
    catalog: Catalog


class Suspect(NamedTuple):
    """Something wrong in the log itself. `field` is what does not hold at that offset."""

    partition: Partition
    offset: int
    field: str
    expected: str
    actual: str


async def read_log(log: ReadableLog, partition: int, offset: int, until: int) -> AsyncIterator[Sequence[Record]]:
    """The records from `offset` on and below `until`, in batches.

    Raises `Diverged` where the log ends before, `Unavailable` where it gives nothing for ten seconds.
    """
    if offset >= until:
        return
    if (end := await log.end(partition)) < until:
        raise Diverged(f"log diverged: {log.topic}[{partition}] ends at offset {end}, it was read up to {until} before")
    tail = await log.tail(partition, offset)
    try:
        while offset < until:
            records = await tail.read(READ_SECONDS)
            if not records:
                raise Unavailable(log.topic, f"partition {partition} gave nothing after offset {offset}")
            offset = records[-1].offset + 1
            yield [record for record in records if record.offset < until] if offset > until else records
    finally:
        await tail.close()


class Replay:
    """The fold of one partition into a store in memory that several partitions share."""

    def __init__(
        self,
        source: Source,
        partition: int,
        projections: Sequence[Projection],
        journals: Sequence[Journal],
        store: MemoryProjectionStore,
    ) -> None:
        self.place: Partition = (source.log.topic, partition)
        self.suspects: list[Suspect] = []
        self.lane = ProjectorLane(projections, journals, source.catalog, start(*self.place), {})
        self._log = source.log
        self._store = store
        self._versions: dict[str, int] = {}

    async def run(self, until: int, parked: Mapping[int, Record], progress: Callable[[int], None]) -> None:
        """Fold on, below the offset `until`. A record whose offset is in `parked` is left out as it was before.

        Raises `Corrupt` by topic, partition and offset, `Diverged`, `Unavailable`, and `Poison` where this version of
        the code cannot apply what is there.
        """
        topic, partition = self.place
        async for records in read_log(self._log, partition, self.lane.position.next_offset, until):
            await met(self.lane.keys, records)
            try:
                position, counted = self.lane.take(records)
            except Corrupt as error:
                raise Corrupt(f"{topic}[{partition}]: {error}") from error
            self._examine(records, counted)
            self._compare_parked(counted, parked)
            applied = [one for one in counted if one.record.offset not in parked]
            changes = self.lane.fold(applied, await self._store.load(self.lane.places(applied)))
            kept = self._store.positions.get(self.place)
            await self._store.commit(topic, partition, kept, position, changes)
            self.lane.moved(position, len(records), len(counted))
            progress(len(records))

    def streams(self) -> Sequence[str]:
        """The streams of this partition, as far as it was read."""
        return list(self._versions)

    def _examine(self, records: Sequence[Record], counted: Sequence[Counted]) -> None:
        """What the accept rule need not see: an ignored record that was altered, a version that does not follow."""
        counting = {one.record.offset for one in counted}
        for record in records:
            claims = record.offset not in counting and len(record.id) == DIGEST_BYTES
            if claims and (found := chain(record.prev, record.key, record.value)) != record.id:
                self._suspect(record.offset, "id", found.hex(), record.id.hex())
        for stream, record, commit in counted:
            if commit is None:
                continue
            before = commit.version - len(commit.events)
            if self._versions.get(stream, 0) != before:
                self._suspect(
                    record.offset, f"version before it of {stream}", f"{self._versions.get(stream, 0)}", f"{before}"
                )
            self._versions[stream] = commit.version

    def _compare_parked(self, counted: Sequence[Counted], parked: Mapping[int, Record]) -> None:
        for one in counted:
            kept = parked.get(one.record.offset)
            if kept is not None and kept != one.record:
                self._suspect(one.record.offset, "parked record", one.record.id.hex(), f"other bytes, {kept.id.hex()}")

    def _suspect(self, offset: int, field: str, expected: str, actual: str) -> None:
        self.suspects.append(Suspect(self.place, offset, field, expected, actual))
