"""The wiring of the session service: the one place that names its real parts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from contracts.topics import COMMANDS_OF, SESSION_COMMANDS, SESSION_EVENTS
from eventlog.clock import now
from eventlog.kafka import KafkaEventLog, KafkaSender
from eventlog.read.mongo import MongoDatabase
from eventlog.roles import Roles
from eventlog.service import Service, kafka_broker, reached
from eventlog.telemetry import Metrics
from services.session.erasure import Erasure, MongoTraces
from services.session.handlers import DOCUMENTS, groups
from services.session.settings import SessionSettings
from services.session.sweep import MongoSessions, Sweep

SWEEPER = 0
"""Who decides the commands of this partition sweeps."""


@asynccontextmanager
async def wire(settings: SessionSettings, metrics: Metrics) -> AsyncGenerator[Service]:
    """Everything connected on the way in, closed on the way out."""
    access = settings.kafka("playhead-session")
    commands = KafkaEventLog(access, SESSION_COMMANDS.name)
    events = KafkaEventLog(access, SESSION_EVENTS.name)
    sender = KafkaSender(access, COMMANDS_OF)
    keys = settings.keys(metrics.unreadable)
    database = MongoDatabase.connect(
        settings.mongodb_uri.get_secret_value(),
        settings.documents,
        application="playhead-session",
        pool=settings.mongodb_pool,
    )
    try:
        await reached(commands.start)
        await reached(events.start)
        store = database.store(f"session.{DOCUMENTS.name}", DOCUMENTS.projections, DOCUMENTS.journals)
        broker = kafka_broker(access)
        roles = Roles("session", broker, access, metrics, settings.data, keys.keys)
        declared = groups(roles, commands, events, sender, store)
        sweep = Sweep(MongoSessions(database), sender, now, settings.retention, lambda: SWEEPER in declared[0].works)
        erasure = Erasure(MongoTraces(database), keys.ring, sender, now, lambda: SWEEPER in declared[0].works)
        yield Service(broker, declared, metrics, besides=(sweep.run, erasure.run, *keys.besides))
    finally:
        await sender.close()
        await commands.close()
        await events.close()
        database.close()
        keys.close()
