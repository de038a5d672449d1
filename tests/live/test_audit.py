"""The audit trail in PostgreSQL: told as its double in memory tells it, only added to, to each tenant its own."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from contracts.catalog import as_command
from contracts.envelope import Command, stream_id
from contracts.messages.access import ChangePlan, RevokeKey
from contracts.messages.account import ReserveCredits
from contracts.messages.operation import BeginOperation, EndOperation
from eventlog.read.postgres import Pool, tenant_transaction
from ops.commands.operations import done_in
from ops.stack.endpoints import Endpoints
from services.gateway.http.cursors import Place
from services.gateway.ports.tables import AuditFilter, Row, Tables
from services.gateway.reading.postgres import PostgresTables
from tests.bdd import NOON
from tests.flows.world import ACCOUNT_STREAM, World
from tests.gateway.memory_tables import MemoryTables
from tests.histories import TENANT
from tests.live.tables import keep, migrated
from tests.session.words import SESSION, an_id, start

pytestmark = pytest.mark.live

TABLES = ("session_audit", "job_audit")


def a_story() -> World:
    world = World()
    world.send(start(), ChangePlan(plan="premium"), RevokeKey(key_id=an_id("none")))
    world.send(ReserveCredits(job_id=an_id("dear"), session_id=SESSION, run=1, amount=10_000, enforce=True))
    world.work()
    world.deliver(operations())
    return world


def operations() -> list[Command]:
    """A rollback of which the beginning was not heard, then a rebuild that was killed."""
    what = {"operation_id": an_id("rollback"), "action": "rollback", "target": "analytics.jobs-projector"}
    bodies = (
        EndOperation.model_validate({**what, "outcome": "failed", "error": "Unavailable"}),
        BeginOperation.model_validate({**what, "operation_id": an_id("rebuild"), "action": "rebuild"}),
    )
    return [
        as_command(
            body,
            id_=an_id(body.TYPE),
            stream=stream_id("operation", "operators", str(body.operation_id)),
            at=NOON + timedelta(hours=hour),
            tenant="operators",
            actor="operator:ada",
        )
        for hour, body in enumerate(bodies)
    ]


@pytest.fixture(scope="module")
async def kept(stack: Endpoints) -> AsyncGenerator[tuple[str, Pool, MemoryTables]]:
    world = a_story()
    async with migrated(stack) as (dsn, pool):
        await keep(pool, world)
        memory = MemoryTables()
        for reader in world.facts:
            for name, rows in reader.store.entries.items():
                memory.rows[name] = list(rows.values())
        yield dsn, pool, memory


@pytest.fixture
async def real(kept: tuple[str, Pool, MemoryTables]) -> AsyncGenerator[PostgresTables]:
    tables = PostgresTables(kept[0], 10)
    yield tables
    tables.close()


FILTERS = {
    "all": AuditFilter(),
    "one actor": AuditFilter(actor="ada"),
    "one stream": AuditFilter(stream=ACCOUNT_STREAM),
    "jobs": AuditFilter(category="job"),
    "one command": AuditFilter(command="ChangePlan"),
    "refused": AuditFilter(outcome="refused"),
    "operations": AuditFilter(category="operation"),
    "later": AuditFilter(since=NOON + timedelta(seconds=2)),
    "earlier": AuditFilter(until=NOON + timedelta(seconds=2)),
}


def shown(rows: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "tenant_id"} for row in rows]


@pytest.mark.req(69, 77)
@pytest.mark.parametrize("name", FILTERS)
async def test_both_tell_the_same(kept: tuple[str, Pool, MemoryTables], real: PostgresTables, name: str) -> None:
    tenant = "operators" if name == "operations" else TENANT
    found = await real.audit(tenant, FILTERS[name], None, 100)
    assert found
    assert shown(found) == shown(await kept[2].audit(tenant, FILTERS[name], None, 100))
    assert await real.audit("another", FILTERS[name], None, 100) == []


async def paged(tables: Tables) -> list[Row]:
    seen, after = list[Row](), None
    while page := await tables.audit(TENANT, AuditFilter(), after, 3):
        seen += page
        after = Place(page[-1]["happened_at"], str(page[-1]["command_id"]))
    return seen


@pytest.mark.req(69, 77)
async def test_pages_miss_and_repeat_nothing(kept: tuple[str, Pool, MemoryTables], real: PostgresTables) -> None:
    assert shown(await paged(real)) == shown(await kept[2].audit(TENANT, AuditFilter(), None, 100))


@pytest.mark.req(77)
async def test_a_page_is_one_statement_that_reads_an_index_and_no_more_rows_than_it_shows(
    kept: tuple[str, Pool, MemoryTables],
) -> None:
    pool = kept[1]
    await pool.execute(
        """INSERT INTO platform.session_audit
           SELECT gen_random_uuid(), 'session-' || n, 'crowd', now() - make_interval(secs => n), 'ada', 'StartSession',
                  'session', NULL, 'applied', NULL, '{}', '{}', 1
           FROM generate_series(1, 20000) n"""
    )
    await pool.execute("ANALYZE platform.session_audit")
    asked = "SELECT * FROM platform.audit WHERE tenant_id = 'crowd' ORDER BY happened_at DESC, command_id DESC LIMIT 21"
    async with tenant_transaction(pool, "crowd", role="playhead_app") as connection:
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN (ANALYZE, COSTS OFF) {asked}"))
    assert "session_audit_time" in plan
    assert "Seq Scan" not in plan
    assert "rows=20000" not in plan


@pytest.mark.req(69)
@pytest.mark.parametrize("table", TABLES)
async def test_a_row_is_neither_changed_nor_taken_away_by_whoever_may_do_everything(
    kept: tuple[str, Pool, MemoryTables], table: str
) -> None:
    pool = kept[1]
    before = await pool.fetch(f"SELECT * FROM platform.{table} ORDER BY command_id")
    assert before
    for attempt in (f"UPDATE platform.{table} SET actor = 'nobody'", f"DELETE FROM platform.{table}"):
        with pytest.raises(asyncpg.RaiseError, match="only added to"):
            await pool.execute(attempt)
        for role in ("playhead_app", "playhead_projector"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with tenant_transaction(pool, TENANT, role=role) as connection:
                    await connection.execute(attempt)
    assert await pool.fetch(f"SELECT * FROM platform.{table} ORDER BY command_id") == before


@pytest.mark.req(69)
async def test_operators_read_what_they_did_and_no_tenant_does(kept: tuple[str, Pool, MemoryTables]) -> None:
    assert [str(one) for one in await done_in(kept[1], "operators", 10)] == [
        "2026-11-20 13:00:00  ada  rebuild analytics.jobs-projector  has not ended: it goes on, or it was killed",
        "2026-11-20 12:00:00  ada  rollback analytics.jobs-projector  failed (Unavailable)",
    ]
    assert len(await done_in(kept[1], "operators", 1)) == 1
    assert await done_in(kept[1], TENANT, 10) == []
    assert await kept[2].audit("operators", AuditFilter(), None, 10) == []


@pytest.mark.req(67, 69)
async def test_a_tenant_sees_its_own_trail_alone(kept: tuple[str, Pool, MemoryTables]) -> None:
    for tenant, some in ((TENANT, True), ("another", False)):
        async with tenant_transaction(kept[1], tenant, role="playhead_app") as connection:
            found = await connection.fetch("SELECT tenant_id FROM platform.audit")
        assert bool(found) == some
        assert {row["tenant_id"] for row in found} <= {tenant}
    async with kept[1].acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE playhead_app")
        assert await connection.fetchval("SELECT count(*) FROM platform.audit") == 0
