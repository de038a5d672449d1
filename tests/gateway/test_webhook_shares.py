"""Whoever has slow endpoints and very many deliveries waits for himself: the others' messages go out meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from eventlog.clock import now
from services.gateway import metrics
from services.gateway.webhooks.messages import delivery, trial_body
from services.gateway.webhooks.ports import Stored
from services.gateway.webhooks.request import Answer
from services.gateway.webhooks.secrets import Secrets
from services.gateway.webhooks.sending import AT_ONCE, AT_ONCE_EACH, Sending, in_turn
from tests.gateway.memory import MemoryDocuments
from tests.gateway.memory_webhooks import MemoryDeliveries, MemoryEndpoints
from tests.waiting import eventually

ENDPOINTS = 20
SLOW, BROKEN = "https://slow.example.org/", "https://broken.example.org/"


class Posts:
    """Requests under way. A slow address never answers, a broken one breaks whoever asks it."""

    def __init__(self) -> None:
        self.in_flight: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if url == BROKEN:
            raise RuntimeError("nobody foresaw this")
        if url.startswith(SLOW):
            self.in_flight[url] += 1
            await asyncio.Event().wait()
        self.answered[url] += 1
        return Answer(200, "")


class Accounts:
    """Accounts with endpoints, deliveries to them, and one process that sends."""

    def __init__(self) -> None:
        self.documents, self.deliveries, self.posts = MemoryDocuments(), MemoryDeliveries(), Posts()
        endpoints = MemoryEndpoints(self.documents)
        keys = Secrets({"key": b"k" * 32})
        self.sending = Sending(endpoints, self.deliveries, self.posts, keys, self._disable, now, lambda: 0.0)

    async def _disable(self, row: Stored, reason: Literal["gone", "failing"]) -> None:
        raise AssertionError("nothing is given up here")

    async def add(self, account: int, urls: list[str], each: int) -> None:
        """An account with an endpoint for each address, and so many deliveries to each."""
        id_ = str(UUID(int=account))
        rules = {"enabled": True, "key": "key", "rotation": 0, "previousKey": "", "previousRotation": 0}
        endpoints: list[dict[str, Any]] = [
            {**rules, "endpointId": str(UUID(int=account * 1000 + n)), "url": url, "previousUntil": None}
            for n, url in enumerate(urls)
        ]
        document = {"_id": f"account-{account}", "tenant": "ours", "accountId": id_, "endpoints": endpoints}
        self.documents.put("webhooks", document)
        for one in endpoints:
            body = trial_body(one["endpointId"], now())
            for n in range(each):
                name = f"{one['endpointId']}-{n}"
                await self.deliveries.add(
                    [delivery(name, "ours", id_, one["endpointId"], name, "session.completed", body, now())]
                )

    @asynccontextmanager
    async def sent(self) -> AsyncGenerator[None]:
        """The process sends, for as long as the context is open."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.sending.run())
            yield
            running.cancel()


async def until(so: Callable[[], bool]) -> None:
    async def look() -> bool:
        return so()

    await eventually(look)


def errors() -> float:
    return metrics.REGISTRY.get_sample_value("playhead_gateway_webhooks_total", {"result": "error"}) or 0


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


async def test_ten_thousand_messages_to_slow_endpoints_hold_up_nobody_else(accounts: Accounts) -> None:
    await accounts.add(1, [f"{SLOW}{n}" for n in range(ENDPOINTS)], 10_000 // ENDPOINTS)
    await accounts.add(2, ["https://quick.example.org/"], 3)
    async with accounts.sent():
        await until(lambda: accounts.posts.answered["https://quick.example.org/"] == 3)
        assert 1 <= accounts.posts.in_flight.total() < AT_ONCE / 2
        assert max(accounts.posts.in_flight.values()) <= AT_ONCE_EACH
        await accounts.add(3, ["https://late.example.org/"], 1)
        accounts.sending.wake()
        await until(lambda: accounts.posts.answered["https://late.example.org/"] == 1)


async def test_several_with_slow_endpoints_leave_room_for_one_more(accounts: Accounts) -> None:
    for account in range(1, 9):
        await accounts.add(account, [f"{SLOW}{account}/{n}" for n in range(ENDPOINTS)], 30)
    await accounts.add(9, ["https://quick.example.org/"], 1)
    async with accounts.sent():
        await until(lambda: accounts.posts.answered["https://quick.example.org/"] == 1)
        assert accounts.posts.in_flight.total() < AT_ONCE


async def test_an_error_that_nobody_foresaw_is_told_and_ends_no_other_s_messages(accounts: Accounts) -> None:
    await accounts.add(1, [BROKEN], 2)
    await accounts.add(2, ["https://quick.example.org/"], 2)
    before = errors()
    with capture_logs() as logs:
        async with accounts.sent():
            await until(lambda: accounts.posts.answered.total() == 2)
            await until(lambda: all(row["tries"] == 1 for row in accounts.deliveries.rows.values()))
            await accounts.add(3, ["https://late.example.org/"], 1)
            accounts.sending.wake()
            await until(lambda: accounts.posts.answered["https://late.example.org/"] == 1)
    broken = [row for row in accounts.deliveries.rows.values() if row["accountId"] == str(UUID(int=1))]
    assert [(row["status"], row["attempts"][0]["error"]) for row in broken] == [
        ("pending", "not sent: an error on our side; it is in our log")
    ] * 2
    assert [one["event"] for one in logs if one["log_level"] == "error"] == ["a webhook could not be sent"] * 2
    assert errors() == before + 2


async def test_a_delivery_whose_outcome_cannot_be_told_ends_no_other_s_messages(accounts: Accounts) -> None:
    await accounts.add(1, ["https://quick.example.org/1"], 1)
    await accounts.add(2, ["https://quick.example.org/2"], 1)
    (spoilt,) = [row for row in accounts.deliveries.rows.values() if row["accountId"] == str(UUID(int=1))]
    del spoilt["tries"]
    with capture_logs() as logs:
        async with accounts.sent():
            await until(lambda: any(row["status"] == "delivered" for row in accounts.deliveries.rows.values()))
            await until(lambda: any(one["log_level"] == "error" for one in logs))
            await accounts.add(3, ["https://late.example.org/"], 1)
            accounts.sending.wake()
            await until(lambda: accounts.posts.answered["https://late.example.org/"] == 1)
    assert {one["event"] for one in logs if one["log_level"] == "error"} == {"a webhook's outcome could not be told"}


def test_accounts_take_turns_and_each_one_s_messages_keep_their_order() -> None:
    rows: list[dict[str, Any]] = [{"accountId": name[0], "_id": name} for name in ("a1", "a2", "a3", "b1", "c1", "c2")]
    assert [row["_id"] for row in in_turn(rows)] == ["a1", "b1", "c1", "a2", "c2", "a3"]
