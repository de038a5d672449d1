"""One seeded world: real runners on a broken log, crashes, zombies, and a client that never stops asking.

A world is first troubled, then calm: once faults stop, everything must be handled within `CALM_SECONDS`.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry

from contracts.envelope import Command
from eventlog.commit import Position, start
from eventlog.errors import Conflict, Diverged, Poison, Unavailable
from eventlog.log import EventLog
from eventlog.offsets import Offsets
from eventlog.read.projector import ProjectorLane
from eventlog.read.store import Checkpoint
from eventlog.telemetry import Metrics
from eventlog.work import Work
from eventlog.write.lane import Lane
from eventlog.write.ledger import Ledger
from eventlog.write.policy import PolicyLane
from tests.simulator.client import Client
from tests.simulator.counted import counted_commits
from tests.simulator.domain import CODES, Code
from tests.simulator.keep import SimDisk, SimGroup, SimOffsets, Written
from tests.simulator.log import SimLog, SimTopic
from tests.simulator.parts import Parts
from tests.simulator.plan import Plan, partition_of
from tests.simulator.process import FAULTS, NO_FAULTS, Faults, Process
from tests.simulator.sender import command_in

CALM_SECONDS = 120.0
LOOK_SECONDS = 0.25
MOST_ACTORS = 16
_METRICS = Metrics(CollectorRegistry())


class Actor:
    """A role on a partition, through all its incarnations."""

    def __init__(self, role: str, partition: int, number: int, code: Code, host: str) -> None:
        self.role = role
        self.partition = partition
        self.name = f"{role}{partition}.{number}"
        self.code = code
        self.host = host
        self.lives = 0
        self.process: Process | None = None
        self.task: asyncio.Task[None] | None = None
        self.lane: Lane | PolicyLane | ProjectorLane | None = None


class World:
    """Everything, made of one integer."""

    def __init__(self, plan: Plan, parts: Parts | None = None, tell: Callable[[str], None] | None = None) -> None:
        self.plan = plan
        self.parts = parts or Parts()
        self.random = Random(f"{plan.seed}:world")
        self._tell = tell
        self.faults: Faults = FAULTS if plan.requests_fail else NO_FAULTS
        self.happened: Counter[str] = Counter()
        self.failures: list[str] = []
        self.noticed: list[str] = []
        self.commands = SimTopic("sim.commands", plan.partitions)
        self.events = SimTopic("sim.events", plan.partitions)
        for partition in range(plan.partitions):
            self.events.put(partition, [self.parts.genesis(self.events.name, partition, 0)])
        self.disks: dict[tuple[str, int], SimDisk] = {}
        self.groups: dict[tuple[str, int], SimGroup] = {}
        self.written: list[Written] = []
        reader = CODES[plan.reader]
        self.store = self.parts.views(reader.projections, reader.journals)
        self.actors = [self.actor(*one) for one in plan.actors()]
        self.client = Client(plan, self.process("client"), self.commands)
        self._over = False

    async def run(self, trouble: Awaitable[None]) -> None:
        """Trouble, then calm. What went wrong is in `failures`."""
        for actor in self.actors:
            self.start(actor)
        await asyncio.gather(self.client.run(), trouble)
        self.faults = NO_FAULTS
        self.say("world", "calm from here on")
        for actor in self.actors:
            if actor.process is not None:
                await actor.process.thawed()
        for actor in self.actors:
            if actor.task is None:
                self.start(actor)
        await self._settle()
        self._over = True
        for task in [actor.task for actor in self.actors if actor.task is not None]:
            task.cancel()
        await asyncio.sleep(0)

    def say(self, who: str, what: str) -> None:
        """One line of the trace; faults are counted by kind."""
        if what.startswith("fault "):
            self.happened[what.removeprefix("fault ")] += 1
        if self._tell is not None:
            self._tell(f"{asyncio.get_running_loop().time():9.4f}  {who:<14} {what}")

    def process(self, name: str) -> Process:
        """A new one, with dice of its own."""
        return Process(name, Random(f"{self.plan.seed}:{name}"), lambda: self.faults, self.say)

    def group(self, role: str, partition: int) -> SimGroup:
        """What the broker keeps for a role."""
        return self.groups.setdefault((role, partition), SimGroup())

    def disk(self, actor: Actor) -> SimDisk:
        """The ledger file of the actor's host."""
        beginning = start(self.events.name, actor.partition)
        return self.disks.setdefault((actor.host, actor.partition), self.parts.disk(beginning, self.parts.ledger))

    def start(self, actor: Actor) -> None:
        """A new incarnation: nothing in memory."""
        if actor.task is not None or self._over:
            return
        actor.lives += 1
        actor.process = self.process(f"{actor.name}#{actor.lives}")
        actor.process.say(f"starts with code {actor.code.version} on {actor.host}")
        actor.task = asyncio.get_running_loop().create_task(self._live(actor, actor.process))

    def crash(self, actor: Actor) -> None:
        """Kill −9. What is under way stays under way; it comes back a little later."""
        if actor.task is None or actor.process is None:
            return
        actor.process.dead = True
        actor.task.cancel()
        actor.task = None
        asyncio.get_running_loop().call_later(self.random.random(), self.start, actor)

    def fail(self, what: str) -> None:
        """The run has found something."""
        self.say("world", f"FAILED {what}")
        self.failures.append(what)

    def actor(self, role: str, partition: int, number: int, version: int, host: str) -> Actor:
        """One more, not yet started."""
        return Actor(role, partition, number, CODES[version], host)

    async def _live(self, actor: Actor, process: Process) -> None:
        while True:
            try:
                await self._runner(actor, process).run(Work(actor.role, "sim", actor.partition, _METRICS))
            except (Conflict, Unavailable) as error:
                process.say(f"begins again: {type(error).__name__}: {error}")
            except Diverged as error:
                process.say(f"stops: {type(error).__name__}: {error}")
                self._diverged(actor, error)
            except Poison as error:
                process.say(f"is upgraded: {error}")
                if actor.code.version == max(CODES):
                    self.fail(f"{process.name} met Poison with the newest code: {error}")
                    return
                actor.code = CODES[max(CODES)]
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a runner raises beyond its contract is a finding
                self.fail(f"{process.name} raised {type(error).__name__}: {error}")
                return
            await process.pause(longer=True)

    def _diverged(self, actor: Actor, error: Diverged) -> None:
        """A person looks: after a lost tail everything derived is thrown away; without one it is a false alarm."""
        self.noticed.append(actor.name)
        if not self.events.generations[actor.partition] or not self.plan.truncations:
            self.fail(f"{actor.name} says that the log diverged, and it did not: {error}")
        if actor.role == "writer":
            self.disk(actor).lose()
        elif actor.role == "policy":
            self.group("policy", actor.partition).now = None
        else:
            self._drop_views()

    def _drop_views(self) -> None:
        """With every projector stopped: the store has no idea which of its views came from the lost records."""
        for one in self.actors:
            if one.role == "projector":
                self.crash(one)
        self.store.positions.clear()
        self.store.parked.clear()
        for kept in (*self.store.views.values(), *self.store.entries.values()):
            kept.clear()

    def _runner(self, actor: Actor, process: Process) -> Any:
        events: EventLog = self.parts.log(self.events, process)
        commands: EventLog = SimLog(self.commands, process)
        offsets: Offsets = SimOffsets(self.group(actor.role, actor.partition), process)
        code, parts = actor.code, self.parts
        if actor.role == "writer":
            return parts.command_runner(
                commands,
                events,
                offsets,
                lambda _partition: self.disk(actor).open(code.version),
                lambda partition, ledger: self._lane(actor, partition, ledger),
            )
        if actor.role == "policy":
            return parts.policy_runner(
                events,
                offsets,
                parts.sender(commands, self.plan.partitions),
                lambda at: self._policy_lane(actor, at),
            )
        store = parts.store(self.store, self.written, process)
        return parts.projector_runner(events, offsets, store, lambda at: self._projector_lane(actor, at))

    def _lane(self, actor: Actor, partition: int, ledger: Ledger) -> Lane:
        count = self.plan.partitions
        lane = self.parts.lane(
            actor.code.deciders, actor.code.catalog, ledger, lambda stream: partition_of(stream, count) == partition
        )
        actor.lane = lane
        return lane

    def _policy_lane(self, actor: Actor, position: Position) -> PolicyLane:
        lane = self.parts.policy_lane(actor.code.policies, actor.code.catalog, position, "policy")
        actor.lane = lane
        return lane

    def _projector_lane(self, actor: Actor, checkpoint: Checkpoint) -> ProjectorLane:
        code = CODES[self.plan.reader]
        lane = self.parts.projector_lane(
            code.projections, code.journals, code.catalog, checkpoint.position, checkpoint.parked
        )
        actor.lane = lane
        return lane

    async def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + CALM_SECONDS
        quiet = 0
        while quiet < 3 and not self.failures:
            await asyncio.sleep(LOOK_SECONDS)
            waiting = self._waiting()
            quiet = 0 if waiting else quiet + 1
            if loop.time() > deadline:
                self.fail(f"not handled {CALM_SECONDS:g} s after the last fault: {waiting[:3]}")

    def _waiting(self) -> Sequence[str]:
        waiting: list[str] = []
        for partition in range(self.plan.partitions):
            done = {commit.command_id for _, commit in counted_commits(self.events, partition)}
            waiting += [f"command {one}" for one in sorted(self.kept(partition) - done)]
        for actor in self.actors:
            end = len(self.events.partitions[actor.partition])
            if actor.lane is None or actor.lane.position.next_offset != end:
                waiting.append(f"{actor.name}, to read up to {end}")
        return waiting

    def kept(self, partition: int) -> set[UUID]:
        """The ids of all commands that are in the topic, which must be handled."""
        records = self.commands.partitions[partition][self.commands.beginnings[partition] :]
        return {command.id for record in records if (command := command_in(record)) is not None}

    def sent(self, partition: int) -> list[Command]:
        """All commands that are, or ever were, in the topic."""
        records = (*self.commands.partitions[partition], *self.commands.lost[partition])
        return [command for record in records if (command := command_in(record)) is not None]
