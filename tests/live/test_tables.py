"""What the gateway asks of PostgreSQL is answered as its double in memory answers; the handbook's examples run."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from contracts.messages.job import FailStage
from contracts.rendering import STAGES, Stage
from eventlog.errors import Unavailable
from eventlog.read.postgres import Pool, tenant_transaction
from ops.settings import PROJECT
from ops.stack.endpoints import Endpoints
from services.gateway.auth.reach import Reach
from services.gateway.http.cursors import Place
from services.gateway.ports.tables import Days, Row, Tables, usage_place
from services.gateway.reading.postgres import PostgresTables
from services.gateway.reading.statements import DEFINITIONS
from tests.flows.world import World
from tests.gateway.memory_tables import MemoryTables
from tests.histories import TENANT
from tests.live.logins import login_of, passwords
from tests.live.tables import keep, migrated
from tests.session.words import ACCOUNT, FILE, SESSION, an_id, recording, start

pytestmark = pytest.mark.live

ALL = Days(date(2026, 1, 1), date(2026, 12, 31))
BEFORE = Days(date(2026, 1, 1), date(2026, 1, 31))
EXAMPLES = re.compile(r"```sql (\w+)\n(.*?)```", re.DOTALL)


def a_film() -> World:
    world = World()
    world.send(start(), *(recording(an_id(number)) for number in range(3)), recording())
    world.work(*STAGES[:-1])
    world.send(FailStage(epoch=1, stage=Stage.VIDEO, code="tool.failed", message="it broke", retryable=True))
    world.work(Stage.VIDEO, epoch=2)
    return world


@pytest.fixture(scope="module")
async def kept(stack: Endpoints) -> AsyncGenerator[tuple[str, Pool, MemoryTables]]:
    world = a_film()
    async with migrated(stack) as (dsn, pool):
        await keep(pool, world)
        memory = MemoryTables()
        for reader in world.facts:
            for name, views in reader.store.views.items():
                memory.rows[name] = [row for view in views.values() for row in view]
        yield dsn, pool, memory


@pytest.fixture
async def both(kept: tuple[str, Pool, MemoryTables]) -> AsyncGenerator[tuple[PostgresTables, MemoryTables]]:
    real = PostgresTables(kept[0], 10)
    yield real, kept[2]
    real.close()


Ask = Callable[[Tables, Reach], Awaitable[Any]]
NEIGHBOUR = an_id("another account of the tenant")
LATER = Place(ALL.end, "")
QUESTIONS: dict[str, Ask] = {
    "workflow": lambda tables, reach: tables.workflow(reach, SESSION),
    "no workflow": lambda tables, reach: tables.workflow(reach, FILE),
    "workflows": lambda tables, reach: tables.workflows(reach, (), None, 10),
    "words": lambda tables, reach: tables.workflows(reach, ("SALTY", "rivers"), LATER, 10),
    "no words": lambda tables, reach: tables.workflows(reach, ("sal",), None, 10),
    "a sign": lambda tables, reach: tables.workflows(reach, ("&",), None, 10),
    "file": lambda tables, reach: tables.file(reach, SESSION, FILE),
    "no file": lambda tables, reach: tables.file(reach, SESSION, SESSION),
    "files": lambda tables, reach: tables.files(reach, SESSION, None, 100),
    "few files": lambda tables, reach: tables.files(reach, SESSION, None, 2),
    "scenes": lambda tables, reach: tables.scenes(reach, SESSION),
    "usage": lambda tables, reach: tables.usage(reach, ALL, None, LATER, 10),
    "my usage": lambda tables, reach: tables.usage(reach, ALL, ACCOUNT, None, 10),
    "nobody's usage": lambda tables, reach: tables.usage(reach, ALL, FILE, None, 10),
    "usage by day": lambda tables, reach: tables.usage_by_day(reach, ALL, None),
    "no usage": lambda tables, reach: tables.usage_by_day(reach, BEFORE, None),
}
SEEN = """
SELECT format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
WHERE c.relkind IN ('r', 'v') AND has_table_privilege('playhead_app', c.oid, 'SELECT')
ORDER BY name
"""
"""Every table and view of tenants' rows that the application may read."""
UNBOUND = """
SELECT schemaname, tablename FROM pg_policies WHERE policyname = 'one_tenant'
EXCEPT
SELECT schemaname, tablename FROM pg_policies WHERE policyname = 'own' AND permissive = 'RESTRICTIVE'
"""
"""Tables that are bound to a tenant, and to no account."""
AUDITS = {"platform.audit", "platform.job_audit", "platform.session_audit"}
EMPTY = {"no workflow", "no words", "a sign", "no file", "nobody's usage", "no usage"}


def shown(answer: Any, columns: Sequence[str] = ()) -> Any:
    """Of each row the columns that the real tables give."""
    if isinstance(answer, list):
        return [shown(row, columns) for row in answer]
    return {name: answer[name] for name in columns or answer} if answer else answer


