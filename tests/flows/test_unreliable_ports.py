"""Ten thousand commands through ports of which each fails in three ways: nothing is lost, doubled or out of order."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial
from random import Random
from uuid import UUID, uuid5

import msgspec
import pytest
import structlog.testing
from prometheus_client import CollectorRegistry

from contracts.catalog import as_command
from contracts.envelope import Command
from eventlog.commit import Link, Position, accept, start
from eventlog.errors import Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.offsets import MemoryOffsets
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projector import ProjectorLane
from eventlog.read.projector_runner import ProjectorRunner
from eventlog.read.replay import Source
from eventlog.read.store import Checkpoint
from eventlog.read.verify import verify
from eventlog.telemetry import Metrics
from eventlog.work import Work, keep_working
from eventlog.write.command_runner import CommandRunner
from eventlog.write.lane import Lane
from eventlog.write.ledger import Ledger, MemoryLedger
from eventlog.write.policy import PolicyLane
from eventlog.write.policy_runner import PolicyRunner
from tests.eventlog.toys import commit_in
from tests.eventlog.unreliable import (
    FATES,
    Fates,
    UnreliableLedger,
    UnreliableLog,
    UnreliableOffsets,
    UnreliableSender,
    UnreliableStore,
)
from tests.simulator.domain import NEWER, NOON, UNLUCKY, Deposit, Withdraw
from tests.simulator.loop import VirtualLoop
from tests.waiting import eventually

COMMANDS = 10_000
AT_ONCE = 100
ACCOUNTS = 300
EVENTS = "sim.events"
ENOUGH_SECONDS = 200.0
_IDS = UUID("2f1f9d3a-7f7e-5c0e-9d5e-6a7f6b1f4c02")


class Company:
    """One partition of everything, in memory, behind unreliable ports."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"{seed}:commands")
        self.fates = Fates(Random(f"{seed}:fates"))
        self.commands = MemoryEventLog("sim.commands", 1)
        self.events = MemoryEventLog(EVENTS, 1)
        self.kept = MemoryLedger(start(EVENTS, 0))
        self.views = MemoryProjectionStore(NEWER.projections, NEWER.journals)
        self.store = UnreliableStore(self.views, self.fates)
        self.sender = UnreliableSender(self, self.fates)
        self.sent: dict[UUID, Command] = {}
        self._metrics = Metrics(CollectorRegistry())

    async def send(self, commands: Sequence[Command]) -> None:
        """What stands behind the unreliable sender."""
        self.sent |= {command.id: command for command in commands}
        links = [Link(command.stream.encode(), msgspec.json.encode(command), b"", b"") for command in commands]
        await self.commands.append(0, links)

    async def run(self) -> None:
        """Until everything that was sent is handled, heard and projected."""
        commands, events = UnreliableLog(self.commands, self.fates), UnreliableLog(self.events, self.fates)
        writer = CommandRunner(commands, events, self._offsets(), self._ledger, self.lane)
        policies = PolicyRunner(events, self._offsets(), self.sender, self.policy_lane)
        projector = ProjectorRunner(events, self._offsets(), self.store, self._projector_lane)
        works = {
            role: (Work(role, EVENTS, 0, self._metrics), runner.run)
            for role, runner in (("writer", writer), ("policy", policies), ("projector", projector))
        }
        async with asyncio.TaskGroup() as group:
            for work, run in works.values():
                group.create_task(keep_working(work, run))
            await self._ask()

            async def done() -> bool:
                return all(work.next_offset >= self._end(role) for role, (work, _) in works.items()) and self._handled()

            await eventually(done, ENOUGH_SECONDS, 1.0)
            self.fates.calm = True
            for work, _ in works.values():
                work.stop()

    async def _ask(self) -> None:
        for first in range(0, COMMANDS, AT_ONCE):
            wishes = [self._wish(number) for number in range(first, first + AT_ONCE)]
            await eventually(partial(self._taken, wishes), ENOUGH_SECONDS, 0.1)

    async def _taken(self, wishes: Sequence[Command]) -> bool:
        try:
            await self.sender.send(wishes)
        except Unavailable:
            return False
        return True

    def _wish(self, number: int) -> Command:
        kind = Deposit if self.random.random() < 0.6 else Withdraw
        body = kind(amount=self.random.choice((0, 1, 5, 10, 45, UNLUCKY)))
        return as_command(
            body,
            id_=uuid5(_IDS, str(number)),
            stream=f"account-{self.random.randrange(ACCOUNTS)}",
            at=NOON,
            tenant="acme",
            actor="client",
        )

    def _handled(self) -> bool:
        return all(self.kept.handled(one) is not None for one in reversed(self.sent))

    def _end(self, role: str) -> int:
        return len((self.commands if role == "writer" else self.events).partitions[0])

    def _offsets(self) -> UnreliableOffsets:
        return UnreliableOffsets(MemoryOffsets(), self.fates)

    def _ledger(self, partition: int) -> UnreliableLedger:
        return UnreliableLedger(self.kept, self.fates, fresh=self.kept.position().next_offset == 0)

    def lane(self, partition: int, ledger: Ledger) -> Lane:
        return Lane(NEWER.deciders, NEWER.catalog, ledger, lambda _: True)

    def policy_lane(self, position: Position) -> PolicyLane:
        return PolicyLane(NEWER.policies, NEWER.catalog, position, "policy")

    def _projector_lane(self, at: Checkpoint) -> ProjectorLane:
        return ProjectorLane(NEWER.projections, NEWER.journals, NEWER.catalog, at.position, at.parked)


@pytest.fixture(scope="module")
def company() -> Company:
    """After all of it, in virtual time."""
    loop = VirtualLoop(Random("order"))
    made = Company(seed=4)
    try:
        with structlog.testing.capture_logs():
            loop.run_until_complete(made.run())
    finally:
        loop.close()
    return made


def test_every_port_failed_in_every_way(company: Company) -> None:
    ports = {"log", "tail", "sender", "offsets", "ledger", "store"}
    assert {(port, fate) for port in ports for fate in FATES} <= company.fates.met.keys()


def test_each_command_has_one_outcome_and_each_is_what_a_sound_writer_makes_of_it(company: Company) -> None:
    """The same commands, in the order in which they counted, give the same log to the byte, chain and all."""
    sound, position = company.lane(0, MemoryLedger(start(EVENTS, 0))), start(EVENTS, 0)
    outcomes: Counter[UUID] = Counter()
    for record in company.events.partitions[0]:
        position, counts = accept(position, record)
        if counts:
            command = company.sent[commit_in(record.value).command_id]
            outcomes[command.id] += 1
            made = sound.propose(command)
            assert made == Link(record.key, record.value, record.id, record.prev)
            sound.see(record)
    assert outcomes == Counter(company.sent.keys())
    assert len(outcomes) > COMMANDS


def test_the_policies_asked_for_what_sound_policies_ask_for(company: Company) -> None:
    sound = company.policy_lane(start(EVENTS, 0))
    asked = {command.id for record in company.events.partitions[0] for command in sound.see(record)}
    assert asked == {command.id for command in company.sent.values() if command.actor == "policy"}


async def test_the_views_are_the_fold_of_the_log_and_no_checkpoint_ever_went_back(company: Company) -> None:
    source = Source(company.events, [0], NEWER.catalog)
    report = await verify([source], company.views, NEWER.projections, NEWER.journals)
    assert (report.findings, report.parked) == ([], 0)
    offsets = [position.next_offset for position in company.store.positions]
    assert offsets == sorted(set(offsets))
