"""Webhooks as their owner uses them: endpoints over HTTP, messages of what happens, deliveries seen and sent again."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts.catalog import Catalog
from contracts.messages import RENDER_CATALOG, SESSION_CATALOG
from contracts.messages.account import AccountKind
from contracts.topics import RENDER_EVENTS, SESSION_EVENTS
from eventlog.clock import now
from eventlog.commit import Link
from eventlog.errors import Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.offsets import MemoryOffsets
from eventlog.telemetry import Metrics
from eventlog.work import Work, keep_working
from services.gateway.auth.keys import KeyRing, digest, key_of
from services.gateway.auth.principal import Principal
from services.gateway.stored import Stored
from services.gateway.webhooks.hearing import HEARD_DAYS, Hearing
from services.gateway.webhooks.request import Posting
from services.gateway.webhooks.running import disabling
from services.gateway.webhooks.sending import Sending
from services.gateway.webhooks.targets import Rules
from tests.flows.world import Service
from tests.gateway.company import Company
from tests.gateway.memory_webhooks import MemoryDeliveries, MemoryEndpoints
from tests.gateway.receiver import Receiver, receiving
from tests.gateway.world import HERE, KEY, OTHER_KEY, OURS, THEM, US
from tests.waiting import eventually

WHERE = "/v1/webhook-endpoints"
NEIGHBOUR_KEY = key_of(bytes(range(40, 60)))
RING = KeyRing(
    {
        digest(KEY): US,
        digest(OTHER_KEY): THEM,
        digest(NEIGHBOUR_KEY): Principal(OURS, AccountKind.API_KEY, "neighbour"),
    }
)
WISH = {"script": "Tides rise and fall twice a day.", "title": "Tides"}
PRIVATE = ("Tides", "rise and fall")


class House:
    """A company with its gateway, which hears and sends when it is told to."""

    def __init__(self) -> None:
        self.company = Company(moment=now())
        self.company.changed["keys"] = RING
        world = self.company.gateway
        self.deliveries = world.deliveries
        self.endpoints = MemoryEndpoints(world.documents)
        self.offsets = {SESSION_EVENTS.name: MemoryOffsets(), RENDER_EVENTS.name: MemoryOffsets()}
        disable = disabling(world.sender.send, "gateway-1", lambda: world.moment)
        posting, secrets = Posting(Rules(loopback=True)), world.webhooks().secrets
        self.sending = Sending(
            self.endpoints, self.deliveries, posting, secrets, disable, lambda: world.moment, lambda: 0.0
        )
        world.wake = self.sending.wake

    def hearing(self, service: Service, catalog: Catalog, log: MemoryEventLog) -> Hearing:
        world = self.company.gateway
        return Hearing(log, catalog, self.endpoints, self.deliveries, lambda: world.moment, HERE, world.wake)

    async def hear(self) -> None:
        """All that is new in both logs."""
        services = self.company.services
        for service, catalog in ((services.session, SESSION_CATALOG), (services.render, RENDER_CATALOG)):
            log = MemoryEventLog(service.topic, 1)
            await log.append(0, [Link(one.key, one.value, one.id, one.prev) for one in service.log])
            await self.heard(self.hearing(service, catalog, log), log)

    async def heard(self, hearing: Hearing, log: MemoryEventLog) -> None:
        work, offsets = Work("webhooks", log.topic, 0, Metrics()), self.offsets[log.topic]

        async def run(work: Work) -> None:
            await hearing.run(work, offsets)

        async def kept() -> bool:
            return bool(offsets.history) and offsets.history[-1].offset >= len(log.partitions[0])

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_working(work, run))
            await eventually(kept)
            work.stopping = True

    async def send(self) -> None:
        """Everything that is due."""
        while await self.sending.turn():
            continue

    def later(self, **time: float) -> None:
        self.company.gateway.moment += timedelta(**time)


@pytest.fixture(autouse=True)
def soon_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """That nothing more comes is known at once: these logs are in memory."""
    monkeypatch.setattr("services.gateway.webhooks.hearing.READ_SECONDS", 0.02)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def ours(house: House) -> AsyncGenerator[httpx.AsyncClient]:
    async with house.company.client() as client:
        client.headers["Prefer"] = "wait=5"
        yield client


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as here:
        yield here


async def added(client: httpx.AsyncClient, receiver: Receiver, **fields: Any) -> dict[str, Any]:
    answer = await client.post(WHERE, json={"url": receiver.url, **fields})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def test_an_owner_is_told_of_a_session_from_its_start_to_its_film(
    house: House, ours: httpx.AsyncClient, receiver: Receiver
) -> None:
    endpoint = await added(ours, receiver)
    session = (await ours.post("/v1/sessions", json=WISH)).json()
    await house.hear()
    await house.send()
    told = [message.verified(endpoint["secret"]) for message in receiver.messages]
    assert {"session.started", "session.video_rendered", "session.completed", "job.queued", "job.completed"} <= {
        one["type"] for one in told
    }
    assert {one["data"]["sessionId"] for one in told} == {session["sessionId"]}
    (completed,) = [one for one in told if one["type"] == "session.completed"]
    read = await ours.get(completed["data"]["links"]["session"])
    assert read.json()["status"] == "completed"
    assert not [word for word in PRIVATE for message in receiver.messages if word in message.body.decode()]


async def test_an_endpoint_is_told_of_what_it_wants_and_of_nothing_before_it_was_there(
    house: House, ours: httpx.AsyncClient, receiver: Receiver
) -> None:
    await ours.post("/v1/sessions", json=WISH)
    house.later(seconds=60)
    await added(ours, receiver, eventTypes=["session.completed", "session.failed"])
    await house.hear()
    assert house.deliveries.rows == {}
    await ours.post("/v1/sessions", json=WISH)
    await house.hear()
    assert [row["type"] for row in house.deliveries.rows.values()] == ["session.completed"]


async def test_the_same_events_heard_again_make_no_second_message(
    house: House, ours: httpx.AsyncClient, receiver: Receiver
) -> None:
    await added(ours, receiver)
    await ours.post("/v1/sessions", json=WISH)
    await house.hear()
    await house.send()
    before = dict(house.deliveries.rows)
    house.offsets = {name: MemoryOffsets() for name in house.offsets}
    await house.hear()
    assert house.deliveries.rows == before
    assert len({message.id for message in receiver.messages}) == len(receiver.messages) == len(before)


async def test_what_happened_long_ago_makes_no_message(
    house: House, ours: httpx.AsyncClient, receiver: Receiver
) -> None:
    await added(ours, receiver)
    await ours.post("/v1/sessions", json=WISH)
    house.later(days=HEARD_DAYS + 1)
    await house.hear()
    assert house.deliveries.rows == {}


async def test_the_position_is_kept_after_the_deliveries_are(
    house: House, ours: httpx.AsyncClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await added(ours, receiver)
    await ours.post("/v1/sessions", json=WISH)
    kept_when_added: list[int] = []
    add, offsets = MemoryDeliveries.add, house.offsets[SESSION_EVENTS.name]

    async def failing(self: MemoryDeliveries, rows: list[Stored]) -> None:
        kept_when_added.append(offsets.history[-1].offset if offsets.history else 0)
        await add(self, rows)
        if len(kept_when_added) == 1:
            raise Unavailable("MongoDB", "whether they were written is not known")

    monkeypatch.setattr(MemoryDeliveries, "add", failing)
    await house.hear()
    assert kept_when_added[:2] == [0, 0]
    assert len(house.deliveries.rows) == len({row["eventId"] for row in house.deliveries.rows.values()}) > 3


async def test_nothing_is_told_before_the_documents_show_it(
    house: House, ours: httpx.AsyncClient, receiver: Receiver
) -> None:
    await added(ours, receiver)
    await ours.post("/v1/sessions", json=WISH)
    house.endpoints.offsets[SESSION_EVENTS.name, 0] = 0
    async with asyncio.TaskGroup() as tasks:
        hearing = tasks.create_task(house.hear())
        done, _ = await asyncio.wait({hearing}, timeout=0.3)
        assert (done, house.deliveries.rows) == (set(), {})
        house.endpoints.offsets.clear()
    assert house.deliveries.rows


async def test_nobody_else_is_told_and_nobody_else_sees_an_endpoint(
    house: House, ours: httpx.AsyncClient, receiver: Receiver
) -> None:
    endpoint = await added(ours, receiver)
    async with receiving() as elsewhere:
        for key in (OTHER_KEY, NEIGHBOUR_KEY):
            theirs = {"Authorization": f"Bearer {key}"}
            there = await ours.post(WHERE, json={"url": elsewhere.url}, headers=theirs)
            assert there.status_code == 201
            path = f"{WHERE}/{endpoint['endpointId']}"
            answers = [
                await ours.get(path, headers=theirs),
                await ours.get(f"{path}/deliveries", headers=theirs),
                await ours.patch(path, json={"enabled": False}, headers=theirs),
                await ours.post(f"{path}/rotate", headers=theirs),
                await ours.post(f"{path}/test", headers=theirs),
                await ours.delete(path, headers=theirs),
            ]
            assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "webhook.unknown")}
            listed = (await ours.get(WHERE, headers=theirs)).json()["items"]
            assert [one["endpointId"] for one in listed] == [there.json()["endpointId"]]
        await ours.post("/v1/sessions", json=WISH)
        await house.hear()
        await house.send()
        assert receiver.messages
        assert elsewhere.connections == 0


async def test_a_secret_is_shown_once_and_stands_nowhere(
    house: House, ours: httpx.AsyncClient, receiver: Receiver
) -> None:
    key = {"Idempotency-Key": "k"}
    first, again = [await ours.post(WHERE, json={"url": receiver.url}, headers=key) for _ in range(2)]
    secret = first.json()["secret"]
    assert (again.headers["idempotency-replayed"], "secret" in again.json()) == ("true", False)
    assert again.json()["endpointId"] == first.json()["endpointId"]
    read = await ours.get(f"{WHERE}/{first.json()['endpointId']}")
    assert (read.status_code, "secret" in read.text) == (200, False)
    kept = str(house.company.gateway.documents.collections) + str(house.company.gateway.answers.kept)
    log = "".join(record.value.decode() for record in house.company.services.session.log)
    assert secret.removeprefix("whsec_") not in kept + log


async def test_a_rotation_shows_another_secret_and_leaves_the_one_before_a_day(
    house: House, ours: httpx.AsyncClient, receiver: Receiver
) -> None:
    endpoint = await added(ours, receiver)
    path = f"{WHERE}/{endpoint['endpointId']}"
    rotated = (await ours.post(f"{path}/rotate")).json()
    assert (rotated["rotation"], rotated["secret"] != endpoint["secret"]) == (1, True)
    del ours.headers["Prefer"]
    assert (await ours.post(f"{path}/test")).status_code == 202
    await house.send()
    (message,) = receiver.messages
    assert message.verified(endpoint["secret"]) == message.verified(rotated["secret"])


async def test_what_failed_is_seen_and_can_be_sent_again(
    house: House, ours: httpx.AsyncClient, receiver: Receiver
) -> None:
    endpoint = await added(ours, receiver, eventTypes=["session.completed"])
    await ours.post("/v1/sessions", json=WISH)
    await house.hear()
    receiver.answers.append((500, {}, b"no room"))
    await house.send()
    path = f"{WHERE}/{endpoint['endpointId']}/deliveries"
    (row,) = (await ours.get(path)).json()["items"]
    assert (row["status"], row["attempts"][0]["status"], row["attempts"][0]["excerpt"]) == ("pending", 500, "no room")
    assert row["nextAttemptAt"] is not None
    del ours.headers["Prefer"]
    asked = await ours.post(f"{path}/{row['deliveryId']}/redeliver")
    assert (asked.status_code, asked.headers["location"]) == (202, f"{path}/{row['deliveryId']}")
    await house.send()
    after = (await ours.get(f"{path}/{row['deliveryId']}")).json()
    assert (after["status"], len(after["attempts"])) == ("delivered", 2)
    assert [message.id for message in receiver.messages] == [row["deliveryId"]] * 2


async def test_an_endpoint_that_is_gone_is_disabled_until_its_owner_enables_it(
    house: House, ours: httpx.AsyncClient, receiver: Receiver
) -> None:
    endpoint = await added(ours, receiver)
    path = f"{WHERE}/{endpoint['endpointId']}"
    del ours.headers["Prefer"]
    await ours.post(f"{path}/test")
    receiver.answers.append((410, {}, b""))
    await house.send()
    shown = (await ours.get(path)).json()
    assert (shown["enabled"], shown["disabledReason"]) == (False, "gone")
    refused = await ours.post(f"{path}/test")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook.disabled")
    ours.headers["Prefer"] = "wait=5"
    enabled = (await ours.patch(path, json={"enabled": True})).json()
    assert (enabled["enabled"], enabled["disabledReason"]) == (True, "")
    assert (await ours.delete(path)).status_code == 204
    assert [(await ours.get(path)).status_code, (await ours.delete(path)).status_code] == [404, 404]


async def test_a_trial_answers_what_came_of_it(house: House, ours: httpx.AsyncClient, receiver: Receiver) -> None:
    endpoint = await added(ours, receiver)
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(house.sending.run())
        answer = await ours.post(f"{WHERE}/{endpoint['endpointId']}/test")
        sending.cancel()
    assert (answer.status_code, answer.json()["status"]) == (200, "delivered")
    assert answer.headers["preference-applied"] == "wait=5"
    assert receiver.messages[0].verified(endpoint["secret"])["type"] == "webhook.test"


async def test_lists_come_in_pages_newest_first(house: House, ours: httpx.AsyncClient, receiver: Receiver) -> None:
    made: list[str] = []
    for _ in range(3):
        house.later(seconds=1)
        made.append((await added(ours, receiver))["endpointId"])
    found: list[str] = []
    cursor: dict[str, str] = {}
    page: dict[str, Any] = {"hasMore": True}
    while page["hasMore"]:
        page = (await ours.get(WHERE, params={"limit": 2, **cursor})).json()
        found += [one["endpointId"] for one in page["items"]]
        cursor = {"cursor": page["nextCursor"]}
    assert found == made[::-1]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "value.invalid"),
        ({"url": "https://169.254.169.254/"}, "webhook.url"),
        ({"url": "http://hooks.example.org/"}, "webhook.url"),
        ({"url": "https://ada:secret@hooks.example.org/"}, "webhook.url"),
        ({"url": "mailto:ada@example.org"}, "value.invalid"),
        ({"url": "https://hooks.example.org/" + "x" * 2048}, "value.invalid"),
        ({"url": "https://hooks.example.org/", "eventTypes": ["session.exploded"]}, "value.invalid"),
        ({"url": "https://hooks.example.org/", "secret": "mine"}, "value.invalid"),
    ],
)
async def test_an_endpoint_that_cannot_be_told_is_refused_at_the_door(
    ours: httpx.AsyncClient, house: House, body: dict[str, Any], code: str
) -> None:
    answer = await ours.post(WHERE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert house.company.gateway.sender.sent == []
