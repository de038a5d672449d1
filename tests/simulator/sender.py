"""Commands as they travel: into the partition of their stream, and out of a record."""

from collections.abc import Sequence

import msgspec

from contracts.envelope import Command
from eventlog.commit import Link, Record
from eventlog.log import EventLog
from tests.simulator.plan import partition_of


class SimSender:
    """Where the commands of policies go: into the partition of their stream."""

    def __init__(self, commands: EventLog, partitions: int) -> None:
        self._commands = commands
        self._partitions = partitions

    async def send(self, commands: Sequence[Command]) -> None:
        for command in commands:
            record = Link(command.stream.encode(), msgspec.json.encode(command), b"", b"")
            await self._commands.append(partition_of(command.stream, self._partitions), [record])


def command_in(record: Record) -> Command | None:
    """None for what is no command."""
    try:
        return msgspec.json.decode(record.value, type=Command)
    except msgspec.DecodeError:
        return None
