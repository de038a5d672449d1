"""The workflow application's own SQL answers, and shows one tenant; analysts find every metric explained."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncpg
import pytest

from contracts.messages.job import CancelJob, FailStage
from contracts.messages.session import EditSession
from contracts.price_book import EDITION, PRICES, cost_micro_usd
from contracts.rendering import STAGES, Stage
from eventlog.read.postgres import Connection, Pool
from ops.stack.endpoints import Endpoints
from tests.flows.world import World
from tests.histories import TENANT
from tests.live.logins import login_of, passwords
from tests.live.tables import keep, migrated
from tests.session.words import DURATION_MS, FILE, PROMPT, SCRIPT, SESSION, SPOKEN, opening, recording, start

pytestmark = pytest.mark.live

UNEXPLAINED = """
SELECT c.oid::regclass::text AS relation, coalesce(a.attname, '') AS field
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname IN ('analytics', 'workflow', 'playhead')
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'v') AND c.relname NOT IN ('migrations', 'checkpoints', 'parked', 'discarded', 'parked_acts')
    AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)
"""


def a_film() -> World:
    """A film with a file of its user's; the video stage failed once."""
    world = World()
    world.send(start(), recording(), EditSession(title="The salty sea"))
    world.work(*STAGES[:-1])
    world.send(FailStage(epoch=1, stage=Stage.VIDEO, code="tool.failed", message="it broke", retryable=True))
    world.work(Stage.VIDEO, epoch=2)
    return world


@pytest.fixture(scope="module")
async def database(stack: Endpoints) -> AsyncGenerator[tuple[str, Pool]]:
    async with migrated(stack) as made:
        await keep(made[1], a_film())
        yield made


@pytest.fixture(scope="module")
def pool(database: tuple[str, Pool]) -> Pool:
    return database[1]


@pytest.fixture
async def seed(database: tuple[str, Pool]) -> AsyncGenerator[Connection]:
    """The workflow application, logged in as itself."""
    await passwords(database[0])
    connection = await asyncpg.connect(login_of(database[0], "playhead_workflow"))
    yield connection
    await connection.close()


async def all_of(connection: Any, statement: str, *values: object) -> Sequence[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(statement, *values)]


async def test_every_table_view_and_column_is_explained(pool: Pool) -> None:
    assert [tuple(row) for row in await pool.fetch(UNEXPLAINED)] == []


@pytest.mark.req(38)
@pytest.mark.req(39)
@pytest.mark.req(40)
@pytest.mark.req(41)
@pytest.mark.req(42)
async def test_the_application_s_plain_sql_answers_in_its_own_names(seed: Any) -> None:
    (workflow,) = await all_of(seed, "SELECT * FROM workflows WHERE id = $1", SESSION)
    assert (workflow["original_prompt"], workflow["enhanced_story"]) == (PROMPT, SCRIPT)
    assert (workflow["story_title"], workflow["status"]) == ("The salty sea", "completed")
    files = await all_of(seed, "SELECT * FROM generated_files WHERE workflow_id = $1 ORDER BY file_name", SESSION)
    assert sorted(one["file_type"] for one in files) == ["audio", "image", "poster", "timings", "video"]
    (mine,) = await all_of(
        seed, "SELECT id, metadata->>'style' AS style FROM generated_files WHERE file_type = 'image'"
    )
    assert (mine["id"], mine["style"]) == (FILE, "realistic")
    (scene,) = await all_of(seed, "SELECT * FROM scenes")
    assert (scene["scene_number"], scene["description"], scene["prompt"]) == (1, "The sea", SCRIPT)
    (usage,) = await all_of(seed, "SELECT calls, tokens_used, cost_micro_usd, latency_ms, workflow_id FROM api_usage")
    assert (usage["calls"], usage["cost_micro_usd"], usage["workflow_id"]) == (1, 120, SESSION)
    assert [one["name"] for one in await all_of(seed, "SELECT name FROM users")] == ["Ada"]


