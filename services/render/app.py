"""The wiring of the render service's control process: the one place that names its real parts."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from blobs.opening import open_blobs
from blobs.store import BlobStore
from contracts.topics import COMMANDS_OF, RENDER_COMMANDS, RENDER_EVENTS
from eventlog.clock import now
from eventlog.kafka import KafkaAccess, KafkaEventLog, KafkaSender
from eventlog.read.mongo import MongoDatabase
from eventlog.read.postgres import Pool, PostgresProjectionStore, open_service_pool
from eventlog.roles import Roles
from eventlog.service import Group, Service, kafka_broker, reached
from eventlog.telemetry import Metrics
from services.render.handlers import DOCUMENTS, QUEUE, RETENTION, UPLOADS, groups
from services.render.leases import LeaseAge, oldest_in
from services.render.naming import named
from services.render.retention import Retention
from services.render.settings import RenderSettings
from services.render.sweep import Sweep
from services.render.uploads import MongoUploads, UploadSweep

SWEEPER = 0
"""Who decides the commands of this partition sweeps."""


@dataclass(frozen=True)
class Parts:
    """What the service stands on, connected."""

    access: KafkaAccess
    commands: KafkaEventLog
    events: KafkaEventLog
    sender: KafkaSender
    database: MongoDatabase
    pool: Pool
    blobs: BlobStore


@asynccontextmanager
async def wire(settings: RenderSettings, metrics: Metrics) -> AsyncGenerator[Service]:
    """Everything connected on the way in, closed on the way out."""
    async with AsyncExitStack() as held:
        parts = await _connected(settings, held)
        broker = kafka_broker(parts.access)
        keys = settings.keys(metrics.unreadable)
        held.callback(keys.close)
        roles = Roles("render", broker, parts.access, metrics, settings.data, keys.keys)
        declared = _groups(settings, parts, roles)
        sweep = _sweep(settings, parts, lambda: SWEEPER in declared[0].works)
        leases = LeaseAge(oldest_in(parts.pool), metrics.registry)
        yield Service(broker, declared, metrics, besides=(sweep.run, leases.run, *keys.besides))


async def _connected(settings: RenderSettings, held: AsyncExitStack) -> Parts:
    """The parts, each to be closed with `held`. Waits for those that are not there yet."""
    access = settings.kafka("playhead-render")
    database = MongoDatabase.connect(
        settings.mongodb_uri.get_secret_value(),
        settings.documents,
        application="playhead-render",
        pool=settings.mongodb_pool,
    )
    held.callback(database.close)
    commands, events = KafkaEventLog(access, RENDER_COMMANDS.name), KafkaEventLog(access, RENDER_EVENTS.name)
    sender = KafkaSender(access, COMMANDS_OF)
    blobs = open_blobs(settings.blobs)
    for part in (events, commands, sender, blobs):
        held.push_async_callback(part.close)
    pools: list[Pool] = []

    async def connect() -> None:
        pools.append(await open_service_pool(settings.database_url.get_secret_value(), application="playhead-render"))

    await reached(commands.start)
    await reached(events.start)
    await reached(connect)
    held.push_async_callback(pools[0].close)
    return Parts(access, commands, events, sender, database, pools[0], blobs)


def _groups(settings: RenderSettings, parts: Parts, roles: Roles) -> Sequence[Group]:
    """Who works on which topics, and into which stores."""
    return groups(
        roles,
        parts.commands,
        parts.events,
        parts.sender,
        parts.database.store(f"render.{DOCUMENTS.name}", DOCUMENTS.projections, DOCUMENTS.journals),
        PostgresProjectionStore(parts.pool, f"render.{QUEUE.name}", QUEUE.projections),
        PostgresProjectionStore(parts.pool, f"render.{RETENTION.name}", RETENTION.projections),
        PostgresProjectionStore(parts.pool, f"render.{UPLOADS.name}", UPLOADS.projections),
        enforce_credits=settings.enforce_credits,
    )


def _sweep(settings: RenderSettings, parts: Parts, ours: Callable[[], bool]) -> Sweep:
    """What is done by the clock, by whoever `ours` is true for."""
    pool, sender = parts.pool, parts.sender
    retention = Retention(pool, sender, now, parts.blobs, settings.keeping, partial(named, parts.database))
    unused = UploadSweep(MongoUploads(parts.database), sender, now, timedelta(days=settings.unused_upload_days))
    deadline = timedelta(minutes=settings.deadline_minutes)
    return Sweep(pool, sender, now, deadline, ours, besides=(retention.once, unused.once))
