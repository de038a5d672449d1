"""PostgreSQL itself keeps tenants apart, whatever becomes of a request: in what the gateway asks, and besides."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import date
from hashlib import md5
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from eventlog.read.postgres import Pool, open_pool, tenant_transaction
from ops.stack.endpoints import Endpoints
from services.gateway.auth.reach import Reach
from services.gateway.ports.tables import Days, Tables
from services.gateway.reading.postgres import PostgresTables
from tests.live.databases import migrated_database
from tests.live.logins import login_of, passwords

pytestmark = pytest.mark.live

TENANTS = tuple(f"tenant-{n}" for n in range(5))
REQUESTS = 10_000
AT_ONCE = 60
CONNECTIONS = 3
DAYS = Days(date(2026, 1, 1), date(2026, 12, 31))
APP = "playhead_app"
FILL = """
INSERT INTO platform.projects
SELECT 'session-' || gen_random_uuid(), tenant, gen_random_uuid(), gen_random_uuid(), 'A title', 'created', '{}',
       now(), now(), NULL, 1
FROM unnest($1::text[]) AS tenant, generate_series(1, 4)
"""
WORKFLOWS = """
INSERT INTO workflow.workflows
SELECT 'session-' || gen_random_uuid(), tenant, md5(tenant)::uuid, gen_random_uuid(), 'Of ' || tenant, '', tenant,
       'created', '[]', '', '2026-11-20', '2026-11-20', NULL, NULL, 1
FROM unnest($1::text[]) AS tenant
"""
FILES = """
INSERT INTO workflow.generated_files
SELECT 'session-' || tenant, tenant, gen_random_uuid(), md5(tenant)::uuid, 'image', '', tenant, 1, '{}', NULL, now()
FROM unnest($1::text[]) AS tenant, generate_series(1, 4)
"""
SESSIONS = """
INSERT INTO analytics.fact_session (stream, tenant_id, session_id, account_id, kind, aspect, language, script_given,
                                    status, created_at, jobs, retries, updated_at, version)
SELECT 'session-' || gen_random_uuid(), tenant, gen_random_uuid(), gen_random_uuid(), 'slides', '16:9', 'en', false,
       'created', '2026-11-20', 0, 0, '2026-11-20', 1
FROM unnest($1::text[]) WITH ORDINALITY AS named (tenant, n), generate_series(1, n)
"""


@pytest.fixture(scope="module")
async def database(stack: Endpoints) -> AsyncGenerator[tuple[str, Pool]]:
    async with (
        migrated_database(stack) as dsn,
        await open_pool(dsn, application="tests", size=CONNECTIONS, seconds=60) as made,
    ):
        for rows in (FILL, WORKFLOWS, FILES, SESSIONS):
            await made.execute(rows, list(TENANTS))
        await passwords(dsn)
        yield dsn, made


@pytest.fixture(scope="module")
def pool(database: tuple[str, Pool]) -> Pool:
    return database[1]


Ask = Callable[[Tables, str], Awaitable[Any]]


async def titles(tables: Tables, tenant: str) -> bool:
    return [row["story_title"] for row in await tables.workflows(Reach(tenant), (), None, 10)] == [tenant]


async def words(tables: Tables, tenant: str) -> bool:
    return [row["original_prompt"] for row in await tables.workflows(Reach(tenant), ("of",), None, 10)] == [
        f"Of {tenant}"
    ]


async def files(tables: Tables, tenant: str) -> bool:
    mine = UUID(md5(tenant.encode()).hexdigest())  # noqa: S324 - an id, as PostgreSQL made it
    return [row["file_name"] for row in await tables.files(Reach(tenant), mine, None, 10)] == [tenant] * 4


async def funnel(tables: Tables, tenant: str) -> bool:
    return [row["created"] for row in await tables.metric(Reach(tenant), "funnel", DAYS, 10)] == [
        TENANTS.index(tenant) + 1
    ]


async def theirs(tables: Tables, tenant: str) -> bool:
    another = UUID(md5(TENANTS[TENANTS.index(tenant) - 1].encode()).hexdigest())  # noqa: S324 - as above
    return await tables.workflow(Reach(tenant), another) is None


ASKED: Sequence[Ask] = (titles, words, files, funnel, theirs)


@pytest.mark.req(67)
async def test_ten_thousand_interleaved_questions_of_the_gateway_on_three_connections_see_no_other_tenant(
    database: tuple[str, Pool],
) -> None:
    seen: dict[str, int] = dict.fromkeys(("right", "wrong", "cut"), 0)
    dice, gate = Random(7), asyncio.Semaphore(AT_ONCE)
    tables = PostgresTables(login_of(database[0], APP), 60, CONNECTIONS)

    async def request(ask: Ask, tenant: str, patience: float | None) -> None:
        async with gate:
            try:
                async with asyncio.timeout(patience):
                    seen["right" if await ask(tables, tenant) else "wrong"] += 1
            except TimeoutError:
                seen["cut"] += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(REQUESTS):
            patience = dice.uniform(0, 0.05) if dice.random() < 0.2 else None
            tasks.create_task(request(dice.choice(ASKED), dice.choice(TENANTS), patience))
    tables.close()
    assert seen["wrong"] == 0
    assert seen["right"] + seen["cut"] == REQUESTS
    assert seen["right"] > REQUESTS // 2
    assert seen["cut"] > 0


@pytest.mark.req(67)
async def test_the_application_sees_nothing_without_a_tenant_and_writes_nothing_with_one(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE playhead_app")
        assert await connection.fetchval("SELECT count(*) FROM platform.projects") == 0
    for attempt in (
        "DELETE FROM platform.projects",
        "UPDATE platform.projects SET tenant_id = 'tenant-1'",
        "INSERT INTO platform.projects SELECT * FROM platform.projects",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with tenant_transaction(pool, "tenant-0", role=APP) as connection:
                await connection.execute(attempt)


@pytest.mark.req(73)
async def test_the_seed_s_indexes_are_there(pool: Pool) -> None:
    found = await pool.fetch("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'platform'")
    indexed = {(row["tablename"], row["indexdef"].partition("(")[2].rstrip(")")) for row in found}
    assert indexed >= {
        ("projects", "tenant_id, user_id, created_at"),
        ("jobs", "tenant_id, project_id"),
        ("jobs", "status"),
        ("assets", "tenant_id, user_id"),
        ("assets", "expires_at"),
    }
