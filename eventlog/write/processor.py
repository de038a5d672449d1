"""Drives a lane: commands in, commits out, one partition."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Self

import msgspec

from contracts.envelope import Command
from eventlog.commit import Link, Position
from eventlog.errors import Unavailable
from eventlog.log import EventLog
from eventlog.reader import Reader
from eventlog.tasks import plain_errors
from eventlog.write.lane import Lane

READ_WAIT_SECONDS = 0.25
UNSAVED_COMMITS = 5_000
"""Kept in memory at the most while a long log is read."""
BATCH_LINKS = 250
"""Appended at once: while the broker takes them, the next are decided and those before are read back."""
ATTEMPTS = 2
"""Appends in a row that were not answered, before whoever called hears of it and waits."""


class Bookmark(msgspec.Struct, frozen=True):
    """What travels in the metadata of the commands' group offset.

    The offset says that every command below it has a commit in the log; these two records are how the next owner
    knows that it is still the same log, and the same commands topic, of which that was true.
    """

    events_offset: int
    events_id: bytes
    commands_offset: int
    commands_id: bytes

    def encode(self) -> str:
        """As text, for the broker to keep."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def decode(cls, text: str) -> Self | None:
        """None where the text is not a bookmark: the offset was not written by a processor."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError:
            return None


class Processor:
    """One owned partition. `start` once, then `handle` batch after batch, then `stop`."""

    def __init__(self, log: EventLog, partition: int, lane: Lane) -> None:
        self._log = log
        self._partition = partition
        self.lane = lane
        self._reader: Reader | None = None

    async def start(self) -> None:
        """Check the ledger against the log, read the log to its end, save. Raises `Diverged` or `Unavailable`."""
        self._reader = await Reader.open(self._log, self._partition, self.lane.position)
        await self._read_to_end(self._reader)
        self.lane.save()

    async def stop(self) -> None:
        """Close the tail; what was not saved will be read again."""
        if self._reader is not None:
            await self._reader.close()

    async def knows(self, bookmark: Bookmark | None) -> bool:
        """Whether the group offset that carries this bookmark was written about the log as it is."""
        if bookmark is None:
            return False
        if bookmark.events_offset < 0:
            return True
        record = await self._log.record_at(self._partition, bookmark.events_offset)
        return record is not None and record.fingerprint == bookmark.events_id

    @property
    def position(self) -> Position:
        """How far the log was read."""
        return self.lane.position

    async def handle(self, commands: Sequence[Command]) -> None:
        """Return when each command has a commit that was seen to count, and the ledger has it.

        Raises `Unavailable` when the log does not answer (some may have been handled: call again with all),
        `Diverged` when it is not the log that was read before, `Conflict` when another process took the ledger.
        """
        if self._reader is None:
            raise RuntimeError("start the processor before it handles commands")
        self.lane.abandon()
        self.lane.prepare(commands)
        failures: list[Unavailable] = []
        while links := next(pieces := self._proposed(commands), ()):
            if len(failures) == ATTEMPTS:
                raise failures[-1]
            abandoned = self.lane.abandoned
            failure = await self._append_and_read(self._reader, links, pieces)
            failures = [*failures, failure] if failure else []
            if self.lane.pending:
                await self._read_to_end(self._reader)
            if self.lane.pending:
                self.lane.abandon()
            if self.lane.abandoned == abandoned and not failure:
                break  # all that was proposed was seen to count
        self.lane.save()

    async def look(self) -> None:
        """Read what is there, without waiting: for times without commands, when the log may lose its tail too.

        What was handled is then lost, and nobody would decide it again. Raises as `handle` does.
        """
        if self._reader is None:
            raise RuntimeError("start the processor before it looks at the log")
        await self._read(self._reader, 0)

    def _proposed(self, commands: Sequence[Command]) -> Iterator[Sequence[Link]]:
        """What to append, piece by piece, each decided when it is asked for.

        It ends where another writer won: what comes later in a stream must not be decided before what was lost of it.
        """
        abandoned = self.lane.abandoned
        for start in range(0, len(commands), BATCH_LINKS):
            if self.lane.abandoned != abandoned:
                return
            piece = commands[start : start + BATCH_LINKS]
            links = [link for command in piece if (link := self.lane.propose(command)) is not None]
            self.lane.check_ledger()
            if links:
                yield links

    async def _append_and_read(
        self, reader: Reader, links: Sequence[Link], following: Iterator[Sequence[Link]]
    ) -> Unavailable | None:
        with plain_errors():
            async with asyncio.TaskGroup() as group:
                appending = group.create_task(self._append(links, following))
                while self.lane.pending and not appending.done():
                    await self._read(reader, READ_WAIT_SECONDS / 10)
        return appending.result()

    async def _append(self, links: Sequence[Link], following: Iterator[Sequence[Link]]) -> Unavailable | None:
        """While the log takes one piece, the next is decided."""
        while links:
            async with asyncio.TaskGroup() as group:
                taking = group.create_task(self._taken(links))
                await asyncio.sleep(0)  # let it go out first
                links = next(following, ())
            if failure := taking.result():
                return failure
        return None

    async def _taken(self, links: Sequence[Link]) -> Unavailable | None:
        """Whether it took effect is unknown after a failure; the log will tell, and what follows chains on it."""
        try:
            await self._log.append(self._partition, links)
        except Unavailable as failure:
            return failure
        return None

    async def _read(self, reader: Reader, wait: float) -> bool:
        """Whether there was anything."""
        accepted, position = self.lane.accepted, self.lane.position
        records = await reader.read(position, wait)
        for record in records:
            self.lane.see(record)
        if records and self.lane.accepted == accepted:
            await reader.confirm(position)
        return bool(records)

    async def _read_to_end(self, reader: Reader) -> None:
        end = await reader.end()
        while self.lane.position.next_offset < end:
            if not await self._read(reader, READ_WAIT_SECONDS):
                end = await reader.end()  # the log may end earlier now: what was never read can be lost unnoticed
            if self.lane.unsaved > UNSAVED_COMMITS:
                self.lane.save()
