"""The port to an events topic: append, tail, look at one record. `memory.py` and `kafka.py` are its adapters, and both
pass `tests/eventlog/log_promises.py`."""

from collections.abc import Sequence
from typing import Protocol

from eventlog.commit import Link, Position, Record
from eventlog.errors import Diverged


class Tail(Protocol):
    """A reader of one partition, going forward from the offset that it was opened at."""

    @property
    def generation(self) -> int:
        """Counts how often the partition's leader, or the connection to it, may have changed since the opening.

        Only then can a log lose its tail: whoever sees it move checks the position before believing what was read.
        """
        ...

    async def read(self, wait: float) -> Sequence[Record]:
        """The next records in offset order, at least one; none when nothing came within `wait` seconds.

        Raises `Diverged` when the log ends below the place where reading should go on, `Unavailable` when the
        broker does not answer.
        """
        ...

    async def close(self) -> None:
        """Let go of the connection. Reading after it is an error."""
        ...


class EventLog(Protocol):
    """One events topic. Whoever appends learns from the tail, not from the acknowledgement, what counted."""

    @property
    def topic(self) -> str: ...

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        """Append in order, durably (every in-sync replica has it); the offset of the first of them.

        Raises `Unavailable` when the broker refused, or did not answer: any prefix may or may not be in the log.
        """
        ...

    async def end(self, partition: int) -> int:
        """The offset that the next record will get."""
        ...

    async def beginning(self, partition: int) -> int:
        """The offset of the first record that is still there; 0 where records are kept for ever."""
        ...

    async def record_at(self, partition: int, offset: int) -> Record | None:
        """The record at exactly this offset, or None where the log has none there."""
        ...

    async def tail(self, partition: int, offset: int) -> Tail:
        """A reader from `offset` on."""
        ...


async def check(log: EventLog, partition: int, position: Position) -> None:
    """Find the last record read, and the head, again in the log; raise `Diverged` where either is another or gone.

    A reader whose log lost its tail sees healthy records that do not chain, or records of its own that chain on what
    is gone; nothing else tells it.
    """
    end = await log.end(partition)
    if end < position.next_offset:
        raise Diverged(
            f"log diverged: {log.topic}[{partition}] ends at offset {end}, but offset {position.next_offset - 1} was "
            "read from it before: the log lost its tail. Stop every service, restore the topic from an archive or "
            "accept the loss by rebuilding every projection."
        )
    places = {(position.last_offset, position.last_id), (position.head_offset, position.head)}
    for offset, known in sorted(place for place in places if place[0] >= 0):
        record = await log.record_at(partition, offset)
        found = record.fingerprint if record else b""
        if found != known:
            raise Diverged(
                f"log diverged: {log.topic}[{partition}] holds {found.hex() or 'nothing'} at offset {offset}, where "
                f"{known.hex()} was read before: the topic was recreated or lost its tail. Stop every service, restore "
                "the topic from an archive or accept the loss by rebuilding every projection."
            )
