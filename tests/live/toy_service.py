"""A whole service around the toy domain: `python -m tests.live.toy_service <commands topic> <events topic>`."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from eventlog.commit import start
from eventlog.kafka import KafkaEventLog, partition_for
from eventlog.kafka.group import Group
from eventlog.offsets import Offsets
from eventlog.service import Service, Wire, kafka_broker, reached, run_service
from eventlog.settings import ServiceSettings
from eventlog.telemetry import Metrics
from eventlog.work import Work
from eventlog.write.command_runner import CommandRunner
from eventlog.write.deciding import fold_version
from eventlog.write.lane import Lane
from eventlog.write.ledger import Ledger, SqliteLedger
from tests.eventlog.toys import CATALOG, TOY


def wire_to(commands_topic: str, events_topic: str) -> Wire[ServiceSettings]:
    """The wiring of a service that decides the toy's commands."""

    @asynccontextmanager
    async def wire(settings: ServiceSettings, metrics: Metrics) -> AsyncGenerator[Service]:
        access = settings.kafka("toy")
        commands, events = KafkaEventLog(access, commands_topic), KafkaEventLog(access, events_topic)
        await reached(commands.start)
        await reached(events.start)
        count = events.partitions()

        def ledger(partition: int) -> Ledger:
            path = settings.data / "ledgers" / f"{events_topic}-{partition}.sqlite"
            return SqliteLedger(path, fold_version([TOY], CATALOG), start(events_topic, partition))

        def lane(partition: int, ledger: Ledger) -> Lane:
            return Lane([TOY], CATALOG, ledger, lambda stream: partition_for(stream, count) == partition)

        async def run(work: Work, offsets: Offsets) -> None:
            await CommandRunner(commands, events, offsets, ledger, lane).run(work)

        broker = kafka_broker(access)
        group = Group(broker, access, f"{events_topic}.processor", commands, run, metrics)
        try:
            yield Service(broker, [group], metrics)
        finally:
            await commands.close()
            await events.close()

    return wire


if __name__ == "__main__":
    run_service("toy", ServiceSettings(), wire_to(sys.argv[1], sys.argv[2]))
