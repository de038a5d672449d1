"""The wiring of the analytics service: the one place that names its real parts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from blobs.opening import open_blobs
from blobs.postgres import PostgresBlobs
from contracts.topics import RENDER_EVENTS, SESSION_EVENTS
from eventlog.kafka import KafkaEventLog
from eventlog.read.postgres import Pool, PostgresProjectionStore, open_service_pool
from eventlog.roles import Projector, Roles
from eventlog.service import Service, kafka_broker, reached
from eventlog.telemetry import Metrics
from services.analytics.film_copies import FilmCopies
from services.analytics.handlers import groups
from services.analytics.settings import AnalyticsSettings


@asynccontextmanager
async def wire(settings: AnalyticsSettings, metrics: Metrics) -> AsyncGenerator[Service]:
    """Everything connected on the way in, closed on the way out."""
    access = settings.kafka("playhead-analytics")
    session_events = KafkaEventLog(access, SESSION_EVENTS.name, gathers=True)
    render_events = KafkaEventLog(access, RENDER_EVENTS.name, gathers=True)
    pools: list[Pool] = []
    source, target = open_blobs(settings.blobs), PostgresBlobs(settings.database_url.get_secret_value())

    async def connect() -> None:
        dsn = settings.database_url.get_secret_value()
        pools.append(await open_service_pool(dsn, application="playhead-analytics"))

    keys = settings.keys(metrics.unreadable)
    try:
        await reached(session_events.start)
        await reached(render_events.start)
        await reached(connect)
        broker = kafka_broker(access)
        roles = Roles("analytics", broker, access, metrics, settings.data, keys.keys)

        def store(of: Projector) -> PostgresProjectionStore:
            return PostgresProjectionStore(pools[0], f"analytics.{of.name}", of.projections, of.journals)

        copies = (FilmCopies(pools[0], source, target).run,) if settings.copies_films else ()
        yield Service(
            broker, groups(roles, session_events, render_events, store), metrics, besides=(*copies, *keys.besides)
        )
    finally:
        for blobs in (source, target):
            await blobs.close()
        await session_events.close()
        await render_events.close()
        for pool in pools:
            await pool.close()
        keys.close()
