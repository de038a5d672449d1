"""Who asks to be erased leaves no word behind: not in a log, not in a store; nothing of anybody else changes.

Fifty words are planted wherever a person can write something, by one account and by its neighbour in the same tenant.
"""

import re
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

import httpx
import msgspec

from contracts.envelope import Command
from contracts.messages.account import AccountKind
from services.gateway.auth.keys import KeyRing, digest, key_of
from services.gateway.auth.principal import Principal
from services.session.erasure import Erasure, Leaving
from tests.flows import world as flows
from tests.gateway.company import Company
from tests.gateway.world import KEY, OTHER_KEY, OURS, THEM, US
from tests.waiting import eventually

NEIGHBOUR_KEY = key_of(bytes(range(40, 60)))
NEIGHBOUR = Principal(OURS, AccountKind.API_KEY, "neighbour")
RING = KeyRing({digest(KEY): US, digest(OTHER_KEY): THEM, digest(NEIGHBOUR_KEY): NEIGHBOUR})
BRIEF = {"stages": ["refine", "script"]}
"""No film, where somebody works on it."""
CANARY = re.compile(rb"canary-([ab])-(\d\d)")


class Words:
    """Words that stand nowhere else."""

    def __init__(self, whose: str) -> None:
        self.whose = whose
        self.said = 0

    def __call__(self) -> str:
        self.said += 1
        return f"canary-{self.whose}-{self.said:02}"


async def plant(client: httpx.AsyncClient, word: Words) -> None:
    """Say something in every place there is."""

    async def post(where: str, body: Any, **more: Any) -> Any:
        answer = await client.post(where, json=body, headers={"Prefer": "wait=20", **more})
        assert answer.is_success, answer.text
        return answer.json()

    for _ in range(4):
        said = {
            "prompt": f"Tell of {word()}",
            "title": word(),
            "metadata": {word(): [word(), {"deep": word()}]},
            **BRIEF,
        }
        made = await post("/v1/sessions", said)
        session = made["sessionId"]
        await client.patch(f"/v1/sessions/{session}", json={"title": word(), "metadata": {"again": word()}})
        again = await post(f"/v1/sessions/{session}/regenerate", {"from": "prompt", "changes": {"title": word()}})
        await eventually(partial(canceled, client, again["jobs"][-1]), within=20)
    await post(
        "/v1/sessions", {"script": f"Once upon a time there was {word()}.", "title": word(), "stages": ["speech"]}
    )
    gone = (await post("/v1/sessions", {"prompt": word(), "title": word(), **BRIEF}))["sessionId"]
    await client.delete(f"/v1/sessions/{gone}", headers={"Prefer": "wait=20"})
    layer = {"type": "text", "text": word(), "start": 0, "duration": 1, "name": word()}
    timeline = {"layers": [layer], "markers": [{"note": word()}], "playheadTime": 0, "duration": 1}
    project = await post("/v1/projects", {"name": word(), "description": word()})
    where, waiting = f"/v1/projects/{project['projectId']}", {"Prefer": "wait=20"}
    saved = await client.put(f"{where}/timeline", json=timeline, headers={"If-Match": '"v1"', **waiting})
    assert saved.is_success, saved.text
    edited = await client.patch(where, json={"name": word()}, headers={"If-Match": '"v2"', **waiting})
    assert edited.is_success, edited.text
    preset = {"name": word(), "description": word(), "instructions": word(), "configuration": {"note": word()}}
    await post("/v1/presets", preset)
    await post("/v1/webhook-endpoints", {"url": f"http://127.0.0.1:9/{word()}", "description": word()})
    await post("/v1/me/keys", {"name": word(), "scopes": ["read"]})
    await client.post("/v1/uploads", json={"fileName": f"{word()}.png"}, headers={"Prefer": "wait=20"})


async def canceled(client: httpx.AsyncClient, job: str) -> bool:
    """Where somebody works it would be a film; its job may be queued a moment later than its session is shown."""
    return (await client.post(f"/v1/jobs/{job}/cancel", headers={"Prefer": "wait=20"})).is_success


