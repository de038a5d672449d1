"""Every login may do what its service does, and nothing else; forced row-level security binds all of them."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncpg
import pytest

from blobs.memory import MemoryBlobs
from blobs.postgres import PostgresBlobs
from eventlog.errors import Unavailable
from eventlog.read.postgres import Pool, open_pool
from ops.logins import LOGINS, OF_SERVICE
from ops.stack.endpoints import Endpoints
from services.analytics.film_copies import FilmCopies
from services.gateway.health.database import Database
from services.render.worker.queue import RenderQueue
from tests.histories import TENANT
from tests.live.logins import login_of, passwords
from tests.live.tables import keep, migrated
from tests.live.test_tables import a_film

pytestmark = pytest.mark.live

TENANTS_TABLES = """
SELECT c.oid::regclass::text AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
       array(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
WHERE c.relkind IN ('r', 'p')
    AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('tenant_id', 'tenant'))
"""
OPEN_POLICIES = """
SELECT p.polrelid::regclass::text AS name, p.polname FROM pg_policy p
WHERE 0 = ANY (p.polroles)
    OR (p.polpermissive AND 'playhead_app'::regrole = ANY (p.polroles)
        AND pg_get_expr(p.polqual, p.polrelid) NOT LIKE '%tenant_id = NULLIF(current_setting(''app.tenant''::text%')
"""
VIEWS_WITHOUT_THE_READER_S_RIGHTS = """
SELECT c.oid::regclass::text AS name FROM pg_class c
WHERE c.relkind = 'v' AND has_table_privilege('playhead_app', c.oid, 'SELECT')
    AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)
"""
PERSONAL_AND_READ = """
SELECT c.oid::regclass::text || '.' || a.attname AS name FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'v')
WHERE col_description(c.oid, a.attnum) ~* '(^|; )personal'
    AND has_column_privilege('playhead_analyst', c.oid, a.attnum, 'SELECT')
    AND c.oid <> 'analytics.topics'::regclass
