"""R10: how many jobs of a tenant with a thousand of them are begun before another tenant's first one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Final, NamedTuple
from uuid import UUID, uuid5

import asyncpg
import httpx

from contracts.messages.account import AccountKind
from contracts.topics import COMMANDS_OF
from eventlog.kafka import KafkaAccess, KafkaSender
from services.gateway.auth import keys
from services.gateway.auth.principal import Principal
from tests.chaos.client import FILM, WORDS_ONLY, Client
from tests.chaos.goals.goal import Outcome, Tell
from tests.chaos.goals.observed import observed
from tests.chaos.history import History, said
from tests.chaos.invariants import hold
from tests.chaos.seeds.tenants import opening
from tests.chaos.system import LOOK_SECONDS, System, http_as
from tests.waiting import eventually

SEED: Final = 10
QUEUED: Final = 1_000
ASKED: Final = 1_020
"""Some are done before the last one is queued."""
OTHERS: Final = 10
AT_ONCE: Final = 20
LONGEST_PAUSE_SECONDS: Final = 4.0
"""About as long as one job takes: others come at any moment of it."""
QUEUE_SECONDS: Final = 180.0
TURN_SECONDS: Final = 60.0
EMPTY_SECONDS: Final = 120.0
MOST_BEFORE: Final = 1
_IDS: Final = UUID("7d4b3f0a-11b5-57f2-8a0e-3a8f1f2c6d10")
_WAITING = "SELECT count(*) FROM render.queue WHERE claimable AND state = 'queued'"
_OPEN = "SELECT count(*) FROM render.queue WHERE state <> 'over'"


class Wait(NamedTuple):
    """Of a tenant's first job: how many jobs of another tenant were begun meanwhile, and how many seconds it took."""

    begun: int
    seconds: float


async def measure(folder: Path, tell: Tell) -> Outcome:
    """One worker; a thousand films wait for it when the others come, one after the other."""
    outcome = Outcome(
        "R10", f"{OTHERS} tenants ask for their first job while {QUEUED} jobs of another wait (one worker)"
    )
    async with observed(folder, outcome) as (system, client), AsyncExitStack() as stack:
        tell("opening accounts")
        others = [await stack.enter_async_context(_tenant(system, number)) for number in range(OTHERS)]
        tell(f"asking for {ASKED} films")
        outcome.figures["jobs of the large tenant in the queue"] = await _filled(system, client)
        await _one_after_the_other(others, tell)
        tell("canceling the rest")
        await _emptied(system, client)
        history = (await hold(system, client))["render"]
        _count(outcome, waits(history, await _name(client)))
    return outcome


@asynccontextmanager
async def _tenant(system: System, number: int) -> AsyncGenerator[httpx.AsyncClient]:
    """Calls of one who has just come, and may ask."""
    who, ids = Principal(f"late-{number}", AccountKind.DEMO, f"late {number}"), uuid5(_IDS, str(number))
    key = keys.key_of(ids.bytes + bytes(keys.RANDOM_BYTES - 16))
    sender = KafkaSender(KafkaAccess(system.endpoints.kafka), COMMANDS_OF)
    try:
        await sender.send(list(opening(who, key, ids)))
    finally:
        await sender.close()
    async with http_as(system, key) as http:

        async def is_known() -> bool:
            return (await http.get("/v1/me")).is_success

        await eventually(is_known, TURN_SECONDS, LOOK_SECONDS)
        yield http


async def _filled(system: System, client: Client) -> int:
    """How many jobs wait, once as many do as are wanted."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(number: int) -> None:
        async with gate:
            await client.ask({**FILM, "script": f"River {number} does not hurry."})

    async with asyncio.TaskGroup() as group:
        for number in range(ASKED):
            group.create_task(ask(number))

    async def enough() -> int | None:
        waiting = await _number(system, _WAITING)
        return waiting if waiting >= QUEUED else None

    return await eventually(enough, QUEUE_SECONDS, LOOK_SECONDS)


async def _one_after_the_other(others: Sequence[httpx.AsyncClient], tell: Tell) -> None:
    random = Random(f"{SEED}:pauses")
    for number, http in enumerate(others, 1):
        await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))
        answer = await http.post("/v1/sessions", json=dict(WORDS_ONLY))
        assert answer.is_success, answer.text
        session = answer.json()["links"]["session"]

        async def is_written(http: httpx.AsyncClient = http, session: str = session) -> bool:
            found = await http.get(session)
            return found.is_success and {one["name"] for one in found.json()["stages"] if one["status"] == "done"} >= {
                *WORDS_ONLY["stages"]
            }

        await eventually(is_written, TURN_SECONDS, LOOK_SECONDS)
        tell(f"{number} of {len(others)} tenants have had their first job")


async def _emptied(system: System, client: Client) -> None:
    """Return once no job is left; what was asked for is deleted."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def delete(session: UUID) -> None:
        async with gate:
            answer = await client.http.delete(f"/v1/sessions/{session}")
            assert answer.is_success, answer.text

    async with asyncio.TaskGroup() as group:
        for session in client.asked:
            group.create_task(delete(session))

    async def none_is_open() -> bool:
        return await _number(system, _OPEN) == 0

    await eventually(none_is_open, EMPTY_SECONDS, LOOK_SECONDS)


async def _number(system: System, statement: str) -> int:
    connection = await asyncpg.connect(system.endpoints.postgres, timeout=10)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close(timeout=10)


async def _name(client: Client) -> str:
    return (await client.http.get("/v1/me")).json()["tenant"]


def waits(history: History, large: str) -> list[Wait]:
    """Of every other tenant's first job, from its client's call on until a worker said that it had it."""
    asked: dict[str, datetime] = {}
    begun: dict[str, datetime] = {}
    of_large: list[datetime] = []
    for kind, _, one in said(history):
        tenant, at = one.commit.tenant, one.commit.at
        if kind == "job.claimed" and tenant == large:
            of_large.append(at)
        elif kind == "job.claimed":
            begun[tenant] = min(at, begun.get(tenant, at))
        elif kind == "job.queued" and tenant != large:
            asked[tenant] = min(at, asked.get(tenant, at))
    return [
        Wait(sum(at < one <= begun[tenant] for one in of_large), (begun[tenant] - at).total_seconds())
        for tenant, at in asked.items()
        if tenant in begun
    ]


def _count(outcome: Outcome, found: Sequence[Wait]) -> None:
    outcome.at_least("other tenants", len(found), OTHERS)
    outcome.at_most("jobs of the large tenant begun before (most)", max(one.begun for one in found), MOST_BEFORE)
    outcome.figures["waited, s (longest)"] = round(max(one.seconds for one in found), 2)
    outcome.figures["waited, s (median)"] = round(median(one.seconds for one in found), 2)
