"""PostgreSQL itself keeps tenants apart in the platform's tables, whatever becomes of a request."""

import asyncio
from collections.abc import AsyncGenerator
from random import Random
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from eventlog import migrations
from eventlog.clock import new_id
from eventlog.read.postgres import Pool, open_pool, tenant_transaction
from ops.commands.setup import MIGRATIONS
from ops.stack.endpoints import Endpoints

pytestmark = pytest.mark.live

TENANTS = tuple(f"tenant-{n}" for n in range(5))
REQUESTS = 10_000
AT_ONCE = 60
CONNECTIONS = 3
APP = "playhead_app"
FILL = """
INSERT INTO platform.projects
SELECT 'session-' || gen_random_uuid(), tenant, gen_random_uuid(), gen_random_uuid(), 'A title', 'created', '{}',
       now(), now(), NULL, 1
FROM unnest($1::text[]) AS tenant, generate_series(1, 4)
"""


@pytest.fixture(scope="module")
async def pool(stack: Endpoints) -> AsyncGenerator[Pool]:
    owner = await asyncpg.connect(stack.postgres)
    name = f"test_{new_id().hex}"
    await owner.execute(f"CREATE DATABASE {name}")
    dsn = urlunsplit(urlsplit(stack.postgres)._replace(path=f"/{name}"))
    for folder, path in MIGRATIONS:
        await migrations.up(dsn, folder, path)
    made = await open_pool(dsn, application="tests", size=CONNECTIONS, seconds=60)
    await made.execute(FILL, list(TENANTS))
    try:
        yield made
    finally:
        await made.close()
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await owner.close()


@pytest.mark.req(67)
async def test_ten_thousand_interleaved_requests_on_three_connections_see_no_row_of_another_tenant(pool: Pool) -> None:
    seen: dict[str, int] = dict.fromkeys(("right", "wrong", "cut"), 0)
    dice, gate = Random(7), asyncio.Semaphore(AT_ONCE)

    async def ask(tenant: str) -> None:
        async with tenant_transaction(pool, tenant, 60, APP) as connection:
            found = await connection.fetch("SELECT tenant_id FROM platform.projects")
        owners = [row["tenant_id"] for row in found]
        seen["right" if owners == [tenant] * 4 else "wrong"] += 1

    async def request(tenant: str, patience: float | None) -> None:
        async with gate:
            try:
                async with asyncio.timeout(patience):
                    await ask(tenant)
            except TimeoutError:
                seen["cut"] += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(REQUESTS):
            patience = dice.uniform(0, 0.05) if dice.random() < 0.2 else None
            tasks.create_task(request(dice.choice(TENANTS), patience))
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


@pytest.mark.req(67)
async def test_row_level_security_is_forced_on_every_table_of_the_platform_and_of_wallets(pool: Pool) -> None:
    open_ = await pool.fetch(
        """SELECT c.oid::regclass::text AS name FROM pg_class c
           WHERE c.relnamespace IN ('platform'::regnamespace, 'wallet'::regnamespace) AND c.relkind = 'r'
             AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"""
    )
    assert [row["name"] for row in open_] == []
    assert await pool.fetchval("SELECT count(*) FROM pg_class WHERE relforcerowsecurity") == 8 + 2 + 3


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
