"""An events topic in memory, for tests of one process. It keeps every promise of the port but surviving the process."""

import asyncio
from collections.abc import Sequence

from eventlog.commit import Link, Record
from eventlog.errors import Diverged


class MemoryEventLog:
    """A list a partition, and a condition that wakes the tails."""

    def __init__(self, topic: str, partitions: int) -> None:
        self.topic = topic
        self.partitions: list[list[Record]] = [[] for _ in range(partitions)]
        self.grown = asyncio.Condition()

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        records = self.partitions[partition]
        first = len(records)
        async with self.grown:
            records.extend(Record(first + n, *link) for n, link in enumerate(links))
            self.grown.notify_all()
        return first

    async def end(self, partition: int) -> int:
        return len(self.partitions[partition])

    async def beginning(self, partition: int) -> int:
        return self.partitions[partition][0].offset if self.partitions[partition] else 0

    async def record_at(self, partition: int, offset: int) -> Record | None:
        records = self.partitions[partition]
        return records[offset] if 0 <= offset < len(records) else None

    async def tail(self, partition: int, offset: int) -> "MemoryTail":
        return MemoryTail(self, partition, offset)


class MemoryTail:
    """Reads what is there, then waits for more."""

    generation = 0

    def __init__(self, log: MemoryEventLog, partition: int, offset: int) -> None:
        self._log = log
        self._partition = partition
        self._next = offset

    async def read(self, wait: float) -> Sequence[Record]:
        records = self._log.partitions[self._partition]
        if len(records) == self._next:
            try:
                async with asyncio.timeout(wait), self._log.grown:
                    await self._log.grown.wait_for(lambda: len(records) != self._next)
            except TimeoutError:
                return ()
        if len(records) < self._next:
            raise Diverged(
                f"log diverged: {self._log.topic}[{self._partition}] ends at offset {len(records)}, "
                f"reading stood at {self._next}: the log lost its tail."
            )
        found = records[self._next :]
        self._next += len(found)
        return found

    async def close(self) -> None:
        self._next = -1
