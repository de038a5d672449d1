"""The wiring of the render service's control process: the one place that names its real parts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from blobs.opening import open_blobs
from contracts.topics import COMMANDS_OF, RENDER_COMMANDS, RENDER_EVENTS
from eventlog.clock import now
from eventlog.kafka import KafkaEventLog, KafkaSender
from eventlog.read.mongo import MongoDatabase
from eventlog.read.postgres import Pool, PostgresProjectionStore, open_service_pool
from eventlog.roles import Roles
from eventlog.service import Service, kafka_broker, reached
from eventlog.telemetry import Metrics
from services.render.handlers import DOCUMENTS, QUEUE, RETENTION, UPLOADS, groups
from services.render.naming import named
from services.render.retention import Retention
from services.render.settings import RenderSettings
from services.render.sweep import Sweep
from services.render.uploads import MongoUploads, UploadSweep

SWEEPER = 0
"""Who decides the commands of this partition sweeps."""


@asynccontextmanager
async def wire(settings: RenderSettings, metrics: Metrics) -> AsyncGenerator[Service]:
    """Everything connected on the way in, closed on the way out."""
    access = settings.kafka("playhead-render")
    commands = KafkaEventLog(access, RENDER_COMMANDS.name)
    events = KafkaEventLog(access, RENDER_EVENTS.name)
    sender = KafkaSender(access, COMMANDS_OF)
    database = MongoDatabase.connect(
        settings.mongodb_uri.get_secret_value(),
        settings.documents,
        application="playhead-render",
        pool=settings.mongodb_pool,
    )
    pools: list[Pool] = []
    blobs = open_blobs(settings.blobs)

    async def connect() -> None:
        pools.append(await open_service_pool(settings.database_url.get_secret_value(), application="playhead-render"))

    try:
        await reached(commands.start)
        await reached(events.start)
        await reached(connect)
        documents = database.store(f"render.{DOCUMENTS.name}", DOCUMENTS.projections, DOCUMENTS.journals)
        queue = PostgresProjectionStore(pools[0], f"render.{QUEUE.name}", QUEUE.projections)
        endings = PostgresProjectionStore(pools[0], f"render.{RETENTION.name}", RETENTION.projections)
        uploads = PostgresProjectionStore(pools[0], f"render.{UPLOADS.name}", UPLOADS.projections)
        broker = kafka_broker(access)
        roles = Roles("render", broker, access, metrics, settings.data)
        declared = groups(
            roles,
            commands,
            events,
            sender,
            documents,
            queue,
            endings,
            uploads,
            enforce_credits=settings.enforce_credits,
        )
        retention = Retention(pools[0], sender, now, blobs, settings.keeping, partial(named, database))
        unused = UploadSweep(MongoUploads(database), sender, now, timedelta(days=settings.unused_upload_days))
        sweep = Sweep(
            pools[0],
            sender,
            now,
            timedelta(minutes=settings.deadline_minutes),
            lambda: SWEEPER in declared[0].works,
            besides=(retention.once, unused.once),
        )
        yield Service(broker, declared, metrics, besides=(sweep.run,))
    finally:
        await blobs.close()
        await sender.close()
        await commands.close()
        await events.close()
        database.close()
        for pool in pools:
            await pool.close()
