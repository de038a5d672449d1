"""A database whose connections keep breaking: hardly a call is lost, and nearly all that failed at first succeeds."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from eventlog.clock import new_id
from eventlog.read.mongo import MongoDatabase
from ops.stack.launcher import Endpoints
from services.gateway.reading.projects import MongoProjects
from services.session import stores
from tests.eventlog.lossy_proxy import LossyProxy, lossy_proxy
from tests.gateway import samples
from tests.gateway.world import OURS, World

pytestmark = pytest.mark.live

CALLS, AT_ONCE, EVERY = 2_000, 10, 100
HERE = f"/v1/projects/{samples.PROJECT}"


@pytest.fixture
async def proxy(stack: Endpoints) -> AsyncGenerator[LossyProxy]:
    server = urlsplit(stack.mongodb)
    async with lossy_proxy(server.hostname or "", server.port or 0) as proxy:
        yield proxy


@pytest.fixture
async def far(stack: Endpoints, proxy: LossyProxy) -> AsyncGenerator[MongoDatabase]:
    """A database with one project, by way of the proxy."""
    near = MongoDatabase.connect(stack.mongodb, f"test_{new_id().hex}", application="tests")
    await stores.install(near)
    await near.owned("projects", OURS).insert(samples.project(OURS, name="Sea"))
    uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true&heartbeatFrequencyMS=500"
    database = MongoDatabase.connect(uri, near.name, application="tests", seconds=5)
    yield database
    database.close()
    await near.drop()
    near.close()


@pytest.mark.req(28, 34)
async def test_of_two_thousand_calls_hardly_one_is_lost_while_connections_keep_breaking(
    far: MongoDatabase, proxy: LossyProxy
) -> None:
    """Every hundredth call the cable breaks under those that are under way, and an answer is lost on the next one."""
    statuses: Counter[int] = Counter()
    numbers = iter(range(CALLS))
    proxy.lost, proxy.losses_left = b"projects", 0

    async def ask(client: httpx.AsyncClient) -> None:
        for number in numbers:
            if number % EVERY == EVERY - 1:
                proxy.cut()
                proxy.losses_left += 1
            answer = await client.get(HERE)
            statuses[answer.status_code] += 1
            assert answer.status_code != 200 or answer.json()["name"] == "Sea"

    with capture_logs() as logs:
        async with World().client(projects=MongoProjects(far)) as client, asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(ask(client))
    failed = sum(log["event"] == "stamina.retry_scheduled" for log in logs)
    lost = CALLS - statuses[200]
    assert failed >= CALLS // EVERY, "the trouble was real"
    assert lost <= CALLS // 1_000, statuses
    assert lost <= failed * 0.05, (lost, failed)
