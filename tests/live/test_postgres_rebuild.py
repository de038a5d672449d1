"""PostgreSQL keeps the promises of a rebuild, and what its tables are besides rows is on each generation."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from eventlog.errors import Conflict
from eventlog.read.parked import ParkedStore
from eventlog.read.postgres import MIGRATIONS, Pool, PostgresProjectionStore, open_pool
from eventlog.read.postgres.generations import PostgresGenerations
from eventlog.read.rebuild.generations import RebuildRefused
from eventlog.read.rebuild.port import GenerationStore
from ops.stack.launcher import Endpoints
from tests.eventlog.counting import TOPIC
from tests.eventlog.rebuild.promises import (
    NEWER,
    OTHERS,
    OUTCOMES,
    PARTITIONS,
    TOTALS,
    Playing,
    RebuildPromises,
    a_run,
)
from tests.live.databases import migrated_database

pytestmark = pytest.mark.live

TABLES = """
SET search_path = public;
CREATE TABLE totals (
    "_id" text NOT NULL CONSTRAINT said CHECK ("_id" <> ''), stream text CONSTRAINT one_each PRIMARY KEY,
    tenant text DEFAULT 'acme', total integer, at timestamptz, twice numeric GENERATED ALWAYS AS (total * 2.0) STORED
);
CREATE INDEX by_total ON totals (total DESC) WHERE total > 1;
ALTER TABLE totals SET (fillfactor = 80);
COMMENT ON TABLE totals IS 'What''s counted.';
COMMENT ON COLUMN totals.total IS 'How many.';
GRANT SELECT, INSERT, UPDATE, DELETE ON totals TO playhead_projector;
GRANT SELECT (stream, total) ON totals TO playhead_app;
ALTER TABLE totals ENABLE ROW LEVEL SECURITY;
ALTER TABLE totals FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON totals FOR SELECT TO playhead_app USING (tenant = current_setting('app.tenant', true));
CREATE POLICY projected ON totals TO playhead_projector USING (true) WITH CHECK (true);
CREATE FUNCTION even() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER even BEFORE INSERT ON totals FOR EACH ROW EXECUTE FUNCTION even();
CREATE TABLE others ("_id" text, stream text PRIMARY KEY, tenant text, total integer, at timestamptz);
CREATE TABLE outcomes ("_id" text PRIMARY KEY, stream text, events integer, refused text);
CREATE VIEW sums WITH (security_invoker = true) AS SELECT tenant, sum(total) AS total FROM totals GROUP BY tenant;
CREATE VIEW twice AS SELECT s.tenant, 2 * s.total AS total, (SELECT count(*) FROM outcomes) AS outcomes FROM sums s;
COMMENT ON VIEW sums IS 'All of it.';
GRANT SELECT ON sums TO playhead_app;
"""
SHAPE = """
WITH here AS (
    SELECT oid, relname AS name, relkind, relrowsecurity, relforcerowsecurity, reloptions, relacl
    FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'v')
)
SELECT 'table ' || c.name AS what, concat_ws(' ', relrowsecurity, relforcerowsecurity, reloptions, relacl,
    obj_description(c.oid, 'pg_class'), CASE WHEN relkind = 'v' THEN pg_get_viewdef(c.oid) END) AS how
FROM here c
UNION ALL
SELECT 'column ' || c.name || '.' || a.attname,
    concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, a.attacl,
        col_description(c.oid, a.attnum), pg_get_expr(d.adbin, d.adrelid))
