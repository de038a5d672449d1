"""Due deliveries: claimed for a while, signed, sent, and what came of it kept. Any number of gateways may do so.

A gateway that dies between the claim and the end leaves a lease that runs out; then the message is sent again, under
the same id. So every message arrives at least once, and its receiver tells a repeat by `webhook-id`.

Accounts are served in turn, and none has more requests in flight than half of what is still free: however many
endpoints and deliveries somebody has, and however slow they are, there is room for the next who has none in flight.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Final, Literal, Protocol

import structlog

from eventlog.clock import Clock
from eventlog.errors import Unavailable
from services.gateway import metrics
from services.gateway.stored import Stored
from services.gateway.webhooks.messages import TEST
from services.gateway.webhooks.ports import Deliveries, Endpoints
from services.gateway.webhooks.request import Answer
from services.gateway.webhooks.schedule import due
from services.gateway.webhooks.secrets import Secrets, signature

LEASE: Final = timedelta(seconds=60)
"""Longer than a request may take: nobody else sends meanwhile."""
AT_ONCE: Final = 64
AT_ONCE_EACH: Final = 4
"""Requests in flight, of a process and to one endpoint: one that is slow does not hold up the others."""
BATCH: Final = 256
"""Deliveries that are looked at together."""
LOOK_SECONDS: Final = 1.0
MOST_SHOWN: Final = 20
GONE: Final = 410
_log = structlog.get_logger(__name__)

Disable = Callable[[Stored, Literal["gone", "failing"]], Awaitable[None]]
"""Asks for the endpoint of a delivery to be disabled. Raises `Unavailable`."""


class Post(Protocol):
    """Sends a body to a URL; see `Posting.post`."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer: ...