def columns_of(answer: Any) -> Sequence[str]:
    rows: Sequence[Row] = answer if isinstance(answer, list) else [answer or {}]
    return list(rows[0]) if rows else []


@pytest.mark.req(44, 68)
@pytest.mark.parametrize("question", QUESTIONS)
async def test_both_answer_the_same(both: tuple[PostgresTables, MemoryTables], question: str) -> None:
    real, memory = both
    ask = QUESTIONS[question]
    for reach in (Reach(TENANT), Reach(TENANT, ACCOUNT)):
        found = await ask(real, reach)
        assert bool(found) == (question not in EMPTY)
        assert shown(await ask(memory, reach), columns_of(found)) == shown(found)
    for reach in (Reach("another"), Reach("another", ACCOUNT), Reach(TENANT, NEIGHBOUR)):
        assert not await ask(real, reach)
        assert not await ask(memory, reach)


@pytest.mark.req(68)
async def test_a_transaction_for_an_account_sees_of_no_table_a_row_of_another_s(
    kept: tuple[str, Pool, MemoryTables],
) -> None:
    tables = [row["name"] for row in await kept[1].fetch(SEEN)]
    seen: dict[UUID | None, set[str]] = {}
    for account in (None, ACCOUNT, NEIGHBOUR):
        async with tenant_transaction(kept[1], TENANT, role="playhead_app", account=account) as connection:
            rows = {name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in tables}
        seen[account] = {name for name, count in rows.items() if count}
    assert await kept[1].fetch(UNBOUND) == []
    assert seen[NEIGHBOUR] == set()
    assert seen[ACCOUNT] == seen[None] - AUDITS
    assert len(seen[ACCOUNT]) > 15


async def test_pages_of_files_and_of_usage_miss_and_repeat_nothing(
    both: tuple[PostgresTables, MemoryTables],
) -> None:
    for tables in both:
        seen, after = list[str](), None
        while page := await tables.files(Reach(TENANT), SESSION, after, 2):
            seen += [str(row["id"]) for row in page]
            after = Place(page[-1]["created_at"], str(page[-1]["id"]))
        assert len(seen) == len(set(seen)) == 8
        (used,) = await tables.usage(Reach(TENANT), ALL, None, None, 2)
        assert not await tables.usage(Reach(TENANT), ALL, None, usage_place(used), 2)


@pytest.mark.req(45)
@pytest.mark.parametrize("metric", DEFINITIONS)
async def test_a_metric_is_of_its_days_and_of_its_tenant(
    both: tuple[PostgresTables, MemoryTables], metric: str
) -> None:
    real = both[0]
    found = await real.metric(Reach(TENANT), metric, ALL, 5_000)
    assert bool(found) == (metric != "failed_work")
    assert all("tenant_id" not in row for row in found)
    assert await real.metric(Reach(TENANT), metric, BEFORE, 5_000) == []
    assert await real.metric(Reach(TENANT, ACCOUNT), metric, ALL, 5_000) == found
    for nobody in (Reach("another"), Reach(TENANT, NEIGHBOUR)):
        assert await real.metric(nobody, metric, ALL, 5_000) == []
    assert len(await real.metric(Reach(TENANT), metric, ALL, 1)) <= 1


async def test_tables_that_are_not_there_yet_are_away(stack: Endpoints) -> None:
    tables = PostgresTables(stack.postgres, 10)
    with pytest.raises(Unavailable):
        await tables.workflow(Reach(TENANT), SESSION)
    tables.close()


def examples(of: str) -> list[str]:
    found = [
        text for role, text in EXAMPLES.findall((PROJECT / "docs" / "analytics.md").read_text("utf-8")) if role == of
    ]
    return [one.strip() for text in found for one in text.split(";") if one.strip()]


async def as_analyst(pool: Pool, statement: str) -> Sequence[Any]:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE playhead_analyst")
        return await connection.fetch(statement)


@pytest.mark.req(87)
async def test_an_analyst_s_examples_run_on_postgresql_alone(kept: tuple[str, Pool, MemoryTables]) -> None:
    found = [await as_analyst(kept[1], example) for example in examples("analyst")]
    assert len(found) >= 15
    assert len([rows for rows in found if not rows]) == 2, "nothing was wasted, and no word was used by three people"


@pytest.mark.req(87)
@pytest.mark.parametrize("table", ["workflow.workflows", "workflow.users", "workflow.scenes", "workflow.topics"])
async def test_an_analyst_reads_nobody_s_words(kept: tuple[str, Pool, MemoryTables], table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_analyst(kept[1], f"TABLE {table}")


@pytest.mark.req(48)
async def test_the_workflow_application_s_examples_run_as_its_own_role(kept: tuple[str, Pool, MemoryTables]) -> None:
    await passwords(kept[0])
    connection = await asyncpg.connect(login_of(kept[0], "playhead_workflow"))
    try:
        for example in examples("workflow"):
            assert await connection.fetch(example), example
        assert len(examples("workflow")) >= 6
    finally:
        await connection.close()