class House:
    """A company, and what looks after those who leave it."""

    def __init__(self) -> None:
        self.company = Company()
        self.ring = self.company.services.ring
        self.company.changed |= {"keys": RING, "subject_keys": self.ring}
        traces, ring, clock = Traces(self.company), self.ring, lambda: self.company.gateway.moment
        self.erasure = Erasure(traces, ring, self, clock, lambda: True, settled_seconds=0.0)

    async def send(self, commands: Sequence[Command]) -> None:
        self.company.services.deliver(commands)
        await self.company.show()

    async def erase(self) -> int:
        """As many steps as it takes."""
        for step in range(20):
            if not await self.erasure.once():
                return step
        raise AssertionError("somebody is still there after twenty steps")

    def kept(self) -> list[tuple[str, bytes]]:
        """Every byte that is kept anywhere, and where."""
        services = self.company.services
        found = [
            (f"{service.topic} {record.offset}", record.value)
            for service in (services.session, services.render)
            for record in service.log
        ]
        found += [
            (f"command {command.type}", msgspec.json.encode(command)) for _, command in self.company.gateway.sender.sent
        ]
        for reader in (
            services.documents,
            services.jobs,
            services.queue,
            services.retention,
            services.uploads,
            *services.facts,
        ):
            for name, views in reader.store.views.items():
                found += [(name, repr(view).encode()) for view in views.values()]
            for name, rows in reader.store.entries.items():
                found += [(name, repr(row).encode()) for row in rows.values()]
        return found

    def canaries(self, whose: str) -> set[tuple[str, bytes]]:
        """Where which of somebody's words stand."""
        return {
            (place, hit.group())
            for place, data in self.kept()
            for hit in CANARY.finditer(data)
            if hit.group(1).decode() == whose
        }

    def others(self) -> dict[str, Any]:
        """All that is kept of streams that the neighbour and the other tenant began."""
        streams = {
            row["stream"]
            for reader in (self.company.services.documents, self.company.services.jobs)
            for name in ("session_history", "render_history")
            for row in reader.store.entries.get(name, {}).values()
            if row["version"] == 1 and row["accountId"] != str(US.account)
        }
        return everything_of(self.company.services, streams)


def everything_of(world: flows.World, streams: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for reader in (world.documents, world.jobs, world.queue, world.retention, world.uploads, *world.facts):
        for name, views in reader.store.views.items():
            found[name] = {stream: view for stream, view in views.items() if stream in streams}
        for name, rows in reader.store.entries.items():
            found[name] = {key: row for key, row in rows.items() if (row.get("stream") or row["streamId"]) in streams}
    return found


class Traces:
    """`services.session.erasure.Traces` over the documents of the company."""

    def __init__(self, company: Company) -> None:
        self._company = company

    async def leaving(self, without: Collection[str]) -> Sequence[Leaving]:
        rows = self._company.gateway.documents.collections["credentials"].values()
        return [Leaving(row["tenant"], row["accountId"]) for row in rows if row["closed"] and row["_id"] not in without]

    async def streams(self, whose: Leaving) -> Sequence[str]:
        shown = self._company.gateway.documents.collections
        return [
            row["stream"]
            for name in ("session_history", "render_history")
            for row in shown.get(name, {}).values()
            if (row["tenant"], row["accountId"], row["version"]) == (whose.tenant, whose.account, 1)
        ]

    async def drop(self, whose: Leaving, streams: Collection[str]) -> int:
        return 0


async def house() -> House:
    made = House()
    for key, whose in ((KEY, "a"), (NEIGHBOUR_KEY, "b")):
        async with made.company.client(key) as client:
            word = Words(whose)
            await plant(client, word)
            assert word.said >= 50
    return made


async def test_fifty_words_are_found_before_and_none_after() -> None:
    house_ = await house()
    assert len({word for _, word in house_.canaries("a")}) >= 50
    assert not {place for place, _ in house_.canaries("a") if place.startswith(("playhead.", "command"))}
    before = house_.others()
    async with house_.company.client() as client:
        answer = await client.delete("/v1/me", headers={"Prefer": "wait=20"})
        assert answer.status_code == 204
    steps = await house_.erase()
    assert steps >= 2
    assert house_.canaries("a") == set()
    assert len({word for _, word in house_.canaries("b")}) >= 50
    assert house_.others() == before


async def test_a_rebuild_after_it_gives_the_same_for_everybody() -> None:
    house_ = await house()
    async with house_.company.client() as client:
        await client.delete("/v1/me", headers={"Prefer": "wait=20"})
    await house_.erase()
    world = house_.company.services
    for old in (world.documents, world.jobs, world.queue, world.retention, world.uploads, *world.facts):
        fresh = flows.Reader(old.service, old.projections, old.journals)
        await fresh.read()
        assert fresh.store.views == old.store.views
        assert fresh.store.entries == old.store.entries
