"""The gateway on a real Kafka and a real MongoDB."""

import asyncio
import socket
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from aiokafka import AIOKafkaConsumer

from contracts import documents as contract
from contracts.documents import json_schema
from contracts.envelope import Command
from contracts.topics import RENDER_COMMANDS, RENDER_PROGRESS, SESSION_COMMANDS
from eventlog.clock import new_id
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaAccess, create_topics, partition_for
from eventlog.read.mongo import MongoDatabase
from ops.settings import PROJECT, OpsSettings
from ops.stack.launcher import Endpoints
from services.gateway.app import wired
from services.gateway.live.kafka import CommandProducer
from services.gateway.ports.waiting import Outcome, Waiters
from services.gateway.reading import mongo as reading
from services.gateway.reading import streams
from services.gateway.settings import GatewaySettings
from tests.browser.theatre import served
from tests.gateway import samples
from tests.gateway.documents_promises import AnswersPromises, DocumentsPromises, Put
from tests.gateway.test_bad_input import GOOD
from tests.gateway.test_sessions import started
from tests.plain_http import plain_http
from tests.waiting import eventually

pytestmark = pytest.mark.live

NOWHERE = "127.0.0.1:9"
TOPICS = (SESSION_COMMANDS, RENDER_COMMANDS, RENDER_PROGRESS)


@pytest.fixture
def database() -> str:
    """The name of a database of the test's own."""
    return f"test_{new_id().hex}"


@pytest.fixture
async def mongo(stack: Endpoints, database: str) -> AsyncGenerator[MongoDatabase]:
    """It, with the validators that the documents have."""
    opened = MongoDatabase.connect(stack.mongodb, database, application="tests", seconds=3)
    schemas = {name: json_schema(document) for name, document in contract.COLLECTIONS.items()}
    await opened.install(schemas | {reading.ANSWERS: None}, reading.INDEXES)
    yield opened
    await opened.drop()
    opened.close()


@pytest.fixture
def put(mongo: MongoDatabase) -> Put:
    async def put(collection: str, document: Mapping[str, Any]) -> None:
        await mongo.owned(collection, document["tenant"]).insert(document)

    return put


class TestMongoDocuments(DocumentsPromises):
    @pytest.fixture
    def documents(self, mongo: MongoDatabase) -> reading.MongoDocuments:
        return reading.MongoDocuments(mongo)


class TestMongoAnswers(AnswersPromises):
    @pytest.fixture
    def answers(self, mongo: MongoDatabase) -> reading.MongoAnswers:
        return reading.MongoAnswers(mongo)


def a_command(origin: str = "gateway-1") -> Command:
    return Command(
        id=new_id(),
        stream="session-1",
        type="X",
        at=samples.NOON,
        tenant="ours",
        actor="a",
        origin=origin,
        data=samples.RAW,
    )


class TestOutcomes:
    """What becomes of a command is learnt by the instance that sent it, and by no other."""

    @pytest.fixture
    async def waiters(self, mongo: MongoDatabase) -> AsyncGenerator[Waiters]:
        waiters = Waiters()
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(streams.follow_outcomes(mongo, "gateway-1", waiters))
            await eventually(lambda: _seeing(waiters))
            yield waiters
            following.cancel()

    async def test_an_outcome_arrives_where_it_is_waited_for(self, waiters: Waiters, put: Put) -> None:
        for collection in reading.OUTCOMES:
            command = a_command()
            with waiters.expect(command.id) as expected:
                await put(collection, samples.outcome(command, 7))
                assert await waiters.wait(expected, 5) == Outcome(7, None)

    async def test_another_instance_s_outcome_does_not(self, waiters: Waiters, put: Put) -> None:
        foreign, own = a_command("gateway-2"), a_command()
        with waiters.expect(foreign.id) as first, waiters.expect(own.id) as second:
            await put("session_commands", samples.outcome(foreign, 1))
            await put("session_commands", samples.outcome(own, 2))
            assert await waiters.wait(second, 5) == Outcome(2, None)
            assert not first.done()

    async def test_what_was_written_while_nobody_looked_is_looked_up(self, mongo: MongoDatabase, put: Put) -> None:
        waiters, command = Waiters(), a_command()
        await put("render_commands", samples.outcome(command, 3, ("job.over", "No.")))
        with waiters.expect(command.id) as expected:
            async with asyncio.TaskGroup() as tasks:
                following = tasks.create_task(streams.follow_outcomes(mongo, "gateway-1", waiters))
                async with asyncio.timeout(10):
                    assert await expected == Outcome(3, ("job.over", "No."))
                following.cancel()


