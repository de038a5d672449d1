"""Wishes at a steady rate, whatever became of those before; of each is kept what its client knows of it."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import Any, Literal
from uuid import UUID

import httpx

from services.gateway.identity import repeatable_command
from tests.chaos.client import FILM, WORDS_ONLY
from tests.chaos.seeds.plan import Plan
from tests.chaos.seeds.tenants import OURS
from tests.chaos.system import System, http_as

Fate = Literal["acknowledged", "refused", "unknown"]


@dataclass(slots=True)
class Wish:
    """One call. `command` is the id that it has in the log, if it comes there; `session`: whom it starts, if anyone."""

    method: str
    path: str
    body: dict[str, Any]
    key: str
    command: UUID
    session: UUID | None = None
    fate: Fate = "unknown"
    answered: str = ""


class Load:
    """The wishes of one run."""

    def __init__(self, system: System, plan: Plan, tenant: str, account: str) -> None:
        self.wishes: list[Wish] = []
        self._plan = plan
        self._random = Random(f"{plan.seed}:load")
        self._tenant = tenant
        self._account = account
        self._http = http_as(system, system.key)
        self._kept: set[UUID | None] = set()

    async def run(self) -> None:
        """Until the last one is answered, or given up."""
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            if self._plan.film:
                group.create_task(self._ask(self.film()))
            for number in range(int(self._plan.rate * self._plan.seconds)):
                due = began + number / self._plan.rate
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                group.create_task(self._ask(self.next()))

    def film(self) -> Wish:
        """What a fault of the plan waits for: nobody deletes it meanwhile."""
        wish = self._start(dict(FILM))
        self._kept.add(wish.session)
        return wish

    def next(self) -> Wish:
        """What is asked next: a session, a project, nonsense, or a change of what was asked for before."""
        sessions = self.sessions()
        chance = self._random.random()
        if not sessions or chance < 0.4:
            return self._start({**WORDS_ONLY, "prompt": f"Why is {OURS} salt?"})
        if chance < 0.5:
            return self._wish("POST", "/v1/projects", {"name": f"{OURS} {len(self.wishes)}"})
        if chance < 0.55:
            return self._wish("POST", "/v1/projects", {"nonsense": True})
        session = self._random.choice(sessions)
        if chance < 0.6 and session not in self._kept:
            return self._wish("DELETE", f"/v1/sessions/{session}", {})
        return self._wish("PATCH", f"/v1/sessions/{session}", {"title": f"{OURS} {len(self.wishes)}"})

    async def again(self) -> None:
        """Half of what nobody knows about is asked once more under its key, as a careful client does."""
        unknown = [wish for wish in self.wishes if wish.fate == "unknown"]
        for wish in unknown[::2]:
            await self._ask(wish)

    def sessions(self) -> list[UUID]:
        """Those that were wished for."""
        return [wish.session for wish in self.wishes if wish.session is not None]

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    def fates(self) -> Counter[str]:
        """How many of each."""
        return Counter(wish.fate for wish in self.wishes)

    def _start(self, body: dict[str, Any]) -> Wish:
        session = UUID(int=self._random.getrandbits(128), version=4)
        wish = self._wish("POST", "/v1/sessions", {**body, "sessionId": str(session)})
        wish.session = session
        return wish

    def _wish(self, method: str, path: str, body: dict[str, Any]) -> Wish:
        key = f"{self._random.getrandbits(64):x}"
        command = repeatable_command(self._tenant, f"{self._account}\n{method} {path}\n{key}")
        wish = Wish(method, path, body, key, command)
        self.wishes.append(wish)
        return wish

    async def _ask(self, wish: Wish) -> None:
        try:
            answer = await self._http.request(
                wish.method, wish.path, json=wish.body or None, headers={"Idempotency-Key": wish.key}
            )
        except httpx.TransportError as error:
            wish.answered = type(error).__name__
            return
        wish.answered = f"{answer.status_code} {answer.text[:200] if answer.is_error else ''}"
        if answer.status_code == HTTPStatus.ACCEPTED:
            assert UUID(answer.json()["commandId"]) == wish.command
            wish.fate = "acknowledged"
        elif answer.is_client_error and answer.status_code != HTTPStatus.CONFLICT:
            wish.fate = "refused"
