"""Documents and tables are made again, switched and taken back, while commands come in and readers read."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from multiprocessing import active_children
from typing import Any

import pytest

from eventlog.clock import new_id
from eventlog.read.mongo import MongoDatabase
from eventlog.read.postgres import Pool, open_pool
from ops.commands import migrating
from ops.commands.filling import FillingEnded, fill
from ops.commands.projectors import KNOWN
from ops.commands.reach import mongo
from ops.commands.rebuilding import rebuild, rollback
from ops.commands.verify import verify
from ops.settings import OpsSettings
from ops.stack.launcher import Endpoints
from tests.live.company import Company, Play
from tests.live.tables import migrated
from tests.waiting import eventually

pytestmark = pytest.mark.live

FIRST = 40
A_SECOND = 10
"""Sessions: each is followed by a job, a reservation and their news, in every store."""
READ_AGAIN_SECONDS = 0.02
FACTS = """
SELECT count(*) AS sessions, coalesce(sum(version), 0)::bigint AS versions
FROM analytics.fact_session WHERE tenant_id = $1
"""
USERS = "SELECT count(*) AS sessions, 0 AS versions FROM analytics.dim_user WHERE tenant_id = $1"


class Load:
    """Sessions that are started all the time, and readers who must never find less than they have found before."""

    def __init__(self, here: Company, documents: MongoDatabase, pool: Pool) -> None:
        self._here = here
        self.tenant = f"rebuilt-{new_id().hex}"
        self._sessions = documents.of_tenant("sessions", self.tenant)
        self._pool = pool
        self.asked = 0
        self.reads = 0
        self.ended = asyncio.Event()

    async def start(self, sessions: int) -> None:
        for _ in range(sessions):
            await self._here.stage(Play(tenant=self.tenant), title="Tides", script="Tides rise and fall twice a day.")
            self.asked += 1

    async def go_on(self) -> None:
        while not self.ended.is_set():
            await self.start(1)
            await asyncio.sleep(1 / A_SECOND)

    async def documents(self) -> tuple[int, int]:
        first = await self._sessions.find({}, sort=[("createdAt", 1), ("_id", 1)], limit=FIRST, without=["script"])
        return await self._sessions.count({}, limit=100_000), sum(one["version"] for one in first)

    async def facts(self) -> tuple[int, int]:
        return await self._counted(FACTS)

    async def users(self) -> tuple[int, int]:
        return await self._counted(USERS)

    async def read(self, ask: Callable[[], Awaitable[tuple[int, int]]]) -> None:
        """Never a failed read, an empty one, or one that is older than the one before."""
        before = await ask()
        assert before[0] > 0
        while not self.ended.is_set():
            found = await ask()
            assert found[0] >= before[0]
            assert found[1] >= before[1]
            before, self.reads = found, self.reads + 1
            await asyncio.sleep(READ_AGAIN_SECONDS)

    async def until_all_are_read(self) -> None:
        async def look() -> bool | None:
            found = [await ask() for ask in (self.documents, self.facts, self.users)]
            return {count for count, _ in found} == {self.asked} or None

        await eventually(look, 60)

    async def _counted(self, question: str) -> tuple[int, int]:
        row = await self._pool.fetchrow(question, self.tenant)
        assert row is not None
        return row["sessions"], row["versions"]


@pytest.fixture
async def load(stack: Endpoints, here: Company) -> AsyncGenerator[Load]:
    documents = MongoDatabase.connect(stack.mongodb, here.documents.name, application="readers")
    async with await open_pool(here.dsn, application="readers") as pool:
        yield Load(here, documents, pool)
    documents.close()


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, stack: Endpoints, here: Company) -> None:
    """Whose commands find the parts that this company uses."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", stack.kafka)
    monkeypatch.setenv("MONGODB_URI", stack.mongodb)
    monkeypatch.setenv("MONGODB_DATABASE", here.documents.name)
    monkeypatch.setenv("DATABASE_URL", here.dsn)
    monkeypatch.setenv("PLAYHEAD_DATA", str(here.folder))


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("name", ["session.mongo-projector", "analytics.sessions-projector"])
async def test_readers_notice_nothing_of_a_rebuild_a_switch_and_a_rollback(
    load: Load, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def told() -> dict[str, Any]:
        """The last that a command said, among the lines of this process's log."""
        return json.loads([line for line in capsys.readouterr().out.splitlines() if line.startswith("{")][-1])

    await load.start(FIRST)
    await load.until_all_are_read()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(load.go_on())
        for ask in (load.documents, load.facts, load.users):
            tasks.create_task(load.read(ask))
        for number in (1, 2):
            assert await rebuild(name, as_json=True) == 0
            rebuilt = told()
            assert (rebuilt["generation"], rebuilt["kept"], rebuilt["differences"]) == (number, number - 1, [])
            assert rebuilt["records"] > 0
        assert await rollback(name, as_json=True) == 0
        assert (told()["generation"], await rollback(name, as_json=True), told()["generation"]) == (1, 0, 2)
        load.ended.set()
    await load.until_all_are_read()
    assert load.reads > 100
    assert await verify(name) == 0


@pytest.mark.usefixtures("operator")
async def test_stores_that_were_lost_are_filled_from_the_log_alone_while_commands_come(
    load: Load, stack: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every projector of both stores, and each document and row is what an independent fold of the log says.

    One of the processes that fill is killed before, in the midst of it: that is said, and what it has left does no
    harm.
    """
    await load.start(FIRST)
    async with migrated(stack) as (empty, _pool), asyncio.TaskGroup() as tasks:
        tasks.create_task(load.go_on())
        monkeypatch.setenv("MONGODB_DATABASE", f"lost_{new_id().hex}")
        monkeypatch.setenv("DATABASE_URL", empty)
        async with mongo(OpsSettings(), "tests") as documents:
            await migrating.install(OpsSettings())
            with pytest.raises(FillingEnded, match=r"the process that filled its store is gone \(exit -9\)"):
                await fill(OpsSettings(), lambda _what, _done, _of: active_children()[0].kill())
            assert not active_children()
            await documents.drop()
            await migrating.install(OpsSettings())
            filled = await fill(OpsSettings(), lambda _what, _done, _of: None)
            load.ended.set()
            kept = await documents.of_tenant("sessions", load.tenant).count({}, limit=100_000)
            assert await verify() == 0
            await documents.drop()
    assert {one.projector for one in filled} == set(KNOWN)
    assert all(one.records > 0 for one in filled)
    assert FIRST <= kept <= load.asked
