"""The smallest domain that a decider can be tried on: a box that things are added to, up to ten."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID, uuid5

import msgspec

from contracts.catalog import Catalog, as_command
from contracts.envelope import Command, Commit
from contracts.model import CommandBody, EventBody
from eventlog.commit import Position, Record, accept, start
from eventlog.errors import Refused
from eventlog.log import EventLog
from eventlog.write.decider import Decider
from eventlog.write.lane import Lane
from eventlog.write.ledger import Ledger, MemoryLedger
from tests.waiting import eventually

TOPIC = "toy.events"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_IDS = UUID("4c1a4f6e-7d2b-4b0e-8b1f-3a3a6f0f4c11")


class Add(CommandBody):
    TYPE: ClassVar[str] = "Add"
    things: int


class Added(EventBody):
    TYPE: ClassVar[str] = "toy.added"
    things: int


class Box(msgspec.Struct, frozen=True, tag=True):
    things: int = 0


def decide(box: Box, command: Add, at: datetime) -> Sequence[EventBody]:
    if command.things == 0:
        return []
    if command.things == 7:
        raise ZeroDivisionError("a rule that breaks")
    if box.things + command.things > 10:
        raise Refused("toy.full", f"{box.things} are in it")
    return [Added(things=command.things)]


def evolve(box: Box, event: Added) -> Box:
    return Box(box.things + event.things)


TOY = Decider("toy", 1, Box(), Box, evolve, decide, (Add,))
CATALOG = Catalog([Add], [Added])


def command_id(name: object) -> UUID:
    return uuid5(_IDS, str(name))


def add(
    name: object, things: int = 1, stream: str = "toy-1", tenant: str = "acme", expected_version: int | None = None
) -> Command:
    """`Add` with an id made of `name`: the same name is the same command."""
    return as_command(
        Add(things=things),
        id_=command_id(name),
        stream=stream,
        at=NOON,
        tenant=tenant,
        actor="tests",
        expected_version=expected_version,
    )


def a_lane(ledger: Ledger | None = None) -> Lane:
    return Lane([TOY], CATALOG, ledger or MemoryLedger(start(TOPIC, 0)), lambda stream: stream.startswith("toy-"))


def commit_in(value: bytes) -> Commit:
    return msgspec.json.decode(value, type=Commit)


async def accepted(log: EventLog, partition: int = 0) -> list[Commit]:
    """What counts, by a reading of its own from the beginning."""
    position: Position = start(log.topic, partition)
    commits: list[Commit] = []
    for offset in range(await log.end(partition)):
        record = await log.record_at(partition, offset)
        assert isinstance(record, Record)
        position, counts = accept(position, record)
        if counts:
            commits.append(commit_in(record.value))
    return commits


async def until(so: Callable[[], bool], within: float = 10.0) -> None:
    """Look again until it is so."""

    async def look() -> bool | None:
        return so() or None

    await eventually(look, within)
