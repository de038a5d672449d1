"""A topic whose every request may be lost, late, torn, doubled or executed and never answered.

`SimTopic` is what the broker keeps; a `SimLog` is one process's way to it, and all that goes wrong happens on the way.
"""

import asyncio
from collections.abc import Sequence

from eventlog.commit import Link, Record
from eventlog.errors import Diverged, Unavailable
from tests.simulator.process import Process

LONGEST_DELAY = 1.5
"""Seconds after which a request that is still under way is executed, long after its sender gave up."""


class SimTopic:
    """The partitions as they are, and the tails that wait for more."""

    def __init__(self, name: str, partitions: int) -> None:
        self.name = name
        self.partitions: list[list[Record]] = [[] for _ in range(partitions)]
        self.generations = [0] * partitions
        self.beginnings = [0] * partitions
        self.lost: list[list[Record]] = [[] for _ in range(partitions)]
        self.twins: list[list[Record]] = [[] for _ in range(partitions)]
        self._waiting: list[list[asyncio.Future[None]]] = [[] for _ in range(partitions)]

    def put(self, partition: int, links: Sequence[Link]) -> int:
        """Append at once, and wake whoever waits; the first offset."""
        records = self.partitions[partition]
        first = len(records)
        appended = [Record(first + n, *link) for n, link in enumerate(links)]
        records.extend(appended)
        gone = {(record.offset, record.id) for record in self.lost[partition]}
        self.twins[partition].extend(record for record in appended if (record.offset, record.id) in gone)
        self.wake(partition)
        return first

    def put_late(self, partition: int, links: Sequence[Link], generation: int) -> None:
        """Append what was under way so long; it was lost with its connection where the leader is another now."""
        if self.generations[partition] == generation:
            self.put(partition, links)

    def wake(self, partition: int) -> None:
        """Let every tail look again."""
        waiting, self._waiting[partition] = self._waiting[partition], []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    def truncate(self, partition: int, length: int) -> None:
        """Lose everything from offset `length` on, as after an unclean election."""
        records = self.partitions[partition]
        self.lost[partition].extend(records[length:])
        del records[length:]
        self.beginnings[partition] = min(self.beginnings[partition], length)
        self.generations[partition] += 1
        self.wake(partition)

    def expire(self, partition: int, length: int) -> None:
        """Delete everything below offset `length`: it was kept long enough. Who checks a run still finds it."""
        self.beginnings[partition] = max(self.beginnings[partition], length)

    def at(self, partition: int, offset: int) -> Record | None:
        """The record at this offset, if there is one."""
        records = self.partitions[partition]
        return records[offset] if self.beginnings[partition] <= offset < len(records) else None

    def growth(self, partition: int) -> asyncio.Future[None]:
        """Done when there may be more."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[partition].append(future)
        return future


class SimLog:
    """The `EventLog` of one process."""

    def __init__(self, topic: SimTopic, process: Process) -> None:
        self._kept = topic
        self._process = process

    @property
    def topic(self) -> str:
        """Its name."""
        return self._kept.name

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        """In order and whole, unless the seed has other plans."""
        process = self._process
        await process.gate()
        fate = process.fate("append")
        await process.pause()
        return await getattr(self, f"_append_{fate}")(partition, list(links))

    async def end(self, partition: int) -> int:
        await self._ask("end")
        found = len(self._kept.partitions[partition])
        await self._process.pause()
        return found

    async def beginning(self, partition: int) -> int:
        await self._ask("beginning")
        return self._kept.beginnings[partition]

    async def record_at(self, partition: int, offset: int) -> Record | None:
        await self._ask("record_at")
        found = self._kept.at(partition, offset)
        await self._process.pause()
        return found

    async def tail(self, partition: int, offset: int) -> "SimTail":
        await self._ask("tail")
        return SimTail(self._kept, self._process, partition, offset)

    async def _ask(self, what: str) -> None:
        await self._process.gate()
        await self._process.pause()
        if self._process.fate("ask") == "refused":
            raise Unavailable("log", f"{what} was not answered")

    async def _append_fine(self, partition: int, links: list[Link]) -> int:
        first = self._kept.put(partition, links)
        await self._process.pause()
        return first

    async def _append_lost(self, partition: int, links: list[Link]) -> int:
        await self._process.pause()
        raise Unavailable("log", "refused, or lost on the way")

    async def _append_unanswered(self, partition: int, links: list[Link]) -> int:
        self._kept.put(partition, links)
        await self._process.pause(longer=True)
        raise Unavailable("log", "executed, and not answered")

    async def _append_doubled(self, partition: int, links: list[Link]) -> int:
        first = self._kept.put(partition, links)
        self._later(partition, links)
        await self._process.pause()
        return first

    async def _append_delayed(self, partition: int, links: list[Link]) -> int:
        self._later(partition, links)
        await self._process.pause(longer=True)
        raise Unavailable("log", "still under way")

    async def _append_split(self, partition: int, links: list[Link]) -> int:
        cut = self._process.random.randrange(len(links) + 1)
        self._kept.put(partition, links[:cut])
        await self._process.pause(longer=True)
        raise Unavailable("log", f"{cut} of {len(links)} were appended")

    async def _append_scattered(self, partition: int, links: list[Link]) -> int:
        first = len(self._kept.partitions[partition])
        for link in links:
            self._kept.put(partition, [link])
            await self._process.pause()
        return first

    def _later(self, partition: int, links: list[Link]) -> None:
        delay = self._process.random.uniform(0.0, LONGEST_DELAY)
        generation = self._kept.generations[partition]
        asyncio.get_running_loop().call_later(delay, self._kept.put_late, partition, links, generation)


class SimTail:
    """Reads batches of any size. What was fetched before the log changed is still handed out afterwards."""

    def __init__(self, topic: SimTopic, process: Process, partition: int, offset: int) -> None:
        self._topic = topic
        self._process = process
        self._partition = partition
        self._next = offset
        self._changes = topic.generations[partition]
        self._shown = 0

    @property
    def generation(self) -> int:
        """As of the last fetch."""
        return self._shown

    async def read(self, wait: float) -> Sequence[Record]:
        """See `Tail.read`."""
        process = self._process
        await process.gate()
        if process.fate("read") == "refused":
            await process.pause()
            raise Unavailable("log", "the fetch was not answered")
        records = self._topic.partitions[self._partition]
        if len(records) == self._next:
            growth = self._topic.growth(self._partition)
            timer = asyncio.get_running_loop().call_later(wait, lambda: growth.done() or growth.set_result(None))
            await growth
            timer.cancel()
        self._shown = self._topic.generations[self._partition] - self._changes
        first = self._topic.beginnings[self._partition]
        if not first <= self._next <= len(records):
            raise Diverged(
                f"log diverged: {self._topic.name} goes from {first} to {len(records)}, reading stood at {self._next}"
            )
        most = process.random.choice((1, 2, 5, 100))
        found = records[self._next : self._next + most]
        await process.pause()
        # A fetch that was cancelled is asked again.
        self._next += len(found)
        return found

    async def close(self) -> None:
        """There is no connection."""
