"""Deliveries are sent until they arrive: on the schedule, at least once, under one id, each signed."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest

from eventlog.clock import new_id, now
from eventlog.errors import Unavailable
from services.gateway.stored import Stored
from services.gateway.webhooks.messages import delivery, trial_body
from services.gateway.webhooks.request import Posting
from services.gateway.webhooks.schedule import DELAYS, due
from services.gateway.webhooks.secrets import Secrets
from services.gateway.webhooks.sending import AT_ONCE_EACH, LEASE, Sending
from services.gateway.webhooks.targets import Rules
from tests.bdd import NOON
from tests.gateway.memory import MemoryDocuments
from tests.gateway.memory_webhooks import MemoryDeliveries, MemoryEndpoints
from tests.gateway.receiver import Receiver, receiving

ENDPOINT, ACCOUNT = str(UUID(int=5)), str(UUID(int=6))
SECRETS = Secrets({"old": b"o" * 32, "new": b"n" * 32})
OLD, NEW = (SECRETS.secret("ours", ENDPOINT, key, rotation) for key, rotation in (("old", 0), ("new", 1)))


class Senders:
    """Gateways over the same stores, with a clock that the test moves."""

    def __init__(self, receiver: Receiver) -> None:
        self.moment = now()
        self.documents = MemoryDocuments()
        self.deliveries = MemoryDeliveries()
        self.disabled: list[str] = []
        self.posting = Posting(Rules(loopback=True), seconds=0.5)
        self.endpoint: dict[str, Any] = {
            "endpointId": ENDPOINT,
            "url": receiver.url,
            "enabled": True,
            "key": "old",
            "rotation": 0,
            "previousKey": "",
            "previousRotation": 0,
            "previousUntil": None,
        }
        document = {"_id": "account-1", "tenant": "ours", "accountId": ACCOUNT, "endpoints": [self.endpoint]}
        self.documents.put("webhooks", document)

    def gateway(self) -> Sending:
        """One of them."""
        endpoints = MemoryEndpoints(self.documents)
        return Sending(
            endpoints, self.deliveries, self.posting, SECRETS, self._disable, lambda: self.moment, lambda: 0.0
        )

    async def _disable(self, row: Stored, reason: Literal["gone", "failing"]) -> None:
        self.disabled.append(reason)

    async def add(self, type_: str = "session.completed") -> str:
        """A delivery that is due now."""
        id_ = str(new_id())
        body = trial_body(ENDPOINT, self.moment)
        await self.deliveries.add([delivery(id_, "ours", ACCOUNT, ENDPOINT, id_, type_, body, self.moment)])
        return id_

    def after(self, **time: float) -> None:
        self.moment += timedelta(**time)


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as here:
        yield here


@pytest.fixture
def senders(receiver: Receiver) -> Senders:
    return Senders(receiver)


def test_the_schedule_is_the_published_one() -> None:
    hours = [delay / timedelta(hours=1) for delay in DELAYS]
    assert hours == [0, 5 / 3600, 1 / 12, 0.5, 2, 5, 10, 14, 20, 24]
    assert [due(tries, NOON, 0.0) for tries in (1, 9, 10)] == [
        NOON + timedelta(seconds=5),
        NOON + timedelta(hours=24),
        None,
    ]
    assert due(4, NOON, 1.0) == NOON + timedelta(hours=2.2)


async def test_a_message_arrives_signed_and_once(senders: Senders, receiver: Receiver) -> None:
    id_ = await senders.add()
    assert [await senders.gateway().turn() for _ in range(2)] == [1, 0]
    (message,) = receiver.messages
    assert message.verified(OLD)["data"] == {"endpointId": ENDPOINT}
    assert (message.id, message.headers["content-type"]) == (id_, "application/json")
    row = senders.deliveries.rows[id_]
    assert (row["status"], row["dueAt"], row["tries"]) == ("delivered", None, 1)
    assert (row["attempts"][0]["status"], row["attempts"][0]["excerpt"]) == (200, "thank you")


@pytest.mark.parametrize("trouble", ["silent", "cutting", "error"])
async def test_what_does_not_arrive_is_sent_again_under_the_same_id(
    senders: Senders, receiver: Receiver, trouble: str
) -> None:
    id_ = await senders.add()
    if trouble == "error":
        receiver.answers.append((500, {}, b"not now"))
    else:
        setattr(receiver, trouble, True)
    await senders.gateway().turn()
    assert (senders.deliveries.rows[id_]["status"], senders.deliveries.rows[id_]["tries"]) == ("pending", 1)
    assert senders.deliveries.rows[id_]["attempts"][0]["error"]
    receiver.silent = receiver.cutting = False
    senders.after(seconds=4)
    assert await senders.gateway().turn() == 0
    senders.after(seconds=2)
    assert await senders.gateway().turn() == 1
    assert [message.id for message in receiver.messages] == [id_, id_]
    assert senders.deliveries.rows[id_]["status"] == "delivered"


async def test_after_the_last_attempt_it_has_failed_and_an_endpoint_that_nothing_reached_is_disabled(
    senders: Senders, receiver: Receiver
) -> None:
    id_ = await senders.add()
    for delay in DELAYS:
        receiver.answers.append((503, {}, b""))
        senders.moment += delay
        assert await senders.gateway().turn() == 1
    row = senders.deliveries.rows[id_]
    assert (row["status"], row["tries"], len(receiver.messages)) == ("failed", 10, 10)
    assert senders.disabled == ["failing"]


async def test_one_message_that_is_never_taken_does_not_disable_an_endpoint_that_others_reach(
    senders: Senders, receiver: Receiver
) -> None:
    id_ = await senders.add()
    for delay in DELAYS:
        receiver.answers.append((500, {}, b""))
        senders.moment += delay
        await senders.gateway().turn()
        await senders.add()
        await senders.gateway().turn()
    assert (senders.deliveries.rows[id_]["status"], senders.disabled) == ("failed", [])


async def test_an_endpoint_that_says_gone_is_disabled_at_once(senders: Senders, receiver: Receiver) -> None:
    id_ = await senders.add()
    receiver.answers.append((410, {}, b""))
    await senders.gateway().turn()
    assert (senders.deliveries.rows[id_]["status"], senders.disabled) == ("failed", ["gone"])


async def test_what_waits_for_an_endpoint_that_is_disabled_or_gone_is_canceled(
    senders: Senders, receiver: Receiver
) -> None:
    first = await senders.add()
    senders.endpoint["enabled"] = False
    await senders.gateway().turn()
    senders.endpoint["endpointId"] = "another"
    second = await senders.add()
    await senders.gateway().turn()
    assert [senders.deliveries.rows[id_]["status"] for id_ in (first, second)] == ["canceled"] * 2
    assert receiver.connections == 0


async def test_of_two_gateways_one_sends(senders: Senders, receiver: Receiver) -> None:
    await senders.add()
    one, other = senders.gateway(), senders.gateway()
    assert sorted([await one.turn(), await other.turn()]) == [0, 1]
    assert len(receiver.messages) == 1


async def test_a_gateway_that_died_between_claim_and_end_loses_nothing(senders: Senders, receiver: Receiver) -> None:
    id_ = await senders.add()
    (row,) = await senders.deliveries.due(senders.moment, (), (), 10)
    assert await senders.deliveries.claim(row, senders.moment + LEASE)
    assert await senders.gateway().turn() == 0
    senders.moment += LEASE
    assert await senders.gateway().turn() == 1
    assert [message.id for message in receiver.messages] == [id_]


async def test_an_outcome_that_was_not_kept_is_sent_again_under_the_same_id(
    senders: Senders, receiver: Receiver
) -> None:
    id_ = await senders.add()
    lost = _Losing(senders.deliveries.finish)
    senders.deliveries.finish = lost
    await senders.gateway().turn()
    senders.moment += LEASE
    await senders.gateway().turn()
    assert [message.id for message in receiver.messages] == [id_, id_]
    assert senders.deliveries.rows[id_]["status"] == "delivered"


async def test_one_slow_endpoint_does_not_take_every_sender(senders: Senders) -> None:
    for _ in range(3 * AT_ONCE_EACH):
        await senders.add()
    assert await senders.gateway().turn() == AT_ONCE_EACH


async def test_after_a_rotation_both_secrets_verify_and_a_day_later_the_new_one_alone(
    senders: Senders, receiver: Receiver
) -> None:
    rotated = {"key": "new", "rotation": 1, "previousKey": "old", "previousUntil": senders.moment + timedelta(days=1)}
    senders.endpoint.update(rotated)
    await senders.add()
    await senders.gateway().turn()
    senders.endpoint["previousUntil"] = senders.moment
    await senders.add()
    await senders.gateway().turn()
    both, alone = receiver.messages
    assert both.verified(OLD) == both.verified(NEW)
    assert alone.verified(NEW)
    with pytest.raises(Exception, match="No matching signature"):
        alone.verified(OLD)


async def test_a_key_that_the_gateway_lacks_is_told_and_the_message_waits(senders: Senders) -> None:
    senders.endpoint["key"] = "lost"
    id_ = await senders.add()
    await senders.gateway().turn()
    row = senders.deliveries.rows[id_]
    assert ("lacks the key" in row["attempts"][0]["error"], row["status"]) == (True, "pending")


async def test_a_trial_is_sent_once(senders: Senders, receiver: Receiver) -> None:
    receiver.answers.append((500, {}, b""))
    id_ = await senders.add("webhook.test")
    await senders.gateway().turn()
    assert (senders.deliveries.rows[id_]["status"], senders.disabled) == ("failed", [])


def test_secrets_are_of_one_tenant_one_endpoint_one_rotation_and_one_key() -> None:
    cases = [
        ("a", "1", "old", 0),
        ("b", "1", "old", 0),
        ("a", "2", "old", 0),
        ("a", "1", "new", 0),
        ("a", "1", "old", 1),
    ]
    found = {SECRETS.secret(*case) for case in cases}
    assert len(found) == len(cases)
    assert all(one.startswith("whsec_") and len(one) == 6 + 44 for one in found)


class _Losing:
    """Fails the first time."""

    def __init__(self, finish: Callable[..., Awaitable[bool]]) -> None:
        self._finish = finish
        self._lost = False

    async def __call__(self, row: Stored, lease: datetime, fields: Any) -> bool:
        if not self._lost:
            self._lost = True
            raise Unavailable("MongoDB", "it does not answer")
        assert lease.tzinfo is UTC
        return await self._finish(row, lease, fields)
