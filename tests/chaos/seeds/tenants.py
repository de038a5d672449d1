"""A second tenant beside the one that asks: what either says shows nowhere but in his own answers.

Every text that is sent holds the word of its tenant. Both look at their own lists and at each other's sessions while
faults happen; afterwards all that the processes wrote down is searched for both words.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import httpx
import redis.asyncio

from contracts.catalog import as_command
from contracts.envelope import Command, stream_id
from contracts.messages.access import IssueKey
from contracts.messages.account import AccountKind, RegisterAccount
from contracts.messages.roles import Scope
from contracts.model import CommandBody
from contracts.topics import COMMANDS_OF
from eventlog import clock
from eventlog.kafka import KafkaAccess, KafkaSender
from ops.processes import SERVICES
from services.gateway.auth import keys
from services.gateway.auth.principal import EVERY_SCOPE, Principal
from tests.chaos.client import WORDS_ONLY
from tests.chaos.seeds.anomaly import Anomaly
from tests.chaos.system import LOOK_SECONDS, System, http_as
from tests.plain_http import plain_http
from tests.waiting import eventually

OURS: Final = "heronword"
"""In every text of the tenant whose wishes a run counts."""
THEIRS: Final = "quinceword"
NEIGHBOUR: Final = Principal("neighbour", AccountKind.DEMO, "the neighbour")
LISTS: Final = ("/v1/me", "/v1/sessions?limit=100", "/v1/projects?limit=100")
OPENED_SECONDS = 60.0
WATCH_SECONDS = 2.0
MOST_TOLD = 10
_IDS = UUID("1e4e1f52-0a58-5f0c-9d0b-5f4b5d8f5b1e")


class Neighbour:
    """His sessions are `sessions`; `findings` what was seen of somebody else's."""

    def __init__(self, system: System, seed: int) -> None:
        self.sessions: list[UUID] = []
        self.findings: list[str] = []
        self._system = system
        self._seed = seed
        self._key = keys.key_of(uuid5(_IDS, "key").bytes + bytes(keys.RANDOM_BYTES - 16))
        self._ours = http_as(system, system.key)
        self._his = http_as(system, self._key)

    async def open(self) -> None:
        """His account and key, made once in the life of a system; a session and a project of this run."""
        sender = KafkaSender(KafkaAccess(self._system.endpoints.kafka), COMMANDS_OF)
        try:
            await sender.send(list(opening(NEIGHBOUR, self._key, _IDS)))
        finally:
            await sender.close()

        async def knows_him() -> bool:
            return (await self._his.get("/v1/me")).is_success

        await eventually(knows_him, OPENED_SECONDS, LOOK_SECONDS)
        session = uuid5(_IDS, f"session {self._seed}")
        wish = {**WORDS_ONLY, "prompt": f"Why is {THEIRS} salt?", "title": THEIRS, "sessionId": str(session)}
        for path, body in (("/v1/sessions", wish), ("/v1/projects", {"name": THEIRS})):
            answer = await self._his.post(path, json=body)
            assert answer.is_success, answer.text
        self.sessions.append(session)

    async def watch(self, ours: Callable[[], Sequence[UUID]]) -> None:
        """Look at all that both can ask for, again and again, until cancelled."""
        while True:
            await self.look(ours())
            await asyncio.sleep(WATCH_SECONDS)

    async def look(self, ours: Sequence[UUID]) -> None:
        """Each at his own things, and at the newest of the other's."""
        for http, own, other, foreign in (
            (self._ours, OURS, THEIRS, self.sessions[-1:]),
            (self._his, THEIRS, OURS, ours[-1:]),
        ):
            for path in LISTS:
                await self._see(http, path, other)
            for session in foreign:
                await self._see(http, f"/v1/sessions/{session}", other, refused=f"{own} is shown")

    async def _see(self, http: httpx.AsyncClient, path: str, foreign: str, refused: str = "") -> None:
        with suppress(httpx.TransportError):
            answer = await http.get(path)
            if foreign.encode() in answer.content:
                self.findings.append(f"GET {path} shows what another tenant wrote: {foreign}")
            if refused and answer.is_success:
                self.findings.append(f"{refused} {path}, which is another tenant's")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._ours.aclose()
        await self._his.aclose()


def opening(who: Principal, key: str, ids: UUID) -> Iterator[Command]:
    """His account and his key. `ids`: what the ids of both commands are made of, one for each of whom this is asked."""
    register = RegisterAccount(account_id=who.account, kind=who.kind, name=who.subject)
    issue = IssueKey(
        key_id=uuid5(ids, "key"),
        digest=keys.digest(key),
        prefix=key[: keys.SHOWN],
        scopes=tuple(sorted(EVERY_SCOPE - {Scope.ADMIN})),
    )
    for body in (register, issue):
        yield _command(who, body, ids)


def _command(who: Principal, body: CommandBody, ids: UUID) -> Command:
    return as_command(
        body,
        id_=uuid5(ids, body.TYPE),
        stream=stream_id("account", who.tenant, str(who.account)),
        at=clock.now(),
        tenant=who.tenant,
        actor="ops:chaos",
    )


async def seen_of_others(system: System, neighbour: Neighbour, ours: Sequence[UUID]) -> list[Anomaly]:
    """What the two saw of one another, and every log line, label of a metric and key of the cache that holds a word."""
    await neighbour.look(ours)
    logs = await asyncio.to_thread(in_logs, system.folder / "logs")
    found = [*neighbour.findings, *logs, *await _in_metrics(system), *await _in_cache(system)]
    return [Anomaly("I11", one) for one in found[:MOST_TOLD]]


def in_logs(folder: Path) -> list[str]:
    """Every line of a service's log that holds what a tenant wrote."""
    return [
        f"{path.name}: {line[:300]!r}"
        for name in SERVICES
        for path in (folder / f"{name}.log", folder / f"{name}-beside.log")
        if path.exists()
        for line in path.read_text(errors="replace").splitlines()
        if OURS in line or THEIRS in line
    ]


async def _in_metrics(system: System) -> list[str]:
    async with plain_http(timeout=20) as http:
        told = {name: await http.get(f"http://127.0.0.1:{system.told(name)['port']}/metrics") for name in SERVICES}
    words = (OURS, THEIRS, NEIGHBOUR.tenant, str(NEIGHBOUR.account))
    return [f"a label of {name} holds {word}" for name, one in told.items() for word in words if word in one.text]


async def _in_cache(system: System) -> list[str]:
    async with redis.asyncio.from_url(system.endpoints.redis, socket_timeout=10) as cache:
        kept: Mapping[bytes, Any] = {key: await _value(cache, key) async for key in cache.scan_iter(count=1_000)}
    words = (OURS.encode(), THEIRS.encode())
    keyed = [f"the cache has the key {key!r}" for key in kept if any(word in key for word in words)]
    mixed = [f"{key!r} is of both" for key, value in kept.items() if all(word in value for word in words)]
    his = [f"{key!r} holds what is not of its tenant" for key, value in kept.items() if of_another(key, value)]
    return [*keyed, *mixed, *his]


def of_another(key: bytes, value: bytes) -> bool:
    """Whether what is kept under that key of the cache was written by somebody of another tenant."""
    of_neighbour = NEIGHBOUR.tenant.encode() in key
    return (OURS if of_neighbour else THEIRS).encode() in value


async def _value(cache: "redis.asyncio.Redis", key: bytes) -> bytes:
    value = await cache.get(key) if await cache.type(key) == b"string" else None
    return value.encode() if isinstance(value, str) else value or b""
