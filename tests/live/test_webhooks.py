"""Webhooks on the real stack: MongoDB keeps what is kept; a film's end is told, signed, to who asked for it."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from eventlog.clock import new_id, now
from eventlog.read.mongo import MongoDatabase
from ops.stack.endpoints import Endpoints
from services.gateway.http.cursors import Place
from services.gateway.webhooks.messages import delivery
from services.gateway.webhooks.ports import Deliveries
from services.gateway.webhooks.stored import INDEXES, SCHEMAS, MongoDeliveries
from tests.gateway.receiver import receiving
from tests.live.company import TENANT, Company
from tests.live.test_gateway import client_of, settings
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

WAIT = {"Prefer": "wait=20"}
ENDPOINT = str(UUID(int=5))


@pytest.fixture
async def deliveries(stack: Endpoints) -> AsyncGenerator[MongoDeliveries]:
    database = MongoDatabase.connect(stack.mongodb, f"test_{new_id().hex}", application="tests")
    await database.install(SCHEMAS, INDEXES)
    yield MongoDeliveries(database)
    await database.drop()
    database.close()


def a_row(number: int, at: Any) -> dict[str, Any]:
    id_ = str(UUID(int=number))
    return delivery(id_, "ours", str(UUID(int=6)), ENDPOINT, id_, "session.completed", "{}", at)


async def test_a_delivery_is_kept_once_claimed_by_one_and_finished_by_who_holds_it(deliveries: Deliveries) -> None:
    at = now()
    await deliveries.add([a_row(1, at), a_row(2, at + timedelta(seconds=1))])
    await deliveries.add([a_row(1, at) | {"body": "another"}])
    (row,) = await deliveries.due(at, (), (), 10)
    assert (row["body"], await deliveries.due(at, (ENDPOINT,), (), 10)) == ("{}", [])
    assert await deliveries.due(at, (), (row["accountId"],), 10) == []
    lease = at + timedelta(seconds=60)
    claims = await asyncio.gather(*(deliveries.claim(row, lease) for _ in range(8)))
    assert sorted(claims) == [False] * 7 + [True]
    assert await deliveries.due(at, (), (), 10) == []
    done = {"status": "delivered", "dueAt": None, "deliveredAt": at}
    assert not await deliveries.finish(row, lease + timedelta(seconds=1), done)
    assert await deliveries.finish(row, lease, done)
    assert [await deliveries.reached_since("ours", ENDPOINT, moment) for moment in (at, lease)] == [True, False]
    assert not await deliveries.again("theirs", row["_id"], at)
    assert await deliveries.again("ours", row["_id"], at)
    assert [one["_id"] for one in await deliveries.due(at, (), (), 10)] == [row["_id"]]


async def test_deliveries_are_listed_by_their_tenant_newest_first(deliveries: Deliveries) -> None:
    at = now()
    await deliveries.add([a_row(number, at + timedelta(seconds=number // 2)) for number in range(1, 6)])
    whole = await deliveries.page("ours", ENDPOINT, None, 10)
    assert [UUID(row["_id"]).int for row in whole] == [5, 4, 3, 2, 1]
    after = Place(whole[1]["createdAt"], whole[1]["_id"])
    assert await deliveries.page("ours", ENDPOINT, after, 2) == whole[2:4]
    assert await deliveries.page("theirs", ENDPOINT, None, 10) == []
    assert await deliveries.one("ours", ENDPOINT, whole[0]["_id"]) == whole[0]
    assert await deliveries.one("theirs", ENDPOINT, whole[0]["_id"]) is None


async def test_a_film_s_end_is_told_signed_and_once(stack: Endpoints, here: Company, tmp_path: Path) -> None:
    given = {
        "DATABASE_URL": here.dsn,
        "PLAYHEAD_SEND_SECONDS": "30",
        "PLAYHEAD_READ_SECONDS": "10",
        "PLAYHEAD_DATA": str(tmp_path),
        "PLAYHEAD_DEMO_TENANT": TENANT,
        "PLAYHEAD_WEBHOOK_LOOPBACK": "true",
    }
    chosen = settings(stack, here.documents.name, **given)
    async with receiving() as receiver, client_of(chosen) as client:
        await eventually(lambda: _seen(client), 60)
        wanted = {"url": receiver.url, "eventTypes": ["session.started", "session.completed", "session.failed"]}
        endpoint = (await client.post("/v1/webhook-endpoints", json=wanted, headers=WAIT)).json()
        path = f"/v1/webhook-endpoints/{endpoint['endpointId']}"
        trial = await client.post(f"{path}/test", headers=WAIT)
        assert (trial.status_code, trial.json()["status"]) == (200, "delivered"), trial.text
        session = (await client.post("/v1/sessions", json={"script": "Tides rise and fall."}, headers=WAIT)).json()

        async def told() -> list[Any] | None:
            every = [message.verified(endpoint["secret"]) for message in receiver.messages]
            mine = [one for one in every if one["data"].get("sessionId") == session["sessionId"]]
            return mine if {one["type"] for one in mine} >= {"session.started", "session.completed"} else None

        async with here.worker("webhooks"):
            found = await eventually(told, 240, every=0.5)
        assert sorted(one["type"] for one in found) == ["session.completed", "session.started"]
        assert (await client.get(f"/v1/sessions/{session['sessionId']}")).json()["status"] == "completed"
        listed = (await client.get(f"{path}/deliveries")).json()["items"]
        assert {one["status"] for one in listed} == {"delivered"}
        assert {one["deliveryId"] for one in listed} == {message.id for message in receiver.messages}


async def _seen(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).json()["outcomesSeen"]
