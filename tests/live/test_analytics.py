"""The analysts' database: every column is explained, nothing personal is readable, the views answer."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import asyncpg
import pytest

from eventlog.commit import start
from eventlog.read.postgres import Pool, PostgresProjectionStore, open_pool
from eventlog.read.projection import View
from eventlog.read.projector import Changes, Place
from ops.stack.launcher import Endpoints
from services.analytics.projections import OF_JOBS, OF_SESSIONS, jobs, stage_attempts, wallet
from tests.analytics.stories import ACCOUNT, JOB, STREAM, rows
from tests.analytics.test_accounts import GRANTED, REGISTERED
from tests.analytics.test_jobs import FILMED
from tests.live.databases import migrated_database

pytestmark = pytest.mark.live

TOPIC = "playhead.render.events"
UNEXPLAINED = """
SELECT c.oid::regclass::text AS relation, coalesce(a.attname, '') AS field
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname IN ('analytics', 'wallet', 'render', 'platform')
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'v')
    AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)
"""


@pytest.fixture(scope="module")
async def pool(stack: Endpoints) -> AsyncGenerator[Pool]:
    """A database of these tests, with one finished job and one wallet in it."""
    async with migrated_database(stack) as dsn, await open_pool(dsn, application="tests") as opened:
        await _fill(opened)
        yield opened


async def _fill(pool: Pool) -> None:
    views: dict[Place, View] = {(one.name, STREAM): tuple(rows(one, FILMED)) for one in OF_JOBS}
    account = f"account-{ACCOUNT}"
    views[wallet.ACCOUNTS.name, account] = tuple(rows(wallet.ACCOUNTS, [REGISTERED, GRANTED], account))
    store = PostgresProjectionStore(pool, "analytics.tests", [*OF_JOBS, *OF_SESSIONS])
    await store.commit(TOPIC, 0, None, start(TOPIC, 0), Changes(views=views))


async def test_every_table_view_and_column_is_explained(pool: Pool) -> None:
    assert [tuple(row) for row in await pool.fetch(UNEXPLAINED)] == []


async def test_a_rebuilt_row_is_what_the_fold_gave(pool: Pool) -> None:
    store = PostgresProjectionStore(pool, "analytics.tests", [*OF_JOBS, *OF_SESSIONS])
    places = [(one.name, STREAM) for one in (jobs.PROJECTION, stage_attempts.PROJECTION)]
    loaded = await store.load(places)
    assert [dict(row) for row in loaded[places[0]]] == rows(jobs.PROJECTION, FILMED)
    assert sorted((row["stage"], row["latency_ms"]) for row in loaded[places[1]]) == [
        ("scenes", 1_000),
        ("speech", 1_000),
        ("video", 1_000),
    ]


async def test_the_views_answer(pool: Pool) -> None:
    success = await pool.fetchrow("SELECT * FROM analytics.success_rate")
    assert success is not None
    assert (success["day"], success["completed"], success["success_rate"]) == (
        datetime(2026, 11, 20, tzinfo=UTC).date(),
        1,
        1,
    )
    latency = await pool.fetch("SELECT stage, p50_ms, p99_ms FROM analytics.stage_latency ORDER BY stage")
    assert [tuple(row) for row in latency] == [(stage, 1_000, 1_000) for stage in ("scenes", "speech", "video")]
    fresh = await pool.fetchrow("SELECT * FROM analytics.freshness")
    assert fresh is not None
    assert (fresh["projector"], fresh["parked"]) == ("analytics.tests", 0)


async def test_the_one_shot_applications_queries_answer_as_written(pool: Pool) -> None:
    user = await pool.fetchrow("SELECT * FROM wallet.users WHERE wallet_address = $1", "0xabc")
    assert user is not None
    assert user["prompt_points"] == 100
    job = await pool.fetchrow("SELECT * FROM wallet.video_jobs WHERE job_id = $1", JOB)
    assert job is not None
    assert (job["wallet_address"], job["status"], job["script_body"]) == ("0xabc", "completed", "")
    video = await pool.fetchrow("SELECT * FROM wallet.videos WHERE job_id = $1", JOB)
    assert video is not None
    assert (video["wallet_address"], video["format"], video["duration_sec"]) == ("0xabc", "mp4", 10)


async def test_an_analyst_reads_facts_and_nothing_personal(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE playhead_analyst")
        assert await connection.fetchval("SELECT count(*) FROM analytics.fact_job") == 1
        assert await connection.fetchval("SELECT status FROM analytics.wallet_job") == "completed"
    for forbidden in ("SELECT script_body FROM wallet.job_rows", "SELECT * FROM wallet.users", "TABLE render.queue"):
        await _is_refused(pool, "playhead_analyst", forbidden)
    await _is_refused(pool, "playhead_analyst", "DELETE FROM analytics.fact_job")


async def test_the_application_reads_the_tenant_that_it_named_and_no_other(pool: Pool) -> None:
    assert await _as_app(pool, "t") == 1
    assert await _as_app(pool, "other") == 0
    assert await _as_app(pool, "") == 0


async def _as_app(pool: Pool, tenant: str) -> int:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE playhead_app")
        await connection.execute("SELECT set_config('app.tenant', $1, true)", tenant)
        return int(await connection.fetchval("SELECT count(*) FROM wallet.video_jobs"))


async def _is_refused(pool: Pool, role: str, statement: str) -> None:
    async with pool.acquire() as connection:
        attempt = connection.transaction()
        await attempt.start()
        try:
            await connection.execute(f"SET LOCAL ROLE {role}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        finally:
            await attempt.rollback()