@pytest.mark.req(48)
@pytest.mark.parametrize(("words", "found"), [("SALTY", 1), ("rivers sea", 1), ("sal", 0), ("s.a|ty & !x", 0)])
async def test_words_are_found_whole_and_as_they_are_written(seed: Any, words: str, found: int) -> None:
    statement = "SELECT id FROM workflows WHERE search @@ plainto_tsquery('simple', $1)"
    assert len(await all_of(seed, statement, words)) == found


async def test_another_tenant_sees_nothing_and_nobody_writes(seed: Any, pool: Pool) -> None:
    for table in ("workflows", "generated_files", "scenes", "api_usage", "users", "topics"):
        async with seed.transaction():
            await seed.execute("SELECT set_config('app.tenant', 'other', true)")
            assert await all_of(seed, f"SELECT * FROM {table}") == [], table
        assert await all_of(seed, f"SELECT * FROM {table}") != [], table
    for table in ("workflows", "generated_files", "scenes", "users"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await seed.execute(f"DELETE FROM {table}")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE playhead_app")
        assert await all_of(connection, "SELECT * FROM workflow.workflows") == []
        assert await all_of(connection, "SELECT * FROM analytics.cost_per_model") == []


async def test_the_price_book_of_the_database_is_the_contracts(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT model, valid_from, prompt_micro_usd, completion_micro_usd FROM analytics.price_book "
        "WHERE edition = $1 ORDER BY model, valid_from",
        EDITION,
    )
    assert [tuple(row) for row in rows] == sorted(tuple(price) for price in PRICES)
    for price in PRICES:
        wanted = (price.model, 1_234_567, 89, price.valid_from)
        assert await pool.fetchval("SELECT micro_usd FROM analytics.price_of($1, $2, $3, $4)", *wanted) == (
            cost_micro_usd(*wanted)
        )


async def test_a_new_edition_restates_what_calls_cost_at_the_prices_of_their_time(pool: Pool) -> None:
    async with pool.acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        await connection.execute(
            "UPDATE analytics.api_usage SET model = 'gpt-4o', prompt_tokens = 1000, completion_tokens = 10"
        )
        first = await connection.fetchrow("SELECT * FROM analytics.cost_per_model")
        await connection.execute(
            "INSERT INTO analytics.price_book VALUES (2, 'gpt-4o', '2024-01-01Z', 9, 9), "
            "(2, 'gpt-4o', '2026-01-01Z', 3000000, 20000000), (2, 'gpt-4o', '2027-01-01Z', 1, 1)"
        )
        second = await connection.fetchrow("SELECT * FROM analytics.cost_per_model")
        await undone.rollback()
    assert first is not None
    assert second is not None
    assert (first["cost_micro_usd"], first["price_book"], first["reported_micro_usd"]) == (2_600, EDITION, 120)
    assert (second["cost_micro_usd"], second["price_book"], second["reported_micro_usd"]) == (3_200, 2, 120)


METRICS: dict[str, dict[str, Any]] = {
    "success_rate": {"completed": 1, "failed": 0, "success_rate": 1},
    "stage_latency_by_day": {"attempts": 1},
    "queue_wait": {"jobs": 1},
    "cost_per_video": {"videos": 1, "cost_micro_usd_per_video": 120, "points": 4, "film_ms": DURATION_MS},
    "cost_per_model": {"model": "template-1", "calls": 1, "cost_micro_usd": 120, "price_book": None},
    "retries": {"completed": 1, "failed_attempts": 1, "reruns": 0, "retries_per_success": 1},
    "tokens": {"stage": "script", "calls": 1},
    "funnel": {"created": 1, "refined": 1, "scripted": 1, "voiced": 1, "rendered": 1},
    "cohorts": {"week": 0, "accounts": 1},
    "storage": {"files": 4, "bytes": 4_000, "removed_files": 0, "total_bytes": 4_000},
    "errors": {"stage": "video", "error_code": "tool.failed", "attempts": 1, "jobs": 0},
}
"""View to what its first row says of the film."""


@pytest.mark.req(45)
@pytest.mark.parametrize("view", METRICS)
async def test_a_metric_tells_what_happened(pool: Pool, view: str) -> None:
    row = await pool.fetchrow(f"SELECT * FROM analytics.{view} ORDER BY day, 3")
    assert row is not None
    assert row["tenant_id"] == TENANT
    assert {name: row[name] for name in METRICS[view]} == METRICS[view]


async def test_points_of_all_kinds_sum_to_the_balance_and_every_change_of_status_is_there(pool: Pool) -> None:
    credits_ = {row["kind"]: row["points"] for row in await pool.fetch("SELECT kind, points FROM analytics.credits")}
    assert set(credits_) == {"granted", "reserved", "settled"}
    assert sum(credits_.values()) == 100 - 4
    changes = await pool.fetch(
        "SELECT status_before, status, reason FROM analytics.fact_status_change WHERE thing = 'job' ORDER BY version"
    )
    assert [tuple(row) for row in changes] == [
        (None, "queued", None),
        ("queued", "running", None),
        ("running", "queued", "tool.failed"),
        ("queued", "running", None),
        ("running", "completed", None),
    ]


async def test_work_that_came_to_nothing_has_its_cost(stack: Endpoints) -> None:
    world = World()
    world.send(start())
    world.work(Stage.REFINE, Stage.SCRIPT)
    world.send(CancelJob(reason="changed my mind"))
    async with migrated(stack) as (_, pool):
        await keep(pool, world)
        row = await pool.fetchrow("SELECT * FROM analytics.failed_work")
        assert row is not None
        assert (row["status"], row["error_code"], row["jobs"], row["cost_micro_usd"]) == (
            "canceled",
            "canceled",
            1,
            120,
        )
        assert row["worker_ms"] > 0
        assert await pool.fetchval("SELECT count(*) FROM analytics.cost_per_video") == 0


async def test_rows_are_as_fresh_as_their_projector(pool: Pool) -> None:
    fresh = await pool.fetch("SELECT * FROM analytics.freshness ORDER BY projector")
    assert {"tests.0", "tests.1"} <= {row["projector"] for row in fresh}
    assert {(row["behind"], row["parked"]) for row in fresh} == {(0, 0)}
    assert all(0 <= row["seconds"] < 300 for row in fresh)
    await pool.execute("UPDATE playhead.checkpoints SET next_offset = next_offset + 1 WHERE projector = 'tests.0'")
    again = await pool.fetchrow("SELECT * FROM analytics.freshness WHERE projector = 'tests.0'")
    assert again is not None
    assert again["moved_at"] > fresh[0]["moved_at"]


async def test_a_file_s_metadata_is_read_as_it_was_sent(stack: Endpoints) -> None:
    """Numbers, too, that a database would write in another way."""
    odd = recording().model_copy(update={"metadata": {"big": 1e20, "small": 1e-7, "one": 1.0, "deep": [{"a": None}]}})
    world = World()
    world.send(opening(), odd)
    async with migrated(stack) as (_, pool):
        await keep(pool, world)
        (row,) = await world.rows("workflow.generated_files")
        assert await pool.fetchval("SELECT metadata::text FROM workflow.generated_files") == row["metadata"]
        assert await pool.fetchval("SELECT count(*) FROM workflow.workflows WHERE search IS NOT NULL") == 1


async def test_a_story_of_any_length_is_kept_and_found(stack: Endpoints) -> None:
    """Far more words than PostgreSQL keeps the places of, and more text than it would index."""
    long = " ".join(f"word{number}" for number in range(40_000))
    world = World(seals=False)
    assert world.send(start(script=long, stages=SPOKEN)) == ["done"]
    async with migrated(stack) as (_, pool):
        await keep(pool, world)
        for word, found in (("word9", 1), ("word15000", 1), ("word", 0)):
            statement = "SELECT count(*) FROM workflow.workflows WHERE search @@ plainto_tsquery('simple', $1)"
            assert await pool.fetchval(statement, word) == found
