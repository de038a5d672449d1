"""Everything that was ever said and done, read from the topics as they are, without the services' help."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from contracts.envelope import Command, Commit
from contracts.topics import RENDER_COMMANDS, RENDER_EVENTS, SESSION_COMMANDS, SESSION_EVENTS
from eventlog.commit import Record, accept, start
from eventlog.kafka import KafkaAccess, KafkaEventLog
from eventlog.read.replay import read_log
from ops.stack.endpoints import Endpoints

PAIRS: Mapping[str, tuple[str, str]] = {
    "session": (SESSION_COMMANDS.name, SESSION_EVENTS.name),
    "render": (RENDER_COMMANDS.name, RENDER_EVENTS.name),
}
GENESIS = "OpenLog"
_command = msgspec.json.Decoder(Command).decode
_commit = msgspec.json.Decoder(Commit).decode


@dataclass(frozen=True, slots=True)
class Counted:
    """A commit that counts, and the bytes that it was written as."""

    partition: int
    offset: int
    value: bytes
    commit: Commit


@dataclass(slots=True)
class History:
    """One service: what it was asked, by command id (every different wording), and what counts, in log order.

    `copies`: of commands; `strange`: records among them that are none; `ignored`: of events.
    """

    asked: dict[UUID, list[Command]] = field(default_factory=dict[UUID, list[Command]])
    counted: list[Counted] = field(default_factory=list[Counted])
    copies: int = 0
    strange: int = 0
    ignored: int = 0
    events: dict[tuple[str, int], Sequence[Record]] = field(default_factory=dict[tuple[str, int], Sequence[Record]])

    def hear(self, command: Command) -> None:
        """A command as it was found; a copy of it changes nothing."""
        wordings = self.asked.setdefault(command.id, [])
        self.copies += bool(wordings)
        if command not in wordings:
            wordings.append(command)

    def follow(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """A whole partition of events. Raises `Corrupt` where its chain does not verify."""
        position = start(topic, partition)
        for record in records:
            position, counts = accept(position, record)
            if not counts:
                self.ignored += 1
                continue
            commit = _commit(record.value)
            if commit.command_type != GENESIS:
                self.counted.append(Counted(partition, record.offset, record.value, commit))
        self.events[topic, partition] = records

    def undecided(self) -> set[UUID]:
        """What was asked and has no outcome yet."""
        return self.asked.keys() - {one.commit.command_id for one in self.counted}


def said(history: History) -> Iterator[tuple[str, dict[str, Any], Counted]]:
    """Every event that counts, in log order: its type, what it says, and the commit that it stands in."""
    for one in history.counted:
        for recorded in one.commit.events:
            yield recorded.type, msgspec.json.decode(recorded.data), one


async def read_histories(endpoints: Endpoints) -> Mapping[str, History]:
    """By service. Raises `Corrupt` where a chain does not verify from its genesis on."""
    access = KafkaAccess(endpoints.kafka, client_id="playhead-chaos")
    histories: dict[str, History] = {}
    async with AsyncExitStack() as stack:
        for service, (asked, counted) in PAIRS.items():
            history = histories[service] = History()
            await _read_events(await _opened(access, counted, stack), history)
            await _read_commands(await _opened(access, asked, stack), history)
    return histories


async def _opened(access: KafkaAccess, topic: str, stack: AsyncExitStack) -> KafkaEventLog:
    log = KafkaEventLog(access, topic)
    stack.push_async_callback(log.close)
    await log.start()
    return log


async def _read_commands(log: KafkaEventLog, history: History) -> None:
    for partition in range(log.partitions()):
        for record in await _records(log, partition):
            try:
                history.hear(_command(record.value))
            except msgspec.DecodeError:
                history.strange += 1


async def _read_events(log: KafkaEventLog, history: History) -> None:
    for partition in range(log.partitions()):
        history.follow(log.topic, partition, await _records(log, partition))


async def _records(log: KafkaEventLog, partition: int) -> Sequence[Record]:
    end = await log.end(partition)
    return [record async for records in read_log(log, partition, 0, end) for record in records]
