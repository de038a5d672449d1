"""Every port of the machinery, wrapped: of twenty calls one times out, one takes effect and times out, one is refused.

Whoever calls cannot tell a call that took effect from one that did not.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from random import Random
from typing import TypeVar
from uuid import UUID

from contracts.envelope import Command
from eventlog.commit import Link, Position, Record
from eventlog.errors import Unavailable
from eventlog.log import EventLog, Tail
from eventlog.offsets import Committed, Offsets
from eventlog.read.projection import View
from eventlog.read.projector import Changes, Place
from eventlog.read.store import Checkpoint, ProjectionStore
from eventlog.write.ledger import Ledger, Stored
from eventlog.write.policy_runner import Sender

SHARE = 0.05
ANSWER_SECONDS = 1.0
FATES = ("refused", "timed out", "executed, then timed out")
Answer = TypeVar("Answer")


class Fates:
    """The dice of all ports; `met` counts by port and fate. Nothing fails any more once it is `calm`."""

    def __init__(self, random: Random, answer_seconds: float = ANSWER_SECONDS) -> None:
        self.calm = False
        self._answer_seconds = answer_seconds
        self.met: Counter[tuple[str, str]] = Counter()
        self._random = random

    async def through(self, port: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """The call, or `Unavailable`, or both."""
        fate = self._draw(port)
        if fate in ("refused", "timed out"):
            await asyncio.sleep(self._answer_seconds if fate == "timed out" else 0)
            raise Unavailable(port, fate)
        answer = await call()
        if fate:
            await asyncio.sleep(self._answer_seconds)
            raise Unavailable(port, fate)
        return answer

    def at_once(self, port: str, call: Callable[[], Answer]) -> Answer:
        """The same for a port that nobody awaits."""
        fate = self._draw(port)
        if fate in ("refused", "timed out"):
            raise Unavailable(port, fate)
        answer = call()
        if fate:
            raise Unavailable(port, fate)
        return answer

    def _draw(self, port: str) -> str:
        number = int(self._random.random() / SHARE)
        fate = FATES[number] if number < len(FATES) and not self.calm else ""
        self.met[port, fate or "answered"] += 1
        return fate


class UnreliableLog:
    """An `EventLog`, its tails too."""

    def __init__(self, log: EventLog, fates: Fates) -> None:
        self._log = log
        self._fates = fates
        self.topic = log.topic

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        return await self._fates.through("log", lambda: self._log.append(partition, links))

    async def end(self, partition: int) -> int:
        return await self._fates.through("log", lambda: self._log.end(partition))

    async def beginning(self, partition: int) -> int:
        return await self._fates.through("log", lambda: self._log.beginning(partition))

    async def record_at(self, partition: int, offset: int) -> Record | None:
        return await self._fates.through("log", lambda: self._log.record_at(partition, offset))

    async def tail(self, partition: int, offset: int) -> "UnreliableTail":
        return UnreliableTail(await self._fates.through("log", lambda: self._log.tail(partition, offset)), self._fates)


class UnreliableTail:
    """What it has read and could not give is given the next time: a tail that skipped it would break its promise."""

    def __init__(self, tail: Tail, fates: Fates) -> None:
        self._tail = tail
        self._fates = fates
        self._kept: Sequence[Record] = ()

    @property
    def generation(self) -> int:
        return self._tail.generation

    async def read(self, wait: float) -> Sequence[Record]:
        self._kept = self._kept or await self._tail.read(wait)

        async def kept() -> Sequence[Record]:
            return self._kept

        found = await self._fates.through("tail", kept)
        self._kept = ()
        return found

    async def close(self) -> None:
        await self._tail.close()


class UnreliableSender:
    """A `Sender`."""

    def __init__(self, sender: Sender, fates: Fates) -> None:
        self._sender = sender
        self._fates = fates

    async def send(self, commands: Sequence[Command]) -> None:
        await self._fates.through("sender", lambda: self._sender.send(commands))


class UnreliableOffsets:
    """An `Offsets`."""

    def __init__(self, offsets: Offsets, fates: Fates) -> None:
        self._offsets = offsets
        self._fates = fates

    async def committed(self) -> Committed | None:
        return await self._fates.through("offsets", self._offsets.committed)

    async def commit(self, offset: int, metadata: str) -> None:
        await self._fates.through("offsets", lambda: self._offsets.commit(offset, metadata))


class UnreliableLedger:
    """A `Ledger` that looks up a whole batch at once: a batch fails as one call, not as a thousand."""

    def __init__(self, ledger: Ledger, fates: Fates, *, fresh: bool) -> None:
        self._ledger = ledger
        self._fates = fates
        self.fresh = fresh
        self.stream = ledger.stream
        self.handled = ledger.handled
        self.close = ledger.close

    def position(self) -> Position:
        return self._fates.at_once("ledger", self._ledger.position)

    def recall(self, streams: Collection[str], commands: Collection[UUID]) -> None:
        self._fates.at_once("ledger", lambda: None)

    def save(
        self,
        expected: Position,
        position: Position,
        streams: Mapping[str, Stored],
        handled: Mapping[UUID, str],
        *,
        forget: bool = False,
    ) -> None:
        self._fates.at_once("ledger", lambda: self._ledger.save(expected, position, streams, handled, forget=forget))


class UnreliableStore:
    """A `ProjectionStore`. `positions` are those that a commit may have left behind, in order."""

    def __init__(self, store: ProjectionStore, fates: Fates) -> None:
        self._store = store
        self._fates = fates
        self.positions: list[Position] = []

    async def checkpoint(self, topic: str, partition: int) -> Checkpoint | None:
        return await self._fates.through("store", lambda: self._store.checkpoint(topic, partition))

    async def oldest_parked(self, topic: str, partition: int) -> Record | None:
        return await self._fates.through("store", lambda: self._store.oldest_parked(topic, partition))

    async def load(self, places: Sequence[Place]) -> Mapping[Place, View]:
        return await self._fates.through("store", lambda: self._store.load(places))

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        async def committed() -> None:
            await self._store.commit(topic, partition, expected, position, changes)
            self.positions.append(position)

        await self._fates.through("store", committed)
