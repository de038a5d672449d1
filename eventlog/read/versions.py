"""Which versions of which events stand in a log: what has to stay readable, and who writes it still."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from contracts.catalog import Catalog
from contracts.envelope import Commit
from eventlog.commit import Record, accept, start
from eventlog.read.replay import ReadableLog, read_log

Reads = Literal["newest", "upcaster", "nothing"]
"""What of this version of the code reads it."""

_decode_commit = msgspec.json.Decoder(Commit).decode


class Seen(NamedTuple):
    """Where an event stands, and when its command was sent."""

    partition: int
    offset: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one event. `first` and `last` by time, then by place."""

    type: str
    version: int
    count: int
    first: Seen
    last: Seen
    reads: Reads


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Records that count, and whose envelope cannot be read."""

    count: int
    first_partition: int
    first_offset: int


class Tally:
    """The versions of one topic, as far as it was read."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._seen: dict[tuple[str, int], tuple[int, Seen, Seen]] = {}
        self.unreadable: Unreadable | None = None

    def take(self, partition: int, records: Iterable[Record]) -> None:
        """Records that count, of one partition."""
        for record in records:
            try:
                commit = _decode_commit(record.value)
            except msgspec.DecodeError:
                before = self.unreadable or Unreadable(0, partition, record.offset)
                self.unreadable = replace(before, count=before.count + 1)
                continue
            here = Seen(partition, record.offset, commit.at)
            for event in commit.events:
                count, first, last = self._seen.get((event.type, event.type_version), (0, here, here))
                earlier, later = min(first, here, key=_by_time), max(last, here, key=_by_time)
                self._seen[event.type, event.type_version] = (count + 1, earlier, later)

    def versions(self) -> list[Version]:
        """By type, then by version."""
        return [
            Version(type_, version, *told, reads=self._reads(type_, version))
            for (type_, version), told in sorted(self._seen.items())
        ]

    def _reads(self, type_: str, version: int) -> Reads:
        if self._catalog.newest().get(type_) == version:
            return "newest"
        return "upcaster" if (type_, version) in self._catalog.upcasters else "nothing"


async def tally(
    log: ReadableLog, partitions: Sequence[int], catalog: Catalog, progress: Callable[[int], None]
) -> Tally:
    """Read what counts, from the beginning. Raises `Corrupt`, `Diverged`, `Unavailable`."""
    told = Tally(catalog)
    for partition in partitions:
        position = start(log.topic, partition)
        async for records in read_log(log, partition, 0, await log.end(partition)):
            counting: list[Record] = []
            for record in records:
                position, counts = accept(position, record)
                if counts:
                    counting.append(record)
            told.take(partition, counting)
            progress(len(records))
    return told


def _by_time(seen: Seen) -> tuple[datetime, int, int]:
    return seen.at, seen.partition, seen.offset
