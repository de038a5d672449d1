"""The editor's projects on the real stack: what is saved is there after everything was killed, and nothing is old."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from eventlog.clock import new_id
from eventlog.read.mongo import MongoDatabase
from ops.stack.launcher import Endpoints
from services.gateway.reading.projects import MongoProjects
from services.session import stores
from tests.gateway.documents_promises import Put
from tests.gateway.projects_promises import ProjectsPromises
from tests.gateway.test_projects import FIRST
from tests.live.company import Company, Running
from tests.plain_http import plain_http

pytestmark = pytest.mark.live

WAIT = {"Prefer": "wait=20"}
LOG = "gateway-of-projects"


class TestMongoProjects(ProjectsPromises):
    @pytest.fixture
    async def mongo(self, stack: Endpoints) -> AsyncGenerator[MongoDatabase]:
        database = MongoDatabase.connect(stack.mongodb, f"test_{new_id().hex}", application="tests")
        await stores.install(database)
        yield database
        await database.drop()
        database.close()

    @pytest.fixture
    def projects(self, mongo: MongoDatabase) -> MongoProjects:
        return MongoProjects(mongo)

    @pytest.fixture
    def put(self, mongo: MongoDatabase) -> Put:
        async def put(collection: str, document: Mapping[str, Any]) -> None:
            await mongo.owned(collection, document["tenant"]).insert(document)

        return put


@asynccontextmanager
async def gateway(services: Company, redis: str) -> AsyncGenerator[tuple[Running, httpx.AsyncClient]]:
    """A gateway of a local profile, and a client of it."""
    settings = {"PLAYHEAD_PROFILE": "local", "LEGACY_WAIT_SECONDS": "20", "PLAYHEAD_LOG_LEVEL": "DEBUG"}
    async with services.hired(LOG, "services.gateway", REDIS_URL=redis, **settings) as running:
        address = f"http://127.0.0.1:{running.port}"
        async with plain_http(base_url=address, timeout=30) as client:
            yield running, client


async def save(client: httpx.AsyncClient, project: dict[str, Any], **fields: Any) -> httpx.Response:
    timeline = {**FIRST, **fields, "version": project["version"]}
    return await client.put(f"/api/projects/{project['projectId']}/timeline", json=timeline)


@pytest.mark.req(14, 26, 30, 34)
async def test_what_was_saved_is_there_after_every_process_was_killed(stack: Endpoints, here: Company) -> None:
    async with gateway(here, stack.redis) as (running, client):
        made = (await client.post("/api/projects", json={"name": "Sea", "timelineState": FIRST})).json()
        address = f"/api/projects/{made['projectId']}"
        assert (await client.get(address)).json() == made
        for second in (1, 2, 3):
            document = (await client.get(address)).json()
            assert (await save(client, document, playheadTime=second)).status_code == 200
            assert (await client.get(address)).json()["timelineState"]["playheadTime"] == second
        before = (await client.get(address)).json()
        both = await asyncio.gather(*(save(client, before, playheadTime=9 + n) for n in (1, 2)))
        assert sorted(answer.status_code for answer in both) == [200, 409]
        last = (await client.get(address)).json()
        await running.end(signal.SIGKILL)
    async with gateway(here, stack.redis) as (_, client):
        assert (await client.get(address)).json() == last
        assert (await client.delete(address)).json()["isDeleted"]
        assert (await client.get(address)).status_code == 404
        assert (await client.post(f"{address}/restore")).json()["timelineState"] == last["timelineState"]
    log = (here.folder / f"{LOG}.log").read_text("utf-8")
    assert '"MongoDB operation"' in log
    assert "Sea" not in log
