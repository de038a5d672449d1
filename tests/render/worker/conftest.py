"""A database with the queue's tables, and a service that decides."""

from collections.abc import AsyncGenerator, Callable
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from eventlog import migrations
from eventlog.clock import new_id
from eventlog.read import postgres
from eventlog.read.postgres import Pool, open_pool
from ops.stack.launcher import Endpoints
from services.render.sql import MIGRATIONS
from services.render.worker.queue import RenderQueue
from tests.render.worker.court import Court

NewQueue = Callable[..., RenderQueue]


@pytest.fixture(scope="session")
async def dsn(stack: Endpoints) -> AsyncGenerator[str]:
    """A database of these tests."""
    name = f"test_{new_id().hex}"
    owner = await asyncpg.connect(stack.postgres)
    await owner.execute(f"CREATE DATABASE {name}")
    made = urlunsplit(urlsplit(stack.postgres)._replace(path=f"/{name}"))
    await migrations.up(made, "eventlog", postgres.MIGRATIONS)
    await migrations.up(made, "render", MIGRATIONS)
    yield made
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await owner.close()


@pytest.fixture
async def pool(dsn: str) -> AsyncGenerator[Pool]:
    """Empty tables."""
    async with await open_pool(dsn, application="tests", size=16) as opened:
        await opened.execute("TRUNCATE render.queue, render.leases, render.turns, playhead.checkpoints")
        yield opened


@pytest.fixture
def court(pool: Pool) -> Court:
    return Court(pool)


@pytest.fixture
def new_queue(pool: Pool) -> NewQueue:
    """The queue as a worker of that name sees it."""

    def make(
        worker: str = "w", jobs_per_tenant: int = 1_000, lease_seconds: float = 15.0, silent_seconds: float = 5.0
    ) -> RenderQueue:
        return RenderQueue(
            pool, worker, jobs_per_tenant=jobs_per_tenant, lease_seconds=lease_seconds, silent_seconds=silent_seconds
        )

    return make