FROM here c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
UNION ALL
SELECT 'index ' || indexname, replace(indexdef, $1, '') FROM pg_indexes WHERE schemaname = $1
UNION ALL
SELECT 'constraint ' || conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN here c ON c.oid = k.conrelid
UNION ALL
SELECT 'policy ' || policyname, concat_ws(' ', tablename, permissive, roles, cmd, qual, with_check)
FROM pg_policies WHERE schemaname = $1
UNION ALL
SELECT 'trigger ' || t.tgname, replace(pg_get_triggerdef(t.oid), $1, '')
FROM here c JOIN pg_trigger t ON t.tgrelid = c.oid
WHERE NOT t.tgisinternal
ORDER BY 1
"""


@pytest.fixture
async def pool(stack: Endpoints) -> AsyncGenerator[Pool]:
    """A database of the test's own, with the tables of `TABLES`."""
    async with migrated_database(stack, [("eventlog", MIGRATIONS)]) as dsn:
        inside = await asyncpg.connect(dsn)
        await inside.execute(
            "DO $$ BEGIN CREATE ROLE playhead_app LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        await inside.execute(TABLES)
        await inside.close()
        async with await open_pool(dsn, application="tests", size=10) as opened:
            yield opened


def generations(pool: Pool) -> PostgresGenerations:
    return PostgresGenerations(pool, "counting", [TOTALS, OTHERS], [OUTCOMES])


class TestPostgresGenerations(RebuildPromises):
    @pytest.fixture
    def store(self, pool: Pool) -> PostgresGenerations:
        self.pool = pool
        return generations(pool)

    def again(self, store: GenerationStore) -> GenerationStore:
        return generations(self.pool)

    def operator(self, store: GenerationStore) -> ParkedStore:
        return PostgresProjectionStore(self.pool, "counting", [TOTALS, OTHERS], [OUTCOMES])

    async def test_a_generation_is_all_that_the_one_before_was(self, store: GenerationStore, playing: Playing) -> None:
        before = await _shape(self.pool, "public")
        assert len(before) > 30
        await a_run(store, playing).rebuild()
        assert await _shape(self.pool, "public") == before
        views = {"table sums", "table twice"}
        tables = {
            what: how
            for what, how in before.items()
            if what not in views and not what.startswith(("column sums.", "column twice."))
        }
        assert await _shape(self.pool, "public_g0") == tables
        await a_run(store, playing).roll_back()
        assert await _shape(self.pool, "public") == before
        assert await _shape(self.pool, "public_g1") == tables

    async def test_views_read_what_is_current(self, store: GenerationStore, playing: Playing) -> None:
        """Whatever the depth of the view: one that is bound to the old table would stand still."""
        await a_run(store, playing).rebuild()
        await playing.say()
        await playing.follow(store.live())
        sums = (
            "SELECT (SELECT sum(total) FROM totals), (SELECT sum(total) FROM sums), (SELECT sum(total) / 2 FROM twice)"
        )
        row = await self.pool.fetchrow(sums)
        assert row is not None
        assert row[0] == row[1] == row[2]
        assert await self.pool.fetchval("SELECT outcomes FROM twice") == await self.pool.fetchval(
            "SELECT count(*) FROM outcomes"
        )

    async def test_what_would_stay_with_the_old_table_is_refused_by_name(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await self.pool.execute("CREATE MATERIALIZED VIEW frozen AS SELECT * FROM totals")
        with pytest.raises(RebuildRefused, match="frozen"):
            await a_run(store, playing).rebuild()
        assert (await store.read()).current == 0

    async def test_a_reader_that_takes_its_time_is_waited_for_and_not_failed(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        reading = asyncio.Event()

        async def slowly() -> int:
            async with self.pool.acquire() as connection, connection.transaction():
                await connection.fetchval("SELECT count(*) FROM outcomes")
                reading.set()
                await connection.fetchval("SELECT pg_sleep(1.2)")
                return await connection.fetchval("SELECT count(*) FROM totals, sums, twice")

        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(slowly())
            await reading.wait()
            kept = await a_run(store, playing).rebuild()
        assert kept.current == 1
        assert reader.result() > 0

    async def test_a_projector_of_other_versions_does_not_write_what_these_have_folded(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        old = PostgresProjectionStore(self.pool, "counting", [TOTALS, OTHERS], [OUTCOMES])
        new = PostgresProjectionStore(self.pool, "counting", [NEWER, OTHERS], [OUTCOMES])
        with pytest.raises(Conflict, match=r"totals 1.*totals 2.*playhead rebuild counting"):
            await new.checkpoint(TOPIC, 0)
        newer = PostgresGenerations(self.pool, "counting", [NEWER, OTHERS], [OUTCOMES])
        await a_run(newer, playing, totals=NEWER).rebuild()
        await a_run(newer, playing, totals=NEWER).rebuild(approve=True)
        for n in range(PARTITIONS):
            assert await new.checkpoint(TOPIC, n) is not None
            with pytest.raises(Conflict, match="totals 2"):
                await old.checkpoint(TOPIC, n)
        with pytest.raises(Conflict, match="totals 1"):
            await a_run(newer, playing, totals=NEWER).roll_back()
        assert (await a_run(store, playing).roll_back()).current == 0


class TestByCopy(TestPostgresGenerations):
    """However few the rows are: as it is with many."""

    @pytest.fixture(autouse=True)
    def however_few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("eventlog.read.postgres.table.COPIED_ROWS", 1)


async def _shape(pool: Pool, schema: str) -> dict[str, str]:
    return {row["what"]: row["how"] for row in await pool.fetch(SHAPE, schema)}
