"""An archive as a log to read; and an archive with the log's tail behind it as one log."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence

from eventlog.archive.manifest import MANIFESTS, ArchiveError, Contents, followed, name_of
from eventlog.archive.segment import Segment, unpack
from eventlog.archive.store import ArchiveStore
from eventlog.commit import Record
from eventlog.errors import Corrupt
from eventlog.log import EventLog, Tail, check

_AT_ONCE = 16


async def read_contents(store: ArchiveStore) -> Contents:
    """What an archive holds; nothing where there is none. Raises `Corrupt` by the manifest, `Unavailable`."""
    there = {name async for name in store.names(MANIFESTS)}
    expected = [name_of(number) for number in range(len(there))]
    for name in expected:
        if name not in there:
            raise Corrupt(
                f"{store.url} has {len(there)} manifest(s), but no {name}: what it told of cannot be found without it. "
                "Use another copy of this archive."
            )
    contents = Contents()
    for n in range(0, len(expected), _AT_ONCE):
        for name, content in zip(expected[n:], await _fetched(store, expected[n : n + _AT_ONCE]), strict=False):
            if content is None:
                raise Corrupt(f"{store.url} listed {name}, but does not give it: use another copy of this archive")
            contents = await asyncio.to_thread(followed, contents, content)
    return contents


async def existing_contents(store: ArchiveStore) -> Contents:
    """What an archive holds. Raises `ArchiveError` where there is none, and what `read_contents` raises."""
    contents = await read_contents(store)
    if contents.number < 0:
        raise ArchiveError(f"{store.url} holds no archive: `playhead archive --to` writes one")
    return contents


class ArchivedLog:
    """The reading part of an events topic, from an archive. Every segment's hash is checked as it is read."""

    def __init__(self, store: ArchiveStore, contents: Contents, topic: str) -> None:
        self.topic = topic
        self._store = store
        self._ends = contents.ends(topic)
        self._segments = {partition: contents.of(topic, partition) for partition in self._ends}
        self._firsts = {partition: [one.first for one in found] for partition, found in self._segments.items()}
        self._opened: tuple[Segment, list[Record]] | None = None

    def partitions(self) -> list[int]:
        """Which partitions are archived."""
        return sorted(self._ends)

    async def end(self, partition: int) -> int:
        return self._ends[partition]

    async def record_at(self, partition: int, offset: int) -> Record | None:
        found = await self.records(partition, offset) if offset >= 0 else ()
        return found[0] if found else None

    async def tail(self, partition: int, offset: int) -> "ArchiveTail":
        return ArchiveTail(self, partition, offset)

    async def records(self, partition: int, offset: int) -> Sequence[Record]:
        """The records from `offset` to the end of its segment; none at the end of the archive.

        Raises `Corrupt` for a segment that was altered or is gone, `Unavailable`.
        """
        if offset >= self._ends[partition]:
            return ()
        segment = self._segments[partition][bisect_right(self._firsts[partition], offset) - 1]
        if self._opened is None or self._opened[0] != segment:
            content = await self._store.get(segment.name)
            if content is None:
                raise Corrupt(f"{self._store.url} has no {segment.name} ({segment.place}): use another copy of it")
            self._opened = segment, await asyncio.to_thread(unpack, segment, content)
        return self._opened[1][offset - segment.first :]


class ArchiveTail:
    """Reads to the end of the archive; nothing is added to it meanwhile."""

    generation = 0

    def __init__(self, log: ArchivedLog, partition: int, offset: int) -> None:
        self._log = log
        self._partition = partition
        self._next = offset

    async def read(self, wait: float) -> Sequence[Record]:
        del wait
        records = await self._log.records(self._partition, self._next)
        self._next += len(records)
        return records

    async def close(self) -> None:
        self._next = -1


async def joined(archived: ArchivedLog, contents: Contents, log: EventLog) -> "JoinedLog":
    """The archive, and behind it what the log has since. Raises `Diverged` where the log is not the archived one."""
    for partition in archived.partitions():
        await check(log, partition, contents.position(archived.topic, partition))
    return JoinedLog(archived, log)


class JoinedLog:
    """The reading part of an events topic: from the archive as far as that goes, then from the log."""

    def __init__(self, archived: ArchivedLog, log: EventLog) -> None:
        self.topic = log.topic
        self.archived = archived
        self.log = log

    async def end(self, partition: int) -> int:
        return await self.log.end(partition)

    async def record_at(self, partition: int, offset: int) -> Record | None:
        return await self.archived.record_at(partition, offset) or await self.log.record_at(partition, offset)

    async def tail(self, partition: int, offset: int) -> "JoinedTail":
        return JoinedTail(self, partition, offset)


class JoinedTail:
    """Asks the log only for what the archive does not have."""

    generation = 0

    def __init__(self, log: JoinedLog, partition: int, offset: int) -> None:
        self._log = log
        self._partition = partition
        self._next = offset
        self._live: Tail | None = None

    async def read(self, wait: float) -> Sequence[Record]:
        if records := await self._log.archived.records(self._partition, self._next):
            self._next += len(records)
            return records
        self._live = self._live or await self._log.log.tail(self._partition, self._next)
        return await self._live.read(wait)

    async def close(self) -> None:
        if self._live is not None:
            await self._live.close()


async def _fetched(store: ArchiveStore, names: Sequence[str]) -> list[bytes | None]:
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(store.get(name)) for name in names]
    return [one.result() for one in asked]
