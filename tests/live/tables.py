"""A database with every migration in it, and with the rows that real rules and real folds make of a story."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from eventlog.commit import start
from eventlog.read.postgres import Pool, PostgresProjectionStore, open_pool
from eventlog.read.projector import Changes
from ops.stack.endpoints import Endpoints
from tests.flows.world import Reader, World
from tests.live.databases import migrated_database


@asynccontextmanager
async def migrated(stack: Endpoints) -> AsyncGenerator[tuple[str, Pool]]:
    """The URL of a database of one test module, and a pool of its owner's; gone on the way out."""
    async with migrated_database(stack) as dsn, await open_pool(dsn, application="tests", size=4) as pool:
        yield dsn, pool


async def keep(pool: Pool, world: World, partition: int = 0) -> None:
    """Write what the projectors of tables made of the world's log, as their stores do."""
    await world.read()
    for number, reader in enumerate((*world.facts, world.queue, world.retention)):
        await _keep(pool, f"tests.{number}", reader, partition)


async def _keep(pool: Pool, projector: str, reader: Reader, partition: int) -> None:
    kept = reader.store
    store = PostgresProjectionStore(pool, projector, reader.projections, reader.journals)
    changes = Changes(
        views={(name, stream): view for name, views in kept.views.items() for stream, view in views.items()},
        entries={name: list(rows.values()) for name, rows in kept.entries.items()},
    )
    topic = reader.service.topic
    await store.commit(topic, partition, None, start(topic, partition), changes)
