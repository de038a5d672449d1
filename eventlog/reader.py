"""A reader of one partition that never believes a log which is not the one it read before."""

from collections.abc import Sequence

from eventlog.commit import Position, Record
from eventlog.log import EventLog, Tail, check


class Reader:
    """A tail, and the checks that go with it. The position is the caller's: he alone knows what he has applied."""

    def __init__(self, log: EventLog, partition: int, tail: Tail) -> None:
        self._log = log
        self._partition = partition
        self._tail = tail
        self._generation = tail.generation
        self._unconfirmed: Sequence[Record] = ()

    @classmethod
    async def open(cls, log: EventLog, partition: int, position: Position) -> "Reader":
        """Check `position` against the log and read on from it. Raises `Diverged` or `Unavailable`."""
        # The tail first: a leader that changes during the check moves its generation, one that changed before cannot.
        reader = cls(log, partition, await log.tail(partition, position.next_offset))
        try:
            await reader.confirm(position)
        except BaseException:
            await reader.close()
            raise
        return reader

    async def read(self, position: Position, wait: float) -> Sequence[Record]:
        """The next records; none when nothing came within `wait` seconds.

        `position` is where the caller stands, before them: it is checked first where the leader may have changed.
        What was read is kept when the check does not succeed: the next call begins with it, nothing is skipped.
        """
        if not self._unconfirmed:
            self._unconfirmed = await self._tail.read(wait)
        if self._tail.generation != self._generation:
            generation = self._tail.generation
            await self.confirm(position)
            self._generation = generation
        records, self._unconfirmed = self._unconfirmed, ()
        return records

    async def confirm(self, position: Position) -> None:
        """Find the position again in the log. To be called when nothing of what was read after it counted."""
        await check(self._log, self._partition, position)

    async def end(self) -> int:
        """The offset that the next record of the partition will get."""
        return await self._log.end(self._partition)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._tail.close()
