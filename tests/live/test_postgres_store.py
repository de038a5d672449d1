"""PostgreSQL keeps the promises of every store, and what its tables rely on."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from eventlog.read.parked import ParkedStore
from eventlog.read.postgres import MIGRATIONS, Pool, PostgresProjectionStore, open_pool, tenant_transaction
from eventlog.read.projection import Projection, Row
from eventlog.read.projector import Changes
from eventlog.read.snapshot import SnapshotStore
from eventlog.read.store import Unkeepable
from ops.stack.launcher import Endpoints
from tests.eventlog.counting import OTHERS, OUTCOMES, TOTALS
from tests.eventlog.lossy_proxy import lossy_proxy
from tests.eventlog.parked_promises import ParkedPromises
from tests.eventlog.store_promises import DIARY, THINGS, TOPIC, DurableStorePromises, at, of, parked, thing
from tests.eventlog.verify_promises import VerifyPromises
from tests.live.databases import migrated_database

pytestmark = pytest.mark.live

TABLES = """
SET search_path = public;
CREATE TABLE things ("_id" text, stream text PRIMARY KEY, tenant text, at timestamptz, n bigint, words text,
    nothing text, nested jsonb, twice numeric GENERATED ALWAYS AS (n * 2.0) STORED);
CREATE TABLE diary ("_id" text PRIMARY KEY, stream text, words text);
CREATE TABLE totals ("_id" text, stream text PRIMARY KEY, tenant text, total integer, at timestamptz);
CREATE TABLE others (LIKE totals INCLUDING ALL);
CREATE TABLE outcomes ("_id" text PRIMARY KEY, stream text, events integer, refused text);
CREATE SCHEMA shop;
CREATE TABLE shop.parts (stream text NOT NULL, part integer NOT NULL, price numeric(10, 2), tags text[],
    lease_until timestamptz, CONSTRAINT cheap CHECK (price < 100), PRIMARY KEY (stream, part));
