"""Commands of one partition, from their topic into the log."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
import structlog

from contracts.envelope import Command
from eventlog import tracing
from eventlog.commit import Record
from eventlog.errors import Corrupt, Diverged, Unavailable
from eventlog.keys.meeting import met
from eventlog.log import EventLog, Tail
from eventlog.offsets import Committed, Offsets
from eventlog.work import READ_SECONDS, Throttled, Work, batches
from eventlog.write.lane import Lane
from eventlog.write.ledger import Ledger
from eventlog.write.processor import Bookmark, Processor

_decode = msgspec.json.Decoder(Command).decode


class CommandRunner:
    """`run` is called again after every error that passes, and begins with the ledger and the group offset."""

    def __init__(
        self,
        commands: EventLog,
        events: EventLog,
        offsets: Offsets,
        open_ledger: Callable[[int], Ledger],
        make_lane: Callable[[int, Ledger], Lane],
    ) -> None:
        self._commands = commands
        self._events = events
        self._offsets = offsets
        self._open_ledger = open_ledger
        self._make_lane = make_lane

    async def run(self, work: Work) -> None:
        """Until `work.stopping`. Raises `Unavailable` or `Conflict` (begin again), `Diverged` (stop)."""
        # Before the log is read: an offset that is committed meanwhile speaks of commits that are not yet seen here.
        committed = await self._offsets.committed()
        ledger = self._open_ledger(work.partition)
        lane = self._make_lane(work.partition, ledger)
        processor = Processor(self._events, work.partition, lane)
        try:
            await processor.start()
            bookmark = await self._bookmark(work.partition, processor, ledger, committed)
            first = committed.offset if committed and bookmark else await self._commands.beginning(work.partition)
            tail = await self._commands.tail(work.partition, first)
            try:
                work.opened(first)
                await self._drive(work, processor, tail, bookmark)
            finally:
                await tail.close()
        finally:
            await processor.stop()
            ledger.close()

    async def _bookmark(
        self, partition: int, processor: Processor, ledger: Ledger, committed: Committed | None
    ) -> Bookmark | None:
        """That of the group offset, if all below it has its commit in the log and the ledger as they are now."""
        bookmark = Bookmark.decode(committed.metadata) if committed else None
        if bookmark is None or ledger.fresh or not await processor.knows(bookmark):
            return None
        return bookmark if await self._finds(partition, bookmark) else None

    async def _finds(self, partition: int, bookmark: Bookmark) -> bool:
        """Whether the commands topic still has the last command that was read from it."""
        record = await self._commands.record_at(partition, bookmark.commands_offset)
        return record is not None and record.fingerprint == bookmark.commands_id

    async def _drive(self, work: Work, processor: Processor, tail: Tail, bookmark: Bookmark | None) -> None:
        throttled = Throttled()
        generation, done, kept = -1, bookmark, bookmark  # the bookmark was found before this tail was opened
        while not work.stopping:
            records = await work.until_stopped(self._read(tail))
            if tail.generation != generation:
                generation = tail.generation
                if done is not None and not await self._finds(work.partition, done):
                    raise Unavailable("commands", f"{work.topic}[{work.partition}] is not the topic it was: start over")
            for batch in batches(records):
                done = await self._handle(work, processor, batch)
                if throttled.due():
                    await self._keep(done)
                    kept = done
            if not records and not work.stopping:
                await processor.look()
                work.idle()
            if done is not None and done != kept and (not records or work.stopping):
                await self._keep(done)
                kept = done

    async def _read(self, tail: Tail) -> Sequence[Record]:
        try:
            return await tail.read(READ_SECONDS)
        except Corrupt:
            raise
        except Diverged as error:
            # Commands are not kept for ever, and what was handled is known by id: begin with the earliest.
            raise Unavailable("commands", str(error)) from error

    async def _handle(self, work: Work, processor: Processor, batch: Sequence[Record]) -> Bookmark:
        began = asyncio.get_running_loop().time()
        commands = [command for record in batch if (command := _command(work, record)) is not None]
        await met(processor.lane.keys, batch, {command.subject for command in commands if command.subject})
        await processor.handle(commands)
        seconds = asyncio.get_running_loop().time() - began
        work.moved(batch, len(commands), seconds)
        tracing.decided(work.role, work.partition, commands, seconds)
        for code, number in processor.lane.refusals.items():
            work.metrics.refused(work.role, code, number)
        processor.lane.refusals.clear()
        position = processor.position
        return Bookmark(position.last_offset, position.last_id, batch[-1].offset, batch[-1].fingerprint)

    async def _keep(self, bookmark: Bookmark) -> None:
        await self._offsets.commit(bookmark.commands_offset + 1, bookmark.encode())


def _command(work: Work, record: Record) -> Command | None:
    """None for what is no command: it has no id under which it could be refused."""
    try:
        return _decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        work.metrics.not_a_command(work.role, work.partition)
        structlog.get_logger().error(
            "not a command, skipped",
            topic=work.topic,
            partition=work.partition,
            offset=record.offset,
            detail=str(error),
        )
        return None
