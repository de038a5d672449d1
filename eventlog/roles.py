"""The three roles of a service, put together from a log and from rules or folds: what `handlers.py` declares.

Each is a `Group`: whichever partitions its consumer group gives this process are worked on from what is durable.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from faststream.kafka import KafkaBroker

from contracts.catalog import Catalog
from contracts.sealing import Keys, NoKeys
from contracts.topics import Topic
from eventlog.commit import Position, start
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaAccess, KafkaEventLog, partition_for
from eventlog.kafka.group import Group
from eventlog.offsets import Offsets
from eventlog.read.projection import Journal, Projection
from eventlog.read.projector import ProjectorLane
from eventlog.read.projector_runner import ProjectorRunner
from eventlog.read.store import Checkpoint, ProjectionStore
from eventlog.telemetry import Metrics
from eventlog.understanding import readable
from eventlog.work import Work
from eventlog.write.command_runner import CommandRunner
from eventlog.write.decider import Decider
from eventlog.write.deciding import fold_version
from eventlog.write.lane import Lane
from eventlog.write.ledger import Ledger, MemoryLedger, SqliteLedger
from eventlog.write.policy import Policy, PolicyLane
from eventlog.write.policy_runner import PolicyRunner, Sender


@dataclass(frozen=True, slots=True)
class Projector:
    """What is folded into one store from one topic: `name` is its key in the checkpoints, and never changes."""

    name: str
    topic: Topic
    catalog: Catalog
    projections: tuple[Projection, ...]
    journals: tuple[Journal, ...] = ()


@dataclass(frozen=True, slots=True)
class Roles:
    """What every role of one service needs. `service` begins the names of its consumer groups."""

    service: str
    broker: KafkaBroker
    access: KafkaAccess
    metrics: Metrics
    data: Path
    keys: Keys = field(default_factory=NoKeys)

    def processor(
        self, commands: KafkaEventLog, events: KafkaEventLog, deciders: Sequence[Decider[Any]], catalog: Catalog
    ) -> Group:
        """Decides the commands of each partition that is ours, its ledger in a file of its own."""
        count = events.partitions()
        catalog = readable(catalog).under(self.keys)

        def ledger(partition: int) -> Ledger:
            path = self.data / "ledgers" / f"{events.topic}-{partition}.sqlite"
            begin = start(events.topic, partition)
            try:
                return SqliteLedger(path, fold_version(deciders, catalog), begin)
            except Unavailable as error:
                # Its last owner may stand still for ever with the lock in his hand: the log holds all that it would.
                structlog.get_logger().warning("the ledger is kept in memory this time", detail=str(error))
                return MemoryLedger(begin)

        def lane(partition: int, ledger: Ledger) -> Lane:
            return Lane(deciders, catalog, ledger, lambda stream: partition_for(stream, count) == partition)

        async def run(work: Work, offsets: Offsets) -> None:
            await CommandRunner(commands, events, offsets, ledger, lane).run(work)

        words = ", ".join(sorted(catalog.commands))
        return self._group("processor", commands, run, f"Decides {words}.")

    def policies(self, events: KafkaEventLog, policies: Sequence[Policy], catalog: Catalog, sender: Sender) -> Group:
        """Hears events and sends commands."""
        catalog = readable(catalog).under(self.keys)

        def lane(position: Position) -> PolicyLane:
            return PolicyLane(policies, catalog, position, actor=f"policy:{self.service}")

        async def run(work: Work, offsets: Offsets) -> None:
            await PolicyRunner(events, offsets, sender, lane).run(work)

        return self._group("policies", events, run, "Asks other streams for what follows from an event.")

    def projector(self, events: KafkaEventLog, projector: Projector, store: ProjectionStore) -> Group:
        """Folds events into a store."""
        catalog = readable(projector.catalog).under(self.keys)

        def lane(checkpoint: Checkpoint) -> ProjectorLane:
            return ProjectorLane(
                projector.projections, projector.journals, catalog, checkpoint.position, checkpoint.parked
            )

        async def run(work: Work, offsets: Offsets) -> None:
            await ProjectorRunner(events, offsets, store, lane).run(work)

        kept = ", ".join(one.name for one in (*projector.projections, *projector.journals))
        return self._group(projector.name, events, run, f"Keeps {kept}.")

    def _group(self, role: str, log: KafkaEventLog, run: Any, description: str) -> Group:
        return Group(self.broker, self.access, f"{self.service}.{role}", log, run, self.metrics, description)
