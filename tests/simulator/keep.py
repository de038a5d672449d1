"""What outlives a process: ledgers on a disk, group offsets at the broker, the store of the views."""

import copy
from collections.abc import Mapping, Sequence
from uuid import UUID

from eventlog.commit import Position, Record
from eventlog.errors import Conflict, Unavailable
from eventlog.offsets import Committed
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projection import View
from eventlog.read.projector import Changes, Place
from eventlog.read.store import Checkpoint
from eventlog.write.ledger import MemoryLedger, Stored
from tests.simulator.process import Process


class SimLedger:
    """A process's handle of a ledger. The file may be replaced under it; the handle goes on with the old one."""

    def __init__(self, file: MemoryLedger, fresh: bool) -> None:
        self._file = file
        self.fresh = fresh

    def position(self) -> Position:
        return self._file.position()

    def stream(self, stream: str) -> Stored | None:
        return self._file.stream(stream)

    def handled(self, command_id: UUID) -> str | None:
        return self._file.handled(command_id)

    def save(
        self,
        expected: Position,
        position: Position,
        streams: Mapping[str, Stored],
        handled: Mapping[UUID, str],
        *,
        forget: bool = False,
    ) -> None:
        self._file.save(expected, position, streams, handled, forget=forget)

    def close(self) -> None:
        return


class SimDisk:
    """One host's ledger file of one partition, and older copies of it. Another fold's ledger is made anew."""

    def __init__(self, start: Position, kind: type[MemoryLedger]) -> None:
        self._start = start
        self._kind = kind
        self._file: MemoryLedger | None = None
        self._fold = 0
        self._copies: list[tuple[int, MemoryLedger]] = []

    def open(self, fold: int) -> SimLedger:
        """What `SqliteLedger` does with its path."""
        fresh = self._file is None or self._fold != fold
        if self._file is None or fresh:
            self._file, self._fold = self._kind(self._start), fold
        return SimLedger(self._file, fresh)

    def back_up(self) -> None:
        """Copy the file as it is now."""
        if self._file is not None:
            self._copies.append((self._fold, copy.deepcopy(self._file)))

    def lose(self) -> None:
        """Delete the file. Its copies too: they are of a log that may be gone."""
        self._file = None
        self._copies.clear()

    def restore(self, choice: float) -> bool:
        """Put an older copy in its place, if there is one."""
        if not self._copies:
            return False
        fold, file = self._copies[int(choice * len(self._copies))]
        self._fold, self._file = fold, copy.deepcopy(file)
        return True


class SimGroup:
    """What a consumer group remembers of one partition, and everything that it ever remembered."""

    def __init__(self) -> None:
        self.now: Committed | None = None
        self.history: list[Committed] = []


class SimOffsets:
    """The `Offsets` of one process."""

    def __init__(self, group: SimGroup, process: Process) -> None:
        self._group = group
        self._process = process

    async def committed(self) -> Committed | None:
        await self._process.gate()
        await self._process.pause()
        found = self._group.now
        await self._process.pause()
        return found

    async def commit(self, offset: int, metadata: str) -> None:
        await self._process.gate()
        fate = self._process.fate("offsets")
        await self._process.pause()
        if fate == "disowned":
            raise Conflict("the partition belongs to another member of the group")
        if fate != "lost":
            self._group.now = Committed(offset, metadata)
            self._group.history.append(self._group.now)
        await self._process.pause()
        if fate != "fine":
            raise Unavailable("group", "the offset's commit was not answered")


class Written:
    """One transaction that the store took."""

    def __init__(self, topic: str, partition: int, expected: Position | None, position: Position) -> None:
        self.topic = topic
        self.partition = partition
        self.expected = expected
        self.position = position


class SimStore:
    """The `ProjectionStore` of one process, over the store that all of them share."""

    def __init__(self, shared: MemoryProjectionStore, written: list[Written], process: Process) -> None:
        self._shared = shared
        self._written = written
        self._process = process

    async def checkpoint(self, topic: str, partition: int) -> Checkpoint | None:
        await self._process.gate()
        found = await self._shared.checkpoint(topic, partition)
        await self._process.pause()
        return found

    async def oldest_parked(self, topic: str, partition: int) -> Record | None:
        await self._process.gate()
        return await self._shared.oldest_parked(topic, partition)

    async def load(self, places: Sequence[Place]) -> Mapping[Place, View]:
        await self._process.gate()
        await self._process.pause()
        found = await self._shared.load(places)
        await self._process.pause()
        return found

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        await self._process.gate()
        fate = self._process.fate("store")
        await self._process.pause()
        if fate == "lost":
            raise Unavailable("store", "refused")
        await self._shared.commit(topic, partition, expected, position, changes)
        self._written.append(Written(topic, partition, expected, position))
        await self._process.pause()
        if fate == "unanswered":
            raise Unavailable("store", "executed, and not answered")
