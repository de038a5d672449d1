"""Whoever sends commands: the sensible, the repeated, the foreign, the broken."""

import asyncio
from uuid import UUID, uuid5

import msgspec

from contracts.catalog import as_command, encode
from contracts.envelope import Command
from contracts.model import CommandBody
from eventlog.commit import Link
from eventlog.errors import Unavailable
from eventlog.write.deciding import MAX_COMMIT_BYTES
from tests.simulator.domain import NOON, UNLUCKY, Deposit, Note, Withdraw
from tests.simulator.log import SimLog, SimTopic
from tests.simulator.plan import Plan, partition_of
from tests.simulator.process import Process

_IDS = UUID("0b5a1f52-2f5b-5c5e-9a31-3d4f1c1c7e01")


class Client:
    """Sends `plan.commands` wishes, some of them more than once. `acknowledged` are those that it was told are kept."""

    def __init__(self, plan: Plan, process: Process, topic: SimTopic) -> None:
        self._plan = plan
        self._process = process
        self._random = process.random
        self._log = SimLog(topic, process)
        self._sent: list[tuple[int, Command]] = []
        self.acknowledged: set[tuple[int, UUID]] = set()

    async def run(self) -> None:
        """Until all are sent."""
        for number in range(self._plan.commands):
            await asyncio.sleep(self._random.random() * self._random.choice((0.0, 0.05, 0.4)))
            wishes = [self._wish(f"{number}.{n}") for n in range(self._random.choice((1, 1, 2, 4)))]
            for partition, command in wishes:
                await self._send(partition, command)

    async def _send(self, partition: int, command: Command) -> None:
        self._sent.append((partition, command))
        for _ in range(self._random.randint(1, 3)):
            records = [Link(command.stream.encode(), msgspec.json.encode(command), b"", b"")]
            if self._random.random() < 0.05:
                records.insert(0, Link(b"?", b"\xff no command", b"", b""))
            try:
                await self._log.append(partition, records)
            except Unavailable:
                continue
            self.acknowledged.add((partition, command.id))
            if self._random.random() < 0.9:
                return

    def _wish(self, name: str) -> tuple[int, Command]:
        random = self._random
        chance = random.random()
        if self._sent and chance < 0.15:
            return self._repeat()
        stream = f"account-{random.randrange(self._plan.accounts)}"
        kind = Deposit if random.random() < 0.5 else Withdraw
        body: CommandBody = kind(amount=random.choice((0, 1, 5, 10, 45, UNLUCKY)))
        if chance > 0.95:
            body = Note(amount=1)
        command = as_command(
            body,
            id_=uuid5(_IDS, f"{self._plan.seed} {name}"),
            stream=stream,
            at=NOON,
            tenant="acme" if random.random() < 0.9 else "rival",
            actor="client",
            expected_version=random.randrange(4) if random.random() < 0.1 else None,
        )
        if self._plan.oversized and random.random() < 0.1:
            command = msgspec.structs.replace(command, origin="x" * MAX_COMMIT_BYTES)
        own = partition_of(stream, self._plan.partitions)
        misplaced = random.random() < 0.03
        return (own + 1) % self._plan.partitions if misplaced else own, command

    def _repeat(self) -> tuple[int, Command]:
        """An earlier one again, or something else under its id."""
        partition, command = self._random.choice(self._sent)
        if self._random.random() < 0.3:
            return partition, msgspec.structs.replace(command, data=encode(Deposit(amount=2)), type=Deposit.TYPE)
        return partition, command
