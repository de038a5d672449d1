"""A database with every migration in it, and with the rows that real rules and real folds make of a story."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from eventlog import migrations
from eventlog.clock import new_id
from eventlog.commit import start
from eventlog.read.postgres import Pool, PostgresProjectionStore, open_pool
from eventlog.read.projector import Changes
from ops.commands.setup import MIGRATIONS
from ops.stack.endpoints import Endpoints
from tests.flows.world import Reader, World


@asynccontextmanager
async def migrated(stack: Endpoints) -> AsyncGenerator[tuple[str, Pool]]:
    """The URL of a database of one test module, and a pool of its owner's; gone on the way out."""
    name = f"test_{new_id().hex}"
    owner = await asyncpg.connect(stack.postgres)
    await owner.execute(f"CREATE DATABASE {name}")
    dsn = urlunsplit(urlsplit(stack.postgres)._replace(path=f"/{name}"))
    try:
        for folder, path in MIGRATIONS:
            await migrations.up(dsn, folder, path)
        async with await open_pool(dsn, application="tests", size=4) as pool:
            yield dsn, pool
    finally:
        await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await owner.close()


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
