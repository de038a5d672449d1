"""The one-shot application's own SQL answers, for its own role, and writes name the call that does the same."""

from collections.abc import AsyncGenerator
from io import BytesIO
from typing import NamedTuple, TypeAlias

import asyncpg
import pytest

from blobs.memory import MemoryBlobs
from blobs.postgres import PostgresBlobs
from eventlog.commit import start
from eventlog.read.postgres import Pool, PostgresProjectionStore, open_pool
from eventlog.read.projection import View
from eventlog.read.projector import Changes, Place
from ops.stack.launcher import Endpoints
from services.analytics.film_copies import FilmCopies
from services.analytics.projections import OF_JOBS, OF_SESSIONS, wallet
from tests.analytics.stories import ACCOUNT, JOB, STREAM, rows
from tests.analytics.test_accounts import GRANTED, REGISTERED
from tests.analytics.test_jobs import FILMED
from tests.live.databases import migrated_database
from tests.live.logins import login_of, passwords

pytestmark = pytest.mark.live

FILM = bytes(range(256)) * 8_000


class Database(NamedTuple):
    """The owner's connections, and the address for the application's role."""

    pool: Pool
    dsn: str
    as_application: str


@pytest.fixture(scope="module")
async def database(stack: Endpoints) -> AsyncGenerator[Database]:
    """One wallet of the tenant that the role sees, with one film; and the same of another tenant."""
    async with migrated_database(stack) as dsn, await open_pool(dsn, application="tests") as pool:
        await passwords(dsn)
        await _fill(pool)
        yield Database(pool, dsn, login_of(dsn, "playhead_wallet"))


async def _fill(pool: Pool) -> None:
    store = PostgresProjectionStore(pool, "analytics.tests", [*OF_JOBS, *OF_SESSIONS])
    blobs = MemoryBlobs()
    sha256 = (await blobs.put(FILM)).sha256
    views: dict[Place, View] = {}
    for tenant in ("demo", "other"):
        account = f"account-{tenant}"
        for projection, stream, story in (
            (wallet.ACCOUNTS, account, [REGISTERED, GRANTED]),
            (wallet.JOBS, f"{STREAM}-{tenant}", FILMED),
            (wallet.VIDEOS, f"{STREAM}-{tenant}", FILMED),
        ):
            changes = {"stream": stream, "tenant_id": tenant} | (
                {"sha256": sha256} if projection is wallet.VIDEOS else {}
            )
            views[projection.name, stream] = tuple({**row, **changes} for row in rows(projection, story, stream))
    topic = "playhead.render.events"
    await store.commit(topic, 0, None, start(topic, 0), Changes(views=views))


@pytest.fixture
async def application(database: Database) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A client of the seed's, with its plain connection string."""
    connection = await asyncpg.connect(database.as_application)
    yield connection
    await connection.close()


Application: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.mark.req(50)
async def test_a_user_is_found_by_its_wallet_with_its_points(application: Application) -> None:
    rows_ = await application.fetch("SELECT * FROM users WHERE wallet_address = $1", "0xabc")
    assert [(row["wallet_address"], row["prompt_points"]) for row in rows_] == [("0xabc", 100)]
    columns = await application.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'users'"
    )
    assert ("prompt_points", "integer") in {tuple(row) for row in columns}


@pytest.mark.req(51)
async def test_a_job_is_found_with_its_status_and_without_its_script(application: Application) -> None:
    statement = (
        "SELECT job_id, wallet_address, script_body, status, error_message, created_at, updated_at "
        "FROM video_jobs WHERE job_id = $1"
    )
    rows_ = await application.fetch(statement, JOB)
    assert [tuple(row)[1:5] for row in rows_] == [("0xabc", "", "completed", None)]


