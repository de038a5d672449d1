"""Policies of one partition: events heard, commands sent, and only then the position kept."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from contracts.catalog import MalformedMessage, UnknownMessage
from contracts.envelope import Command
from eventlog import tracing
from eventlog.commit import Position, Record, start
from eventlog.errors import Poison
from eventlog.keys.meeting import met
from eventlog.log import EventLog
from eventlog.offsets import Committed, Offsets
from eventlog.reader import Reader
from eventlog.work import READ_SECONDS, Throttled, Work, batches
from eventlog.write.policy import PolicyLane


class Sender(Protocol):
    """Where commands go."""

    async def send(self, commands: Sequence[Command]) -> None:
        """Return when each is durable; `Unavailable` where any may not be."""
        ...


class PolicyRunner:
    """`run` is called again after every error that passes, and begins with the position in the group offset."""

    def __init__(
        self, events: EventLog, offsets: Offsets, sender: Sender, make_lane: Callable[[Position], PolicyLane]
    ) -> None:
        self._events = events
        self._offsets = offsets
        self._sender = sender
        self._make_lane = make_lane

    async def run(self, work: Work) -> None:
        """Until `work.stopping`. Raises `Unavailable` or `Conflict` (begin again), `Poison`, `Diverged` (stop)."""
        position = _position(await self._offsets.committed()) or start(self._events.topic, work.partition)
        lane = self._make_lane(position)
        reader = await Reader.open(self._events, work.partition, position)
        try:
            work.opened(position.next_offset)
            await self._drive(work, reader, lane)
        finally:
            await reader.close()

    async def _drive(self, work: Work, reader: Reader, lane: PolicyLane) -> None:
        throttled = Throttled()
        kept = lane.position
        while not work.stopping:
            records = await work.until_stopped(reader.read(lane.position, READ_SECONDS))
            for batch in batches(records):
                await self._hear(work, reader, lane, batch)
                if throttled.due():
                    await self._keep(lane.position)
                    kept = lane.position
            if not records:
                work.idle()
            if lane.position != kept and (not records or work.stopping):
                await self._keep(lane.position)
                kept = lane.position

    async def _hear(self, work: Work, reader: Reader, lane: PolicyLane, batch: Sequence[Record]) -> None:
        began = asyncio.get_running_loop().time()
        accepted, position = lane.accepted, lane.position
        await met(lane.keys, batch)
        asked = [command for record in batch for command in _asked(lane, record)]
        counted = lane.accepted - accepted
        if counted == 0:
            await reader.confirm(position)
        if asked:
            await self._sender.send(asked)
        seconds = asyncio.get_running_loop().time() - began
        work.moved(batch, counted, seconds)
        tracing.asked(work.role, work.partition, asked, seconds)

    async def _keep(self, position: Position) -> None:
        await self._offsets.commit(position.next_offset, msgspec.json.encode(position).decode())


def _asked(lane: PolicyLane, record: Record) -> Sequence[Command]:
    try:
        return lane.see(record)
    except (UnknownMessage, MalformedMessage, msgspec.DecodeError) as error:
        raise Poison(
            f"the commit at offset {record.offset} is not understood, so nobody knows what it asks for: {error}. "
            "Upgrade this service: policies go on from there."
        ) from error


def _position(committed: Committed | None) -> Position | None:
    """None where there is none of ours: policies then begin at the beginning, and repeats are told by their ids."""
    if committed is None:
        return None
    try:
        return msgspec.json.decode(committed.metadata, type=Position)
    except msgspec.DecodeError:
        return None
