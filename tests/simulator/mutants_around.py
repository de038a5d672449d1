"""More conditions taken away: what ledgers, stores, senders and tails promise to the lanes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from contracts.envelope import Command
from eventlog.commit import Position
from eventlog.errors import Poison, Unavailable
from eventlog.read.counted import Counted
from eventlog.read.projection import View
from eventlog.read.projector import Changes, Parking, Place, ProjectorLane
from eventlog.work import Work
from eventlog.write.command_runner import CommandRunner
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger, Stored
from eventlog.write.processor import Processor
from tests.simulator.keep import SimDisk, SimLedger, SimStore
from tests.simulator.log import SimLog, SimTail
from tests.simulator.sender import SimSender


class DecidesOnAnyLedger(Lane):
    """Whether another process moved the ledger is not asked before what was decided on it is sent."""

    def check_ledger(self) -> None:
        return


class TornLedger(MemoryLedger):
    """Its host is cut off between the position and what belongs to it, now and then."""

    def save(
        self,
        expected: Position,
        position: Position,
        streams: Mapping[str, Stored],
        handled: Mapping[UUID, str],
        *,
        forget: bool = False,
    ) -> None:
        if position.next_offset % 7 == 0:
            super().save(expected, position, {}, {})
            raise Unavailable("host", "cut off")
        super().save(expected, position, streams, handled, forget=forget)


class KeepsAnyFold(SimDisk):
    """The ledger of another version of the fold is taken for one's own."""

    def open(self, fold: int) -> SimLedger:
        return super().open(0)


class TwoTransactions(SimStore):
    """The checkpoint is written outside the transaction of the views."""

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        await super().commit(topic, partition, expected, position, Changes())
        await super().commit(topic, partition, position, position, changes)


class OutcomesApart(SimStore):
    """What became of a command is written after the documents, in a transaction of its own."""

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        await super().commit(topic, partition, expected, position, Changes(changes.views, {}, changes.parked))
        await super().commit(topic, partition, position, position, Changes(entries=changes.entries))


class UnorderedWrites(SimStore):
    """The views of a batch may reach the store after those of the batch that follows it."""

    late: Mapping[Place, View] = {}

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        late, self.late = self.late, changes.views
        unordered = Changes({**changes.views, **late}, changes.entries, changes.parked)
        await super().commit(topic, partition, expected, position, unordered)


class PassesParkedStreams(ProjectorLane):
    """A parked commit does not hold up those that follow it."""

    def fold(
        self, counted: Sequence[Counted], loaded: Mapping[Place, View], refused: Mapping[str, str] | None = None
    ) -> Changes:
        self._parking.waiting.clear()
        return super().fold(counted, loaded, refused)


class WithoutBreaker(ProjectorLane):
    """However many streams are parked, it goes on."""

    def _count(self, parking: Parking, stream: str, reason: str) -> None:
        with suppress(Poison):
            super()._count(parking, stream, reason)


class SendsWithoutAsking(SimSender):
    """What was not acknowledged is believed to be there."""

    async def send(self, commands: Sequence[Command]) -> None:
        try:
            await super().send(commands)
        except Unavailable:
            return


class SilentTail(SimTail):
    """It does not tell that the leader may have changed."""

    @property
    def generation(self) -> int:
        return 0


class SilentLog(SimLog):
    """Its tails are silent."""

    async def tail(self, partition: int, offset: int) -> SilentTail:
        await self._ask("tail")
        return SilentTail(self._kept, self._process, partition, offset)


class ReadsTheOffsetLate(CommandRunner):
    """The group offset is read after the log: it may speak of commits that this lane has not seen."""

    async def run(self, work: Work) -> None:
        ledger = self._open_ledger(work.partition)
        processor = Processor(self._events, work.partition, self._make_lane(work.partition, ledger))
        await processor.start()
        committed = await self._offsets.committed()
        bookmark = await self._bookmark(work.partition, processor, ledger, committed)
        first = committed.offset if committed and bookmark else await self._commands.beginning(work.partition)
        tail = await self._commands.tail(work.partition, first)
        work.opened(first)
        await self._drive(work, processor, tail, bookmark)