"""
WRITABLE = """
SELECT n.nspname || '.' || c.relname AS name FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema')
WHERE c.relkind IN ('r', 'p') AND (has_table_privilege($1::name, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
    OR has_any_column_privilege($1::name, c.oid, 'INSERT, UPDATE'))
"""
FOLDED = {"analytics", "platform", "wallet", "workflow"}


@pytest.fixture(scope="module")
async def made(stack: Endpoints) -> AsyncGenerator[tuple[str, Pool]]:
    """A film of one tenant, written by the projector's login; every login with a password."""
    async with migrated(stack) as (dsn, pool):
        await passwords(dsn)
        async with await open_pool(login_of(dsn, "playhead_projector"), application="tests") as projector:
            await keep(projector, a_film())
        yield dsn, pool


async def names(pool: Pool, statement: str, *values: object) -> Sequence[str]:
    return [row["name"] for row in await pool.fetch(statement, *values)]


async def as_login(dsn: str, login: str, statement: str, tenant: str = "") -> Sequence[Any]:
    """As somebody who knows the password would; the tenant is that of the login where none is named."""
    connection = await asyncpg.connect(login_of(dsn, login))
    try:
        if tenant:
            await connection.execute("SELECT set_config('app.tenant', $1, false)", tenant)
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.mark.req(67)
async def test_row_level_security_is_forced_on_every_table_with_a_tenant(made: tuple[str, Pool]) -> None:
    found = await made[1].fetch(TENANTS_TABLES)
    assert len(found) >= 29
    open_ = [row["name"] for row in found if not row["forced"] or not row["policies"]]
    assert open_ == [], (
        "a new table with a tenant_id says in its migration: ENABLE and FORCE ROW LEVEL SECURITY, CREATE POLICY "
        "one_tenant … TO playhead_app, every_tenant … TO playhead_analyst, projected … TO playhead_projector"
    )


@pytest.mark.req(67)
async def test_no_policy_and_no_view_shows_the_application_more_than_one_tenant(made: tuple[str, Pool]) -> None:
    assert await names(made[1], OPEN_POLICIES) == []
    own = await names(made[1], VIEWS_WITHOUT_THE_READER_S_RIGHTS)
    assert own == ["wallet.film_bytes"], "a view is WITH (security_invoker = true), or it reads with its owner's rights"


@pytest.mark.req(67)
@pytest.mark.parametrize("login", LOGINS)
async def test_no_login_is_above_the_policies(made: tuple[str, Pool], login: str) -> None:
    role = await made[1].fetchrow(
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb AS above, rolcanlogin, "
        "EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) AS owner, "
        "has_database_privilege(rolname, current_database(), 'CREATE') AS makes FROM pg_roles r WHERE rolname = $1",
        login,
    )
    assert role is not None
    assert tuple(role) == (False, True, False, False)


@pytest.mark.req(67)
async def test_each_login_writes_its_own_tables_and_no_others(made: tuple[str, Pool]) -> None:
    wrote = {login: set(await names(made[1], WRITABLE, login)) for login in LOGINS}
    places = {"playhead.checkpoints", "playhead.parked"}
    queue = {"render.queue", "retention.jobs", "retention.files", "retention.uploads"}
    copies = {"blobs.bytes", "blobs.notes"}
    folded = {name for name in wrote["playhead_projector"] if name.partition(".")[0] in FOLDED}
    assert len(folded) >= 24
    assert wrote["playhead_projector"] == folded | places | queue | copies
    assert wrote["playhead_render"] == wrote["playhead_projector"] | {"render.leases", "retention.collected"}
    assert wrote["playhead_worker"] == {"render.queue", "render.leases", "render.turns"}
    assert wrote["playhead_blobs"] == copies
    assert wrote["playhead_keys"] == {"keys.subjects"}
    writers = {"playhead_projector", "playhead_render", "playhead_worker", "playhead_blobs", "playhead_keys"}
    readers = set(LOGINS) - writers
    assert {login: wrote[login] for login in readers} == {login: set[str]() for login in readers}


@pytest.mark.req(67)
async def test_a_worker_locks_jobs_and_can_change_none_nor_read_anything_else(made: tuple[str, Pool]) -> None:
    dsn, _ = made
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await as_login(dsn, "playhead_worker", "UPDATE render.queue SET worker = 'me'")
    for table in ("workflow.workflows", "platform.users", "wallet.job_rows", "blobs.bytes", "playhead.parked"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await as_login(dsn, "playhead_worker", f"TABLE {table}")
    pool = await open_pool(login_of(dsn, "playhead_worker"), application="tests")
    queue = RenderQueue(pool, "worker-1", jobs_per_tenant=4)
    await made[1].execute("UPDATE render.queue SET state = 'queued', claimable = true")
    claim = await queue.claim()
    assert claim is not None
    assert claim.tenant == TENANT
    assert await queue.renew(claim)
    assert await queue.look(claim) is not None
    await queue.let_go(claim)
    await pool.close()


@pytest.mark.req(67)
async def test_the_gateway_s_login_reads_no_machinery_and_is_read_only(made: tuple[str, Pool]) -> None:
    dsn, _ = made
    for table in ("render.queue", "render.leases", "retention.files", "blobs.bytes", "playhead.parked"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await as_login(dsn, "playhead_app", f"TABLE {table}")
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await as_login(dsn, "playhead_app", "CREATE TEMPORARY TABLE mine (n integer)")
    database = Database(login_of(dsn, "playhead_app"), 10)
    state, marks = await database.look(), await database.checkpoints()
    database.close()
    assert state.connected
    assert state.about["statistics"]["rows"]
    assert marks


async def test_the_analytics_login_copies_films(made: tuple[str, Pool]) -> None:
    source, dsn = MemoryBlobs(), login_of(made[0], "playhead_projector")
    film = (await source.put(b"a film" * 1_000)).sha256
    await made[1].execute("UPDATE wallet.account_rows SET kind = 'wallet', wallet_address = '0xabc'")
    await made[1].execute("UPDATE wallet.video_rows SET sha256 = $1", film)
    target = PostgresBlobs(dsn)
    async with await open_pool(dsn, application="tests") as pool:
        assert await FilmCopies(pool, source, target).once() == 1
        assert await target.size(film) == 6_000
    await target.close()


@pytest.mark.req(87)
async def test_an_analyst_reads_every_tenant_and_nothing_that_is_personal(made: tuple[str, Pool]) -> None:
    dsn, pool = made
    assert await names(pool, PERSONAL_AND_READ) == []
    for table in ("workflow.workflows", "platform.projects", "analytics.fact_job"):
        assert await as_login(dsn, "playhead_analyst", f"SELECT tenant_id, status FROM {table}"), table
    for personal in (
        "original_prompt FROM workflow.workflows",
        "title FROM platform.projects",
        "name FROM platform.users",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await as_login(dsn, "playhead_analyst", f"SELECT {personal}")


@pytest.mark.req(66)
async def test_the_platform_application_s_plain_sql_answers_for_its_tenant(made: tuple[str, Pool]) -> None:
    dsn, _ = made
    for table in ("users", "accounts", "projects", "jobs", "scenes", "assets"):
        seen = await as_login(dsn, "playhead_platform", f"SELECT tenant_id FROM {table}")
        assert {row["tenant_id"] for row in seen} == {TENANT}, table
        assert await as_login(dsn, "playhead_platform", f"SELECT FROM {table}", "other") == []


@pytest.mark.req(78)
@pytest.mark.parametrize("login", [*OF_SERVICE.values(), "playhead"])
async def test_a_server_without_tls_is_refused_where_the_address_asks_for_it(
    made: tuple[str, Pool], login: str
) -> None:
    dsn = made[0] if login == "playhead" else login_of(made[0], login)
    with pytest.raises(Unavailable, match="rejected SSL"):
        await open_pool(f"{dsn}?sslmode=require", application="tests")
