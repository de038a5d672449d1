"""The protocol with one condition taken away, each in the fewest lines. The tests of the conditions must catch them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid5

import msgspec

from contracts.catalog import Catalog
from contracts.envelope import Command, Commit
from eventlog.commit import Link, Position, Record, accept
from eventlog.log import EventLog, check
from eventlog.offsets import Committed
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projection import View
from eventlog.read.projector import Changes, Place
from eventlog.reader import Reader
from eventlog.work import Work
from eventlog.write.command_runner import CommandRunner
from eventlog.write.decider import Decider
from eventlog.write.deciding import Deciding
from eventlog.write.lane import Lane
from eventlog.write.ledger import Ledger, MemoryLedger, Stored
from eventlog.write.policy import PolicyLane
from eventlog.write.policy_runner import PolicyRunner
from eventlog.write.processor import Bookmark, Processor
from eventlog.write.settled import Known


class RefusalsLeaveTheHead(Lane):
    """What changes nothing does not move the head."""

    def see(self, record: Record) -> bool:
        head = self.position.head
        counts = super().see(record)
        if counts and msgspec.json.decode(record.value, type=Commit).refusal is not None:
            self.position = msgspec.structs.replace(self.position, head=head)
        return counts


class DedupesAgainstTheLedgerAlone(Lane):
    """A command is proposed again although it is proposed already."""

    def propose(self, command: Command) -> Link | None:
        self._overlay_ids.clear()
        return super().propose(command)


class NeverDedupes(Lane):
    """A command is decided as often as it is delivered."""

    def propose(self, command: Command) -> Link | None:
        self._overlay_ids.clear()
        return super().propose(command)

    def handled(self, command_id: UUID) -> str | None:
        return None


class KeepsTheOverlay(Lane):
    """After a lost race the proposals are dropped, and the states that they would have made are not."""

    def abandon(self) -> None:
        overlay = dict(self._overlay)
        super().abandon()
        self._overlay = overlay


class AcceptsWhatItUnderstands(Lane):
    """A commit of newer code is passed over, as if it did not count."""

    def see(self, record: Record) -> bool:
        with suppress(msgspec.DecodeError):
            commit = msgspec.json.decode(record.value, type=Commit)
            if any(one.type not in self._catalog.events for one in commit.events):
                return False
        return super().see(record)


class LetsRulesBreak(Lane):
    """What a rule raises is raised."""

    def __init__(
        self, deciders: Iterable[Decider[Any]], catalog: Catalog, ledger: Ledger, owns: Callable[[str], bool]
    ) -> None:
        deciders = tuple(deciders)
        super().__init__(deciders, catalog, ledger, owns)
        self._deciding = BreakingRules(deciders, catalog, owns)


class BreakingRules(Deciding):
    """What one of them raises is raised."""

    def decide(self, command: Command, before: Known) -> tuple[Commit, bytes, Known]:
        self._rule(command, before)
        return super().decide(command, before)


class PrunesHandledIds(MemoryLedger):
    """Only the ids of the last batch are kept."""

    def save(
        self,
        expected: Position,
        position: Position,
        streams: Mapping[str, Stored],
        handled: Mapping[UUID, str],
        *,
        forget: bool = False,
    ) -> None:
        self._handled.clear()
        super().save(expected, position, streams, handled, forget=forget)


class UnguardedLedger(MemoryLedger):
    """Whoever writes is believed."""

    def save(
        self,
        expected: Position,
        position: Position,
        streams: Mapping[str, Stored],
        handled: Mapping[UUID, str],
        *,
        forget: bool = False,
    ) -> None:
        super().save(self._position, position, streams, handled, forget=forget)


class UnguardedStore(MemoryProjectionStore):
    """Whoever writes is believed."""

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        await super().commit(topic, partition, self.positions.get((topic, partition)), position, changes)


class CachingStore:
    """One projector's way to the store; what it loaded once, it does not load again, not after a conflict either."""

    def __init__(self, store: MemoryProjectionStore) -> None:
        self._store = store
        self._cache: dict[Place, View] = {}
        self.checkpoint = store.checkpoint
        self.oldest_parked = store.oldest_parked

    async def load(self, places: Sequence[Place]) -> Mapping[Place, View]:
        loaded = await self._store.load([place for place in places if place not in self._cache])
        self._cache |= loaded
        return {place: self._cache[place] for place in places if place in self._cache}

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        await self._store.commit(topic, partition, expected, position, changes)
        self._cache |= changes.views


class NumbersItsCommands(PolicyLane):
    """The id of what is asked for is made of the event and a running number."""

    def see(self, record: Record) -> list[Command]:
        asked = super().see(record)
        return [msgspec.structs.replace(one, id=uuid5(UUID(bytes=record.id), str(n))) for n, one in enumerate(asked)]


class NeverLooksBack(Reader):
    """The position is not found again in the log."""

    async def confirm(self, position: Position) -> None:
        return


class KnowsTheHeadAlone(Reader):
    """The last record that was read is not remembered where it did not count."""

    async def confirm(self, position: Position) -> None:
        await super().confirm(
            msgspec.structs.replace(position, last_id=position.head, last_offset=position.head_offset)
        )


class ChecksBeforeItOpens(Reader):
    """Between the check and the tail, the log may become another."""

    @classmethod
    async def open(cls, log: EventLog, partition: int, position: Position) -> "Reader":
        await check(log, partition, position)
        return cls(log, partition, await log.tail(partition, position.next_offset))


class KeepsTheOffsetFirst(CommandRunner):
    """The group offset is moved before acceptance was seen."""

    async def _handle(self, work: Work, processor: Processor, batch: Sequence[Record]) -> Bookmark:
        position, last = processor.position, batch[-1]
        await self._keep(Bookmark(position.last_offset, position.last_id, last.offset, last.fingerprint))
        return await super()._handle(work, processor, batch)


class BelievesTheOffset(CommandRunner):
    """It starts at the group offset, whatever became of the ledger and of the log."""

    async def _bookmark(
        self, partition: int, processor: Processor, ledger: Ledger, committed: Committed | None
    ) -> Bookmark | None:
        return Bookmark.decode(committed.metadata) if committed else None


class KeepsItsPositionFirst(PolicyRunner):
    """The position is kept before what was asked for is durable."""

    async def _hear(self, work: Work, reader: Reader, lane: PolicyLane, batch: Sequence[Record]) -> None:
        ahead = lane.position
        for record in batch:
            ahead, _ = accept(ahead, record)
        await self._keep(ahead)
        await super()._hear(work, reader, lane, batch)