async def _seeing(waiters: Waiters) -> bool:
    return waiters.seeing


def settings(stack: Endpoints, mongo_name: str, **changed: str) -> GatewaySettings:
    given = {
        "KAFKA_BOOTSTRAP_SERVERS": stack.kafka,
        "MONGODB_URI": stack.mongodb,
        "DATABASE_URL": stack.postgres,
        "REDIS_URL": stack.redis or None,
        "MONGODB_DATABASE": mongo_name,
        "PLAYHEAD_PROFILE": "local",
        "PLAYHEAD_SEND_SECONDS": 3,
    }
    return GatewaySettings.model_validate(given | changed)


@pytest.fixture
async def topics(stack: Endpoints) -> None:
    await create_topics(KafkaAccess(stack.kafka), TOPICS, OpsSettings().partitions, 1)


@asynccontextmanager
async def client_of(chosen: GatewaySettings) -> AsyncGenerator[httpx.AsyncClient]:
    plain = plain_http(timeout=30)
    async with wired(chosen) as app, served(app) as url, plain as client:
        client.base_url = httpx.URL(url)
        await client.get("/")
        yield client


@pytest.fixture
async def client(
    stack: Endpoints, database: str, mongo: MongoDatabase, topics: None
) -> AsyncGenerator[httpx.AsyncClient]:
    """The whole gateway, served, over the real parts; the page's cookie makes it the demo account's."""
    async with client_of(settings(stack, database, PLAYHEAD_SEND_SECONDS="20")) as client:
        await eventually(lambda: _ready(client), within=20)
        yield client


async def _ready(client: httpx.AsyncClient) -> bool:
    body = (await client.get("/readyz")).json()
    return body["outcomesSeen"] and all(part["connected"] for part in body["parts"].values())


