"""Logs to archive, and places to archive them to that break when they are told to."""

from collections.abc import AsyncIterator, Sequence

from eventlog.archive.checking import findings
from eventlog.archive.manifest import Contents
from eventlog.archive.reading import read_contents
from eventlog.archive.store import ArchiveStore
from eventlog.archive.writing import Cut, archive, ends_of
from eventlog.commit import Link, link
from eventlog.memory import MemoryEventLog
from tests.eventlog.counting import NOON, TOPIC, Writer

SMALL = Cut(raw_bytes=900, segments=2)
"""Three commits fill a segment, two segments a manifest."""
CATALOGUE = "c" * 64


def quiet(_what: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


class Grown:
    """A log of counters in two partitions, that grows; some of its records do not count."""

    def __init__(self) -> None:
        self.log = MemoryEventLog(TOPIC, 2)
        self._writers = [Writer(0), Writer(1)]

    async def grow(self, partition: int, kinds: Sequence[str]) -> None:
        """A record a kind: a commit, a refusal, the last record once more, a rival's."""
        writer, records = self._writers[partition], self.log.partitions[partition]
        for n, kind in enumerate(kinds):
            if kind == "again" and records:
                await self.log.append(partition, [Link(*records[-1][1:])])
            elif kind == "rival":
                await self.log.append(partition, [link(b"r" * 16, b"counter-1", b"of nobody")])
            elif kind == "refusal":
                await self.log.append(partition, [writer.commit("counter-2", refusal="counter.full")])
            else:
                await self.log.append(partition, [writer.commit(f"counter-{n % 5}", n + 1)])


class DictArchive:
    """An `ArchiveStore` whose bytes a test can reach."""

    url = "memory:///archive"

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def create(self, name: str, content: bytes) -> bool:
        return name not in self.kept and self.kept.setdefault(name, content) is content

    async def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def names(self, prefix: str) -> AsyncIterator[str]:
        for name in list(self.kept):
            if name.startswith(prefix):
                yield name


class Killed(Exception):
    """The process is gone."""


class Deadly:
    """Kills whoever creates for the `at`-th time, before the bytes are kept or just after."""

    def __init__(self, store: ArchiveStore, at: int, *, after: bool) -> None:
        self._store = store
        self._left = at
        self._after = after
        self.url = store.url

    async def create(self, name: str, content: bytes) -> bool:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        created = await self._store.create(name, content)
        if self._left == 0:
            raise Killed
        return created

    async def get(self, name: str) -> bytes | None:
        return await self._store.get(name)

    def names(self, prefix: str) -> AsyncIterator[str]:
        return self._store.names(prefix)


async def archived(store: ArchiveStore, log: MemoryEventLog, cut: Cut = SMALL) -> Contents:
    """All of the log as it is now."""
    ends = await ends_of({log.topic: (log, range(len(log.partitions)))})
    return await archive(store, {log.topic: log}, ends, CATALOGUE, lambda: NOON, quiet, cut)


async def wrong_with(store: ArchiveStore) -> list[str]:
    """What a check finds."""
    return [sentence async for sentence in findings(store, await read_contents(store), quiet)]
