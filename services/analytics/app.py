"""The wiring of the analytics service: the one place that names its real parts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from contracts.topics import RENDER_EVENTS, SESSION_EVENTS
from eventlog.kafka import KafkaEventLog
from eventlog.read.postgres import Pool, PostgresProjectionStore, open_pool
from eventlog.roles import Projector, Roles
from eventlog.service import Service, kafka_broker, reached
from eventlog.settings import ServiceSettings
from eventlog.telemetry import Metrics
from services.analytics.handlers import groups


@asynccontextmanager
async def wire(settings: ServiceSettings, metrics: Metrics) -> AsyncGenerator[Service]:
    """Everything connected on the way in, closed on the way out."""
    access = settings.kafka("playhead-analytics")
    session_events = KafkaEventLog(access, SESSION_EVENTS.name)
    render_events = KafkaEventLog(access, RENDER_EVENTS.name)
    pools: list[Pool] = []

    async def connect() -> None:
        pools.append(await open_pool(settings.database_url.get_secret_value(), application="playhead-analytics"))

    try:
        await reached(session_events.start)
        await reached(render_events.start)
        await reached(connect)
        broker = kafka_broker(access)
        roles = Roles("analytics", broker, access, metrics, settings.data)

        def store(of: Projector) -> PostgresProjectionStore:
            return PostgresProjectionStore(pools[0], f"analytics.{of.name}", of.projections, of.journals)

        yield Service(broker, groups(roles, session_events, render_events, store), metrics)
    finally:
        await session_events.close()
        await render_events.close()
        for pool in pools:
            await pool.close()
