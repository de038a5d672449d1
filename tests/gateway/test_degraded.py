"""With a part away, each call says so in a sentence, does nothing by halves, and says when to come back."""

import asyncio

import httpx
import pytest

from services.gateway.ports.waiting import Blind, Outcome, Waiters, wanted_seconds
from tests.gateway import samples
from tests.gateway.samples import JOB, SESSION, VIDEO
from tests.gateway.test_bad_input import GOOD, assert_problem
from tests.gateway.world import OURS, World


async def test_without_kafka_a_command_is_answered_503_and_tells_its_id(
    client: httpx.AsyncClient, world: World
) -> None:
    world.sender.away = True
    answer = await client.post("/v1/sessions", json=GOOD, headers={"Idempotency-Key": "k"})
    document = assert_problem(answer, 503, "kafka.unavailable", "may or may not have been accepted")
    assert answer.headers["retry-after"] == "2"
    assert document["retryable"] is True
    assert document["commandId"]
    assert "internal" not in answer.text


async def test_without_kafka_an_account_is_not_taken_for_registered(client: httpx.AsyncClient, world: World) -> None:
    world.sender.away = True
    await client.post("/v1/sessions", json=GOOD)
    world.sender.away = False
    await client.post("/v1/sessions", json=GOOD)
    assert [command.type for _, command in world.sender.sent] == ["RegisterAccount", "StartSession"]


async def test_without_kafka_reads_are_answered(client: httpx.AsyncClient, world: World) -> None:
    world.sender.away = True
    world.documents.put("sessions", samples.session(OURS))
    assert (await client.get(f"/v1/sessions/{SESSION}")).status_code == 200


async def test_without_mongodb_a_command_is_accepted_at_once_and_says_so(
    client: httpx.AsyncClient, world: World
) -> None:
    world.documents.away = world.answers.away = True
    async with asyncio.timeout(2):
        answer = await client.post("/v1/sessions", json=GOOD, headers={"Prefer": "wait=30", "Idempotency-Key": "k"})
    assert (answer.status_code, answer.headers["playhead-degraded"]) == (202, "mongodb")
    assert len(world.sender.commands("StartSession")) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/v1/sessions",
        f"/v1/sessions/{SESSION}",
        f"/v1/sessions/{SESSION}/history",
        f"/v1/sessions/{SESSION}/events",
        f"/v1/jobs/{JOB}",
        f"/v1/commands/{SESSION}",
        f"/v1/assets/{VIDEO}",
        f"/v1/assets/{VIDEO}/content",
        f"/media/{VIDEO}.mp4",
        "/v1/me",
        "/v1/me/credits",
    ],
)
async def test_without_mongodb_reads_are_answered_503(client: httpx.AsyncClient, world: World, path: str) -> None:
    world.documents.put("sessions", samples.session(OURS))
    world.documents.away = True
    answer = await client.get(path)
    assert_problem(answer, 503, "mongodb.unavailable", "Commands are still accepted")
    assert answer.headers["retry-after"] == "2"
    assert "internal" not in answer.text


async def test_an_outcome_that_comes_while_nobody_looked_is_given_when_it_is_looked_up() -> None:
    waiters = Waiters()
    waiters.beat()
    with waiters.expect(SESSION) as first, waiters.expect(SESSION) as second:
        waiters.tell(SESSION, Outcome(3, None))
        assert await waiters.wait(first, 1) == await waiters.wait(second, 1) == Outcome(3, None)
    assert waiters.pending == []


async def test_nobody_waits_for_a_store_that_is_not_seen() -> None:
    waiters = Waiters()
    with waiters.expect(SESSION) as expected, pytest.raises(Blind):
        await waiters.wait(expected, 30)
    waiters.beat()
    with waiters.expect(SESSION) as expected, pytest.raises(Blind):
        async with asyncio.timeout(5):
            await waiters.wait(expected, 30)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, None),
        ("wait=5", 5),
        ("Wait = 7", 7),
        ('respond-async; wait="12"', 12),
        ("wait=31", 30),
        ("wait=0", 0),
        ("wait", None),
        ("wait=soon", None),
        ("wait=-1", None),
        ("wait=" + "9" * 5000, None),
    ],
)
def test_a_preference_that_cannot_be_read_is_none(prefer: str | None, seconds: int | None) -> None:
    assert wanted_seconds(prefer) == seconds


async def test_health_tells_each_part(world: World) -> None:
    async with world.client(None) as client:
        well = await client.get("/api/health")
        assert (well.status_code, well.json()["status"]) == (200, "healthy")
        assert {"timestamp", "uptimeSeconds", "version", "database", "kafka", "mongo", "redis", "projections"} < set(
            well.json()
        )
        assert {"connected", "latencyMs", "activeConnections", "poolSize", "statistics"} <= set(well.json()["database"])
        assert (await client.get("/api/db/health")).json() == {"ok": True}
        assert (await client.get("/readyz")).json()["status"] == "ready"
        world.documents.away = True
        ill = await client.get("/api/health")
        assert (ill.status_code, ill.json()["status"]) == (503, "unhealthy")
        gone = await client.get("/api/db/health")
        assert (gone.status_code, gone.json()) == (503, {"ok": False})
        assert (await client.get("/livez")).status_code == 200


async def test_metrics_name_routes_and_never_ids(client: httpx.AsyncClient) -> None:
    await client.get(f"/v1/sessions/{SESSION}")
    text = (await client.get("/metrics")).text
    assert 'route="/v1/sessions/{session_id}",status="404"' in text
    assert str(SESSION) not in text