GRANT USAGE ON SCHEMA shop TO playhead_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON things, diary, shop.parts TO playhead_projector;
"""
PARTS = Projection("shop.parts", 1, "thing", lambda view, _fact: view, key=("stream", "part"))


def moved(dsn: str, *, database: str = "", port: int = 0) -> str:
    """The DSN of another database, or of another port."""
    url = urlsplit(dsn)
    netloc = f"{url.netloc.rpartition(':')[0]}:{port}" if port else url.netloc
    return urlunsplit((url.scheme, netloc, f"/{database}" if database else url.path, url.query, ""))


def a_store(pool: Pool, seconds: float = 20) -> PostgresProjectionStore:
    return PostgresProjectionStore(
        pool, "tester", [THINGS, PARTS], [DIARY], untouched={"shop.parts": ["lease_until"]}, seconds=seconds
    )


def part(stream: str, number: int, **fields: object) -> Row:
    return {"stream": stream, "part": number, "price": Decimal("1.50"), "tags": ["ä", "b,c", '"'], **fields}


@pytest.fixture
async def dsn(stack: Endpoints) -> AsyncGenerator[str]:
    """An empty database with the tables of these tests."""
    async with migrated_database(stack, [("eventlog", MIGRATIONS)]) as made:
        inside = await asyncpg.connect(made)
        await inside.execute(TABLES)
        await inside.close()
        yield made


@pytest.fixture
async def pool(dsn: str) -> AsyncGenerator[Pool]:
    async with await open_pool(dsn, application="tests", size=8) as opened:
        yield opened


class TestPostgresProjectionStore(DurableStorePromises, ParkedPromises):
    @pytest.fixture
    def store(self, pool: Pool) -> PostgresProjectionStore:
        self.pool = pool
        return a_store(pool)

    def twin(self, store: ParkedStore) -> ParkedStore:
        return a_store(self.pool)

    @pytest.fixture
    async def cut_off(self, dsn: str) -> AsyncGenerator[PostgresProjectionStore]:
        server = urlsplit(dsn)
        async with lossy_proxy(server.hostname or "", server.port or 0) as proxy:
            pool = await open_pool(moved(dsn, port=proxy.port), application="tests", seconds=1)
        yield a_store(pool, seconds=1)
        pool.terminate()

    @pytest.fixture
    async def deaf(self, dsn: str) -> AsyncGenerator[PostgresProjectionStore]:
        server = urlsplit(dsn)
        async with lossy_proxy(server.hostname or "", server.port or 0) as proxy:
            pool = await open_pool(moved(dsn, port=proxy.port), application="tests", seconds=2)
            proxy.lost = b"COMMIT"
            yield a_store(pool, seconds=2)
            pool.terminate()
            assert proxy.losses, "the answer to a commit was lost"


class TestByCopy(TestPostgresProjectionStore):
    """However few the rows are: as it is with many."""

    @pytest.fixture(autouse=True)
    def however_few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("eventlog.read.postgres.table.COPIED_ROWS", 1)


class TestVerifyPostgres(VerifyPromises):
    @pytest.fixture
    def store(self, pool: Pool) -> PostgresProjectionStore:
        self.pool = pool
        journal = replace(OUTCOMES, key=("_id",))
        return PostgresProjectionStore(pool, "counting", [by_stream(TOTALS), by_stream(OTHERS)], [journal])

    async def tamper(self, store: SnapshotStore, name: str, id_: str, field: str, value: object) -> None:
        await self.pool.execute(f'UPDATE {name} SET "{field}" = $1 WHERE "_id" = $2', value, id_)

    async def remove(self, store: SnapshotStore, name: str, id_: str) -> None:
        await self.pool.execute(f'DELETE FROM {name} WHERE "_id" = $1', id_)


def by_stream(projection: Projection) -> Projection:
    return replace(projection, key=("stream",))


async def rows_in(pool: Pool, table: str) -> list[Row]:
    return [dict(row) for row in await pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")]


async def test_rows_of_a_stream_come_and_go_and_others_stay(pool: Pool) -> None:
    store = a_store(pool)
    rows = {("shop.parts", f"thing-{s}"): tuple(part(f"thing-{s}", n) for n in range(3)) for s in "ab"}
    await store.commit(TOPIC, 0, None, at(0), Changes(views={**rows}))
    kept = (part("thing-a", 1, tags=None), part("thing-a", 7, tags=[]))
    await store.commit(TOPIC, 0, at(0), at(1), Changes(views={("shop.parts", "thing-a"): kept}))
    loaded = await store.load([("shop.parts", "thing-a"), ("shop.parts", "thing-b")])
    assert loaded == {("shop.parts", "thing-a"): kept, ("shop.parts", "thing-b"): rows["shop.parts", "thing-b"]}


async def test_columns_that_belong_to_others_are_left_alone(pool: Pool) -> None:
    store = a_store(pool)
    place = ("shop.parts", "thing-a")
    await store.commit(TOPIC, 0, None, at(0), Changes(views={place: (part("thing-a", 1),)}))
    await pool.execute("UPDATE shop.parts SET lease_until = now()")
    assert (await store.load([place]))[place] == (part("thing-a", 1),)
    await store.commit(TOPIC, 0, at(0), at(1), Changes(views={place: (part("thing-a", 1, price=Decimal(2)),)}))
    (row,) = await rows_in(pool, "shop.parts")
    assert row["lease_until"] is not None
    assert row["price"] == 2


async def test_a_snapshot_says_what_the_server_makes_of_a_row(pool: Pool) -> None:
    store = a_store(pool)
    made = {"stream": "thing-a", "part": 1, "price": 3}
    await store.commit(TOPIC, 0, None, at(0), Changes(views={("shop.parts", "thing-a"): (made,)}))
    async with store.snapshot() as snapshot:
        assert [row async for row in snapshot.rows("shop.parts")] == [snapshot.as_kept("shop.parts", made)]


@pytest.mark.parametrize("words", ["a zero byte \0", "half a pair \ud800"])
async def test_text_that_postgres_does_not_take_is_named_by_its_stream(pool: Pool, words: str) -> None:
    with pytest.raises(Unkeepable) as refused:
        await a_store(pool).commit(TOPIC, 0, None, at(0), of(thing("thing-1"), thing("thing-2", words=words)))
    assert refused.value.place == ("things", "thing-2")
    assert words not in str(refused.value)


async def test_a_broken_rule_of_the_table_is_named(pool: Pool) -> None:
    views = {("shop.parts", f"thing-{n}"): (part(f"thing-{n}", 1, price=Decimal(n)),) for n in (99, 100)}
    with pytest.raises(Unkeepable, match="CheckViolationError cheap") as refused:
        await a_store(pool).commit(TOPIC, 0, None, at(0), Changes(views={**views}))
    assert refused.value.place == ("shop.parts", "thing-100")


async def test_a_parked_reason_with_a_zero_byte_can_be_kept(pool: Pool) -> None:
    odd = parked("thing-1", 3)._replace(reason="KeyError: '\0'")
    await a_store(pool).commit(TOPIC, 0, None, at(3), Changes(parked=[odd]))
    assert await a_store(pool).checkpoint(TOPIC, 0) == (at(3), {"thing-1": 1})


async def test_a_snapshot_is_taken_where_somebody_prepared_a_statement_and_was_cancelled(dsn: str) -> None:
    async with await open_pool(dsn, application="tests", size=1) as single:
        async with single.acquire() as connection:
            await connection.prepare("SELECT count(*) FROM things")
        async with a_store(single).snapshot() as seen:
            assert [row async for row in seen.rows("things")] == []


async def test_a_table_that_is_not_there_is_named(pool: Pool) -> None:
    store = PostgresProjectionStore(pool, "tester", [Projection("shop.none", 1, "thing", PARTS.fold, ("stream",))])
    with pytest.raises(LookupError, match=r"shop\.none"):
        await store.load([("shop.none", "thing-1")])


async def test_the_projectors_role_is_all_that_a_store_needs(dsn: str) -> None:
    async with await open_pool(dsn, application="tests", size=1) as narrow:
        await narrow.execute("SET ROLE playhead_projector")  # for the one connection that there is
        store = PostgresProjectionStore(narrow, "tester", [PARTS], [DIARY])
        views = {("shop.parts", "thing-a"): (part("thing-a", 1),)}
        await store.commit(TOPIC, 0, None, at(0), Changes(views={**views}, parked=[parked("thing-1", 0)]))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await narrow.execute("DROP TABLE playhead.checkpoints")


async def test_a_tenants_transaction_sees_rows_of_that_tenant(pool: Pool) -> None:
    await a_store(pool).commit(TOPIC, 0, None, at(0), of(thing("thing-1"), thing("thing-2", tenant="rival")))
    await pool.execute(
        "ALTER TABLE things ENABLE ROW LEVEL SECURITY; GRANT SELECT ON things TO PUBLIC;"
        "CREATE POLICY own ON things USING (tenant = NULLIF(current_setting('app.tenant', true), ''));"
        "DO $$ BEGIN CREATE ROLE store_test_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    async with tenant_transaction(pool, "rival") as connection:
        await connection.execute("SET LOCAL ROLE store_test_reader")
        assert [row["stream"] for row in await connection.fetch("SELECT stream FROM things")] == ["thing-2"]