class Sending:
    """`run` sends for as long as it lives; `wake` says that there is something new."""

    def __init__(
        self,
        endpoints: Endpoints,
        deliveries: Deliveries,
        post: Post,
        secrets: Secrets,
        disable: Disable,
        now: Clock,
        chance: Callable[[], float],
    ) -> None:
        """`chance` gives numbers from 0 to 1."""
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._post = post
        self._secrets = secrets
        self._disable = disable
        self._now = now
        self._chance = chance
        self._woken = asyncio.Event()
        self._busy: Counter[str] = Counter()
        self._shares: Counter[str] = Counter()

    def wake(self) -> None:
        """Look again at once."""
        self._woken.set()

    async def run(self) -> None:
        """Until it is cancelled. What was claimed then is sent again when its lease has run out."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                try:
                    claimed = await self._claimed()
                except Unavailable as error:
                    _log.warning("due webhooks cannot be seen; trying again", part=error.part)
                    claimed = []
                for row, lease in claimed:
                    tasks.create_task(self._sent(row, lease))
                if not claimed:
                    await self._rest()

    async def turn(self) -> int:
        """Send what is due now, and return how much it was. Raises `Unavailable`."""
        claimed = await self._claimed()
        await asyncio.gather(*(self._sent(row, lease) for row, lease in claimed))
        return len(claimed)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _claimed(self) -> list[tuple[Stored, datetime]]:
        """What is held from now on, each with its lease, and counted as busy. Who had his turn waits for the others."""
        claimed: list[tuple[Stored, datetime]] = []
        served: set[str] = set()
        while self._busy.total() < AT_ONCE:
            full = [endpoint for endpoint, number in self._busy.items() if number >= AT_ONCE_EACH]
            sated = {account for account in self._shares if not self._has_room(account)}
            rows = await self._deliveries.due(self._now(), full, sated | served, BATCH)
            for row in in_turn(rows):
                lease = self._now() + LEASE
                if self._admits(row) and await self._deliveries.claim(row, lease):
                    self._busy[row["endpointId"]] += 1
                    self._shares[row["accountId"]] += 1
                    claimed.append((row, lease))
            served |= {row["accountId"] for row in rows}
            if len(rows) < BATCH:
                break
        return claimed

    def _admits(self, row: Stored) -> bool:
        return self._busy[row["endpointId"]] < AT_ONCE_EACH and self._has_room(row["accountId"])

    def _has_room(self, account: str) -> bool:
        free = AT_ONCE - self._busy.total()
        return free > 0 and self._shares[account] < max(1, free // 2)

    async def _sent(self, row: Stored, lease: datetime) -> None:
        try:
            await self._deliveries.finish(row, lease, await self._attempted(row))
        except Unavailable as error:
            _log.warning("a webhook's outcome was not kept; it is sent again", part=error.part, delivery=row["_id"])
        except Exception:  # noqa: BLE001 - one delivery never ends the sending of the others; its lease runs out
            metrics.WEBHOOKS.labels("error").inc()
            _log.exception("a webhook's outcome could not be told", delivery=row["_id"])
        finally:
            self._busy[row["endpointId"]] -= 1
            self._shares[row["accountId"]] -= 1
            self._busy += Counter()
            self._shares += Counter()
            self.wake()

    async def _attempted(self, row: Stored) -> dict[str, Any]:
        """What the delivery is from now on."""
        at, began = self._now(), asyncio.get_running_loop().time()
        try:
            endpoint = await self._endpoint(row)
            if endpoint is None or not endpoint["enabled"]:
                return {"status": "canceled", "dueAt": None}
            answer = await self._answer(row, endpoint, at)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - it is an attempt that failed, so it ends some day, as the schedule has it
            metrics.WEBHOOKS.labels("error").inc()
            _log.exception("a webhook could not be sent", delivery=row["_id"])
            answer = Answer(None, "not sent: an error on our side; it is in our log")
        seconds = asyncio.get_running_loop().time() - began
        return await self._outcome(row, answer, at, round(seconds * 1000))

    async def _outcome(self, row: Stored, answer: Answer, at: datetime, duration_ms: int) -> dict[str, Any]:
        reached = answer.status is not None and 200 <= answer.status < 300
        metrics.WEBHOOKS.labels("delivered" if reached else "failed").inc()
        attempt = {
            "at": at,
            "status": answer.status,
            "error": answer.error,
            "durationMs": duration_ms,
            "excerpt": answer.excerpt,
        }
        tries = row["tries"] + 1
        kept = {"tries": tries, "attempts": [*row["attempts"], attempt][-MOST_SHOWN:]}
        if reached:
            return {**kept, "status": "delivered", "dueAt": None, "deliveredAt": self._now()}
        next_at = None if answer.status == GONE or row["type"] == TEST else due(tries, self._now(), self._chance())
        if next_at is not None:
            return {**kept, "dueAt": _whole_milliseconds(next_at)}
        await self._given_up(row, answer)
        return {**kept, "status": "failed", "dueAt": None}

    async def _given_up(self, row: Stored, answer: Answer) -> None:
        if answer.status == GONE:
            await self._disable(row, "gone")
        elif row["type"] != TEST and not await self._deliveries.reached_since(
            row["tenant"], row["endpointId"], row["createdAt"]
        ):
            await self._disable(row, "failing")

    async def _answer(self, row: Stored, endpoint: Stored, at: datetime) -> Answer:
        try:
            secrets = self._secrets.live(row["tenant"], endpoint, at)
        except KeyError:
            return Answer(None, "not sent: this gateway lacks the key that signs for the endpoint; ask its operator")
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Playhead-Webhooks/1",
            "webhook-id": row["_id"],
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature(secrets, row["_id"], at, row["body"]),
        }
        return await self._post.post(endpoint["url"], headers, row["body"].encode())

    async def _endpoint(self, row: Stored) -> Stored | None:
        document = await self._endpoints.of_account(row["tenant"], row["accountId"])
        endpoints = document["endpoints"] if document else ()
        return next((one for one in endpoints if one["endpointId"] == row["endpointId"]), None)


def in_turn(rows: Sequence[Stored]) -> Iterator[Stored]:
    """One of each account, then the next of each, and so on; each account's in their order."""
    by_account: dict[str, list[Stored]] = {}
    for row in rows:
        by_account.setdefault(row["accountId"], []).append(row)
    for turn in zip_longest(*by_account.values()):
        yield from (row for row in turn if row is not None)


def _whole_milliseconds(moment: datetime) -> datetime:
    """As MongoDB keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
