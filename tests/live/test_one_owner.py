"""A deployment with one login works, too, and says that it is less safe: he owns the tables and is no superuser."""

import json
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import structlog

from eventlog import migrations
from eventlog.clock import new_id
from eventlog.read.postgres import Pool, open_service_pool
from eventlog.telemetry import configure_logs
from ops.commands.setup import MIGRATIONS
from ops.logins import LOGINS
from ops.stack.endpoints import Endpoints
from services.gateway.auth.reach import Reach
from services.gateway.reading.postgres import PostgresTables
from services.render.worker.queue import RenderQueue
from tests.histories import TENANT
from tests.live.logins import login_of, passwords
from tests.live.tables import keep, migrated
from tests.live.test_tables import a_film
from tests.session.words import SESSION

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
async def ours(stack: Endpoints) -> AsyncGenerator[str]:
    """Another database of the server, by which the logins are there, and have passwords."""
    async with migrated(stack) as (dsn, _):
        await passwords(dsn)
        yield dsn


@pytest.fixture
async def dsn(stack: Endpoints, ours: str) -> AsyncGenerator[str]:
    """A database of an owner who may make roles, as he who has made ours: it takes a superuser to hand them to him."""
    name, server = f"test_{new_id().hex}", await asyncpg.connect(stack.postgres)
    await server.execute(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD 'only for this test'")
    await server.execute(f"CREATE DATABASE {name} OWNER {name}")
    await server.execute(f"GRANT SET ON PARAMETER app.tenant TO {name}")
    for login in LOGINS:
        await server.execute(f"GRANT {login} TO {name} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
    place = urlsplit(stack.postgres).netloc.rpartition("@")[2]
    yield urlunsplit(
        urlsplit(stack.postgres)._replace(netloc=f"{name}:only%20for%20this%20test@{place}", path=f"/{name}")
    )
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.execute(f"DROP OWNED BY {name} CASCADE")  # his share of the logins, and the right to the parameter
    await server.execute(f"DROP ROLE {name}")
    await server.close()


async def migrate(dsn: str) -> None:
    for folder, path in MIGRATIONS:
        await migrations.up(dsn, folder, path)


async def use_everything(pool: Pool, dsn: str) -> None:
    """Fold, claim, show."""
    await keep(pool, a_film())
    await pool.execute("UPDATE render.queue SET state = 'queued', claimable = true")
    assert await RenderQueue(pool, "worker-1", jobs_per_tenant=4).claim() is not None
    tables = PostgresTables(dsn, 10)
    assert await tables.workflow(Reach(TENANT), SESSION) is not None
    assert await tables.workflow(Reach("other"), SESSION) is None
    tables.close()


@pytest.mark.req(78)
async def test_one_owner_who_is_no_superuser_migrates_folds_claims_and_reads(
    dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("tests")
    await migrate(dsn)
    async with await open_service_pool(dsn, application="tests") as pool:
        await use_everything(pool, dsn)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any("less safe" in line["event"] and "DATABASE_URL" in line["event"] for line in said)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.req(78)
async def test_a_service_with_a_login_of_its_own_has_nothing_to_warn_of(
    ours: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for login in ("playhead_app", "playhead_projector", "playhead_render", "playhead_worker"):
        async with await open_service_pool(login_of(ours, login), application="tests") as pool:
            assert await pool.fetchval("SELECT session_user::text") == login
    assert "less safe" not in capsys.readouterr().out