async def test_an_accepted_command_is_in_the_log_in_its_stream_s_partition(
    client: httpx.AsyncClient, stack: Endpoints
) -> None:
    consumer = AIOKafkaConsumer(SESSION_COMMANDS.name, bootstrap_servers=stack.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        places = consumer.assignment()
        await asyncio.gather(*(consumer.position(place) for place in places))
        answer = (await client.post("/v1/sessions", json=GOOD)).json()
        while True:
            async with asyncio.timeout(10):
                record = await consumer.getone()
            command = msgspec.json.decode(record.value or b"", type=Command)
            if str(command.id) == answer["commandId"]:
                break
    finally:
        await consumer.stop()
    assert (record.key or b"").decode() == command.stream == answer["streamId"]
    assert record.partition == partition_for(command.stream, len(places))
    assert started(command).prompt == GOOD["prompt"]
    assert "request-id" in dict(record.headers)


async def test_a_thousand_commands_at_once_are_all_accepted(client: httpx.AsyncClient) -> None:
    """All are refused by whoever decides them later: other tests, whose services hear the same topic, have no use for
    a thousand films. A hundred are asked at any time, by ten clients: one with a hundred connections computes more
    than the gateway does."""

    async def ten(asking: httpx.AsyncClient) -> set[int]:
        return {(await asking.delete(f"/v1/sessions/{new_id()}")).status_code for _ in range(10)}

    async with AsyncExitStack() as stack:
        clients = [plain_http(base_url=client.base_url, cookies=client.cookies, timeout=30) for _ in range(10)]
        for each in clients:
            await stack.enter_async_context(each)
        codes = set[int]().union(*await asyncio.gather(*map(ten, clients * 10)))
    assert codes == {202}


@pytest.mark.req(75, 80)
async def test_health_shows_the_real_parts(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/health")).json()
    assert body["status"] == "healthy"
    assert body["database"]["connected"]
    assert body["database"]["statistics"]["sizeBytes"] > 1_000_000
    assert 0 < body["database"]["activeConnections"] <= body["database"]["maxConnections"]
    assert 0 <= body["database"]["poolInUse"] <= body["database"]["poolSize"]
    assert set(body["database"]["statistics"]["rows"]) == set(body["database"]["statistics"]["tableBytes"])
    assert body["projections"] == {}  # no projector has run against these stores
    assert (await client.get("/api/db/health")).json() == {"ok": True}


async def test_without_mongodb_a_command_is_accepted_within_five_seconds_and_reads_say_so(
    stack: Endpoints, topics: None
) -> None:
    away = settings(stack, "nowhere", MONGODB_URI=f"mongodb://{NOWHERE}/?directConnection=true")
    async with client_of(away) as client:
        await eventually(lambda: _accepts(client), within=20)
        async with asyncio.timeout(5):
            answer = await client.post("/v1/sessions", json=GOOD, headers={"Prefer": "wait=30"})
        assert (answer.status_code, answer.headers["playhead-degraded"]) == (202, "mongodb")
        async with asyncio.timeout(5):
            read = await client.get("/v1/sessions")
        assert (read.status_code, read.json()["code"]) == (503, "mongodb.unavailable")
        assert (await client.get("/api/health")).json()["status"] == "degraded"


async def _accepts(client: httpx.AsyncClient) -> bool:
    return (await client.post("/v1/sessions", json=GOOD)).status_code == 202


async def test_without_kafka_commands_are_refused_with_a_time_to_come_back_and_reads_go_on(
    stack: Endpoints, database: str, mongo: MongoDatabase
) -> None:
    away = settings(stack, database, KAFKA_BOOTSTRAP_SERVERS=NOWHERE)
    async with client_of(away) as client:
        async with asyncio.timeout(5):
            answer = await client.post("/v1/sessions", json=GOOD)
        assert (answer.status_code, answer.json()["code"]) == (503, "kafka.unavailable")
        assert answer.headers["retry-after"]
        assert (await client.get("/v1/sessions")).json()["items"] == []


async def test_a_producer_finds_the_cluster_when_it_comes_and_refuses_until_then(
    stack: Endpoints, topics: None
) -> None:
    producer = CommandProducer(KafkaAccess(stack.kafka), deadline=5)
    with pytest.raises(Unavailable, match="not connected"):
        await producer.send(SESSION_COMMANDS.name, a_command())
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(producer.keep())
        await eventually(lambda: _connected(producer))
        await producer.send(SESSION_COMMANDS.name, a_command())
        keeping.cancel()
    assert not (await producer.look()).connected


async def _connected(producer: CommandProducer) -> bool:
    return (await producer.look()).connected


async def test_on_a_signal_the_process_ends_its_streams_and_goes(
    stack: Endpoints, database: str, mongo: MongoDatabase, put: Put, topics: None
) -> None:
    await put("sessions", samples.session("demo"))
    await put("session_history", samples.row("demo", 1, "session.started"))
    process, url = await started_process(stack, database)
    try:
        async with plain_http(base_url=url, timeout=10) as client:
            await eventually(lambda: _page(client), within=90)
            async with client.stream("GET", f"/v1/sessions/{samples.SESSION}/events") as stream:
                lines = stream.aiter_lines()
                assert "event: session.started" in [await anext(lines) for _ in range(4)]
                process.terminate()
                async with asyncio.timeout(5):
                    assert [line async for line in lines if line.startswith("event")] == []
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()


async def _page(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/")).status_code == 200
    except httpx.TransportError:
        return False


async def started_process(stack: Endpoints, database: str) -> tuple[asyncio.subprocess.Process, str]:
    """`python -m services.gateway` on a free port, as an operator runs it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": stack.kafka,
        "MONGODB_URI": stack.mongodb,
        "DATABASE_URL": stack.postgres,
        "MONGODB_DATABASE": database,
        "PLAYHEAD_PROFILE": "local",
        "PLAYHEAD_PORT": port,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.gateway"), cwd=PROJECT, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    return process, f"http://127.0.0.1:{port}"