@pytest.mark.req(52)
async def test_a_film_s_bytes_are_a_column_once_they_are_copied(database: Database, application: Application) -> None:
    statement = "SELECT video_data, video_data_missing FROM videos WHERE job_id = $1"
    row = await application.fetchrow(statement, JOB)
    assert row is not None
    assert row["video_data"] is None
    assert f"GET /api/videos/{JOB}" in row["video_data_missing"]
    source, target = MemoryBlobs(), PostgresBlobs(database.dsn)
    await source.put(FILM)
    assert await FilmCopies(database.pool, source, target).once() == 1
    assert await FilmCopies(database.pool, source, target).once() == 0
    await target.close()
    row = await application.fetchrow("SELECT * FROM videos WHERE job_id = $1", JOB)
    assert row is not None
    assert (row["video_data"], row["video_data_missing"]) == (FILM, None)
    assert (row["video_id"], row["job_id"], row["format"]) == (JOB, JOB, "mp4")
    part = await application.fetchval("SELECT substring(video_data FROM 257 FOR 4) FROM videos WHERE job_id = $1", JOB)
    assert part == bytes((0, 1, 2, 3))


async def test_bytes_without_a_film_of_the_tenant_are_not_seen(database: Database, application: Application) -> None:
    target = PostgresBlobs(database.dsn)
    blob = await target.put(b"somebody else's narration")
    assert await application.fetch("SELECT 1 FROM film_bytes WHERE sha256 = $1", blob.sha256) == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await application.fetch("SELECT 1 FROM blobs.bytes")
    await target.close()


async def test_a_copy_goes_when_its_film_is_gone(database: Database) -> None:
    target = PostgresBlobs(database.dsn)
    left = await target.put(b"a film whose row is gone")
    await FilmCopies(database.pool, MemoryBlobs(), target).once()
    assert await target.size(left.sha256) is None
    await target.close()


async def test_another_tenant_is_seen_only_where_it_is_named(application: Application) -> None:
    assert await application.fetchval("SELECT count(*) FROM video_jobs") == 1
    await application.execute("SET app.tenant = ''")
    assert await application.fetchval("SELECT count(*) FROM video_jobs") == 0


@pytest.mark.req(60)
@pytest.mark.parametrize(
    ("statement", "call"),
    [
        ("DELETE FROM videos WHERE video_id = $1", "DELETE /api/videos/{videoId}"),
        (
            "DELETE FROM video_jobs WHERE job_id = $1 AND created_at < NOW() + INTERVAL '30 days'",
            "DELETE /api/jobs?status=completed&olderThanDays=30",
        ),
        ("UPDATE video_jobs SET status = 'failed' WHERE job_id = $1", "POST /api/generate"),
    ],
)
async def test_a_write_names_the_call_that_does_the_same(application: Application, statement: str, call: str) -> None:
    with pytest.raises(asyncpg.FeatureNotSupportedError) as refused:
        await application.execute(statement, JOB)
    assert call in str(refused.value.hint)


@pytest.mark.req(64)
@pytest.mark.parametrize(
    "selected",
    [
        "SELECT job_id, wallet_address, status, error_message, created_at FROM video_jobs",
        "SELECT job_id, wallet_address, video_data, duration_sec, format, created_at FROM videos",
    ],
)
async def test_what_was_made_is_taken_along_in_the_columns_of_the_old_tables(
    application: Application, selected: str
) -> None:
    taken = BytesIO()
    assert await application.copy_from_query(selected, output=taken) == "COPY 1"
    (line,) = taken.getvalue().decode().splitlines()
    assert line.split("\t")[:2] == [str(JOB), "0xabc"]


async def test_a_balance_beyond_an_integer_is_kept_and_shown_as_near_as_it_can_be(
    database: Database, application: Application
) -> None:
    rich = 5_000_000_000
    await database.pool.execute("UPDATE wallet.account_rows SET prompt_points = $1 WHERE tenant_id = 'demo'", rich)
    assert await application.fetchval("SELECT prompt_points FROM users") == 2**31 - 1
    assert await database.pool.fetchval("SELECT max(prompt_points) FROM analytics.wallet_account") == rich
    await database.pool.execute("UPDATE wallet.account_rows SET prompt_points = 100 WHERE tenant_id = 'demo'")


def test_the_account_of_the_story_is_the_film_s() -> None:
    assert {row["account_id"] for row in rows(wallet.VIDEOS, FILMED)} == {ACCOUNT}
