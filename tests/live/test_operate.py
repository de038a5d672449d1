"""Migrations are told and corrected, stores are compared with what they should be, timed and cleaned by command."""

from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from eventlog.clock import new_id
from eventlog.read.mongo import MongoDatabase
from ops.stack.endpoints import Endpoints
from tests.live.operating import playhead
from tests.live.tables import migrated

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


@pytest.fixture
async def settings(stack: Endpoints, tmp_path: Path) -> AsyncGenerator[dict[str, str]]:
    """Databases of this test alone, made as an operator makes them."""
    name = f"test_{new_id().hex}"
    async with migrated(stack) as (dsn, _):
        found = {**stack.environment(), "DATABASE_URL": dsn, "MONGODB_DATABASE": name, "PLAYHEAD_DATA": str(tmp_path)}
        said = await playhead(found, "migrate")
        assert said.code == 0, said.err
        yield found
        database = MongoDatabase.connect(stack.mongodb, name, application="tests")
        await database.drop()
        database.close()


async def sql(settings: dict[str, str], text: str) -> None:
    connection = await asyncpg.connect(settings["DATABASE_URL"])
    await connection.execute(text)
    await connection.close()


@pytest.mark.req(46, 76, 81)
async def test_validate_names_each_thing_that_is_not_as_this_version_wants_it(settings: dict[str, str]) -> None:
    database = MongoDatabase.connect(settings["MONGODB_URI"], settings["MONGODB_DATABASE"], application="tests")
    await database.install({"idempotency": None})
    well = await playhead(settings, "maintenance", "validate", "--json")
    missing = {one["what"] for one in well.told["differences"]}
    assert missing == {"index idempotency.at_1"}, "the gateway makes that one, and none has run here"
    await sql(
        settings,
        """
        DROP INDEX analytics.fact_session_created;
        ALTER TABLE analytics.fact_job DISABLE ROW LEVEL SECURITY;
        ALTER TABLE render.queue ALTER COLUMN tenant_id DROP NOT NULL;
        ALTER TABLE playhead.parked DROP CONSTRAINT parked_pkey;
        CREATE TABLE analytics.somebodys (n integer);
        """,
    )
    await database.install({"sessions": None, "strangers": None})
    database.close()
    ill = await playhead(settings, "maintenance", "validate")
    assert ill.code == 1
    for words in (
        "index analytics.fact_session_created is missing",
        "column render.queue.tenant_id is text, it should be text NOT NULL",
        "constraint playhead.parked.parked_pkey is missing",
        "table analytics.somebodys is there, and nothing asks for it",
        "validator of sessions is {}, it should be",
        "collection strangers is there, and nothing asks for it",
    ):
        assert words in ill.out


@pytest.mark.req(46, 74, 81)
async def test_migrations_are_told_and_a_changed_one_is_resolved(settings: dict[str, str]) -> None:
    assert (await playhead(settings, "migrate", "status")).code == 0
    await sql(settings, "UPDATE playhead.migrations SET checksum = '\\x00' WHERE folder = 'retention'")
    changed = await playhead(settings, "migrate", "status")
    assert changed.code == 1
    assert "retention/0001_endings.sql was applied as 00" in changed.out
    resolved = await playhead(settings, "migrate", "resolve", "retention/0001_endings.sql", "applied")
    assert resolved.code == 0, resolved.err
    assert (await playhead(settings, "migrate", "status")).code == 0
    await sql(settings, "DROP SCHEMA retention CASCADE")
    await playhead(settings, "migrate", "resolve", "retention/0001_endings.sql", "undone")
    waiting = await playhead(settings, "migrate", "up", "--dry-run", "--json")
    assert waiting.told["folders"]["retention"] == ["0001_endings.sql"]
    assert (await playhead(settings, "migrate", "status")).code == 1
    assert (await playhead(settings, "migrate", "up")).code == 0
    assert (await playhead(settings, "migrate", "status")).code == 0


@pytest.mark.req(74, 81)
async def test_a_migration_that_fails_is_told_and_is_no_migration_a_usage_error(settings: dict[str, str]) -> None:
    await playhead(settings, "migrate", "resolve", "retention/0001_endings.sql", "undone")
    failed = await playhead(settings, "migrate", "up")
    assert failed.code == 1
    assert 'schema "retention" already exists' in failed.err
    assert "playhead migrate resolve retention/" in failed.err
    assert "Traceback" not in failed.err
    assert (await playhead(settings, "migrate", "resolve", "letters/a.txt", "applied")).code == 2


@pytest.mark.req(37, 76, 80)
async def test_benchmark_times_both_stores_and_leaves_nothing_behind(settings: dict[str, str]) -> None:
    said = await playhead(settings, "maintenance", "benchmark", "--runs", "5", "--json")
    assert said.code == 0, said.err
    figures = said.told["figures"]
    assert {(one["store"], one["operation"].split()[0]) for one in figures} == {
        (store, what) for store in ("PostgreSQL", "MongoDB") for what in ("connect", "point", "list", "write,")
    }
    assert all(0 < one["p50Ms"] <= one["p95Ms"] <= one["p99Ms"] <= one["maxMs"] for one in figures)
    connection = await asyncpg.connect(settings["DATABASE_URL"])
    assert await connection.fetchval("SELECT count(*) FROM playhead.checkpoints") == 0
    await connection.close()
    database = MongoDatabase.connect(settings["MONGODB_URI"], settings["MONGODB_DATABASE"], application="tests")
    assert await database.collection("checkpoints").count({}, limit=10) == 0
    database.close()


@pytest.mark.req(46, 76)
async def test_cleanup_counts_what_is_due_and_with_dry_run_changes_nothing(settings: dict[str, str]) -> None:
    await sql(
        settings,
        f"""
        INSERT INTO retention.jobs (stream, tenant_id, job_id, ended, ended_at, version)
        VALUES ('job-{new_id()}', 'tests', gen_random_uuid(), 'failed', now() - interval '8 days', 3),
            ('job-{new_id()}', 'tests', gen_random_uuid(), 'completed', now() - interval '8 days', 3);
        """,
    )
    said = await playhead(settings, "maintenance", "cleanup", "--dry-run", "--json")
    assert said.code == 0, said.err
    assert said.told["forgotten_jobs"] == 1
    assert said.told["collected_blobs"] == 0


@pytest.mark.req(74)
async def test_reset_asks_and_outside_the_local_profile_wants_to_be_told_twice(settings: dict[str, str]) -> None:
    refused = await playhead(settings, "reset", "--yes")
    assert refused.code == 2
    assert "--production" in refused.err
    unsure = await playhead(settings, "reset", "--production", typed="yes\n")
    assert unsure.code == 2
    assert "nothing was changed" in unsure.err


async def test_a_store_that_is_away_is_exit_code_three(settings: dict[str, str]) -> None:
    away = {**settings, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    for arguments in (("maintenance", "validate"), ("migrate", "status"), ("maintenance", "benchmark")):
        said = await playhead(away, *arguments)
        assert said.code == 3, said.err
        assert "Traceback" not in said.err
