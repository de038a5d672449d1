"""Reading MongoDB in bad times: asked again, connected again, and told to the log without a word of what was asked."""

import asyncio
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from eventlog.clock import new_id
from eventlog.errors import Unavailable
from eventlog.read.mongo import MongoDatabase
from eventlog.read.mongo.driver import connect
from eventlog.read.mongo.retrying import FIRST_PAUSE_SECONDS, JITTER_SECONDS
from ops.stack.launcher import Endpoints
from services.session import stores
from tests.eventlog.lossy_proxy import LossyProxy, lossy_proxy
from tests.gateway import samples
from tests.waiting import eventually

pytestmark = pytest.mark.live

SECRET = "the-name-of-a-film"


@pytest.fixture
async def near(stack: Endpoints) -> AsyncGenerator[MongoDatabase]:
    """The database with the session service's collections, and one project in it."""
    database = MongoDatabase.connect(stack.mongodb, f"test_{new_id().hex}", application="tests")
    await stores.install(database)
    await database.owned("projects", "ours").insert(samples.project("ours", name=SECRET))
    yield database
    await database.drop()
    database.close()


@pytest.fixture
async def far(near: MongoDatabase, proxy: LossyProxy) -> AsyncGenerator[MongoDatabase]:
    """The same database, by way of the proxy."""
    uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true&heartbeatFrequencyMS=500"
    database = MongoDatabase.connect(uri, near.name, application="tests", seconds=5)
    yield database
    database.close()


async def names(database: MongoDatabase) -> list[str]:
    return [one["name"] for one in await database.of_tenant("projects", "ours").find({}, limit=9)]


@pytest.mark.req(28, 34)
async def test_a_read_whose_answers_are_lost_is_asked_again_later_each_time(
    far: MongoDatabase, proxy: LossyProxy
) -> None:
    proxy.lost = b"projects"
    for losses in (1, 2):
        proxy.losses, proxy.losses_left = 0, losses
        assert await names(far) == [SECRET]
        assert proxy.losses == losses


@pytest.mark.req(28, 29)
async def test_after_three_tries_the_part_is_named_as_away(far: MongoDatabase, proxy: LossyProxy) -> None:
    proxy.lost = b"projects"
    with capture_logs() as logs, pytest.raises(Unavailable) as caught:
        await names(far)
    again = [log["wait_for"] for log in logs if log["event"] == "stamina.retry_scheduled"]
    assert (proxy.losses, len(again), caught.value.part) == (3, 2, "MongoDB")
    for number, pause in enumerate(again):
        least = FIRST_PAUSE_SECONDS * 2**number
        assert least <= pause <= least + JITTER_SECONDS


@pytest.mark.req(28)
async def test_all_tries_together_end_at_the_deadline() -> None:
    nowhere = MongoDatabase.connect("mongodb://127.0.0.1:1", "nowhere", application="tests", seconds=0.4)
    begun = asyncio.get_running_loop().time()
    with pytest.raises(Unavailable):
        await names(nowhere)
    assert asyncio.get_running_loop().time() - begun < 2
    nowhere.close()


@pytest.mark.req(30)
async def test_every_operation_is_logged_with_its_duration_and_never_with_what_it_holds(
    near: MongoDatabase, far: MongoDatabase, proxy: LossyProxy
) -> None:
    with capture_logs() as logs:
        await near.of_tenant("projects", "ours").find({"name": SECRET}, limit=9)
        proxy.lost, proxy.losses_left = b"find", 1
        await far.of_tenant("projects", "ours").find({"name": SECRET}, limit=9)
    finds = [log for log in logs if log.get("operation") == "find"]
    assert [log["log_level"] for log in finds if log["log_level"] != "debug"] == ["warning"]
    assert [log["log_level"] for log in finds if log["collection"] == "projects"].count("debug") == 2
    assert {log["collection"] for log in finds} == {"projects", "generations"}
    assert all(log["ms"] > 0 for log in finds)
    assert SECRET not in str(logs)


@pytest.mark.req(31)
async def test_a_connection_that_is_cut_is_made_again_by_itself(far: MongoDatabase, proxy: LossyProxy) -> None:
    assert await names(far) == [SECRET]
    with capture_logs() as logs:
        for _ in range(3):
            proxy.cut()
            assert await names(far) == [SECRET]

        async def told() -> bool:
            return any("answers again" in log["event"] for log in logs)

        await eventually(told)
    away = [log for log in logs if "does not answer" in log["event"]]
    assert {log["log_level"] for log in away} == {"warning"}


@pytest.mark.req(32)
async def test_many_at_once_share_a_small_pool(stack: Endpoints, near: MongoDatabase) -> None:
    server = urlsplit(stack.mongodb)
    async with lossy_proxy(server.hostname or "", server.port or 0) as counted:
        uri = f"mongodb://127.0.0.1:{counted.port}/?directConnection=true"
        database = MongoDatabase.connect(uri, near.name, application="tests", pool=10)
        assert await asyncio.gather(*(names(database) for _ in range(200))) == [[SECRET]] * 200
        assert 1 < counted.accepted <= 10 + 2, "ten of the pool, two that look after the server"
        database.close()


@pytest.mark.req(21, 46)
async def test_what_is_asked_often_is_found_by_an_index(stack: Endpoints, near: MongoDatabase) -> None:
    client = connect(stack.mongodb, "tests", 1, 10)
    database = client[near.name]
    questions = {
        "tenant_1_projectId_1": {"tenant": "ours", "projectId": "x"},
        "tenant_1_createdBy_1_createdAt_-1": {"tenant": "ours", "createdBy": "x"},
        "tenant_1_createdAt_-1__id_-1": {"tenant": "ours", "createdAt": {"$lt": samples.NOON}},
    }
    for index, where in questions.items():
        plan = await database.command("explain", {"find": "projects", "filter": where})
        assert index in str(plan["queryPlanner"]["winningPlan"]), index
    client.close()


@pytest.mark.req(22)
@pytest.mark.parametrize(
    "wrong", [{"duration": "long"}, {"createdAt": "today"}, {"isDeleted": None}, {"video": b"bytes"}], ids=str
)
async def test_a_project_of_another_shape_is_refused_by_the_server(
    near: MongoDatabase, wrong: dict[str, object]
) -> None:
    document = samples.project("ours") | {"_id": "another", "projectId": "another"}
    with pytest.raises(Exception, match="failed validation"):
        await near.owned("projects", "ours").insert(document | wrong)
    await near.owned("projects", "ours").insert(document)
