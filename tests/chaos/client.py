"""A client who goes on asking: the same wish under the same id, until the gateway has taken it."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from eventlog.clock import new_id
from tests.chaos.system import LOOK_SECONDS, System
from tests.plain_http import plain_http
from tests.waiting import eventually

FILM: Mapping[str, Any] = {"script": "A river does not hurry.", "kind": "slides"}
WORDS_ONLY: Mapping[str, Any] = {"prompt": "Why is the sea salt?", "stages": ["refine", "script"]}
OVER = frozenset({"completed", "failed", "canceled", "expired"})
ASK_SECONDS = 90.0
FILM_SECONDS = 150.0


class Client:
    """`acknowledged`: the ids of the commands that the gateway took; `asked`: the sessions that were wished for.

    `http` is for questions of a test's own.
    """

    def __init__(self, system: System) -> None:
        self.http = plain_http(
            base_url=system.gateway,
            headers={"Authorization": f"Bearer {system.key}"},
            timeout=15,
            # A connection that is kept tells of a gateway that was; each question gets its own.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self.acknowledged: list[UUID] = []
        self.asked: list[UUID] = []

    async def ask(self, wish: Mapping[str, Any], *, killed: bool = False) -> UUID:
        """The id of the session, once the wish was taken. `killed`: the gateway itself may be away."""
        session = self.wish()

        async def taken() -> bool:
            return await self.ask_once(session, wish, killed=killed)

        await eventually(taken, ASK_SECONDS, LOOK_SECONDS)
        return session

    def wish(self) -> UUID:
        """The id for a session that will be asked for until it is taken."""
        self.asked.append(new_id())
        return self.asked[-1]

    async def ask_once(self, session: UUID, wish: Mapping[str, Any], *, killed: bool = False) -> bool:
        """Whether the gateway took it. Otherwise it has to be 503 and to say when to come again."""
        try:
            answer = await self.http.post("/v1/sessions", json={**wish, "sessionId": str(session)})
        except httpx.TransportError:
            assert killed, "the gateway closed the connection without an answer"
            return False
        if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            assert int(answer.headers["Retry-After"]) > 0
            return False
        assert answer.status_code == HTTPStatus.ACCEPTED, answer.text
        self.acknowledged.append(UUID(answer.json()["commandId"]))
        return True

    async def session(self, session: UUID) -> dict[str, Any] | None:
        """The session as it is shown; None while it cannot be shown."""
        try:
            answer = await self.http.get(f"/v1/sessions/{session}")
        except httpx.TransportError:
            return None
        return answer.json() if answer.is_success else None

    async def until_stage(self, session: UUID, stage: str, within: float = FILM_SECONDS) -> None:
        """Return while a worker is at that stage; fails where it is past it already."""

        async def running() -> bool:
            found = await self.session(session)
            if found is None:
                return False
            assert found["status"] not in OVER, f"the session is {found['status']} before it was seen at {stage}"
            return any(one["name"] == stage and one["status"] == "running" for one in found["stages"])

        await eventually(running, within, LOOK_SECONDS)

    async def completed(self, session: UUID, within: float = FILM_SECONDS) -> dict[str, Any]:
        """The session once it is over, which has to be: completed."""

        async def over() -> dict[str, Any] | None:
            found = await self.session(session)
            return found if found and found["status"] in OVER else None

        found = await eventually(over, within, LOOK_SECONDS)
        assert found["status"] == "completed", found["errorMessage"]
        return found

    async def written(self, session: UUID, within: float = FILM_SECONDS) -> None:
        """Return once the stages of `WORDS_ONLY` are done and no job of the session goes on."""

        async def done() -> bool:
            found = await self.session(session)
            if found is None:
                return False
            assert found["status"] not in OVER, found["errorMessage"]
            stages = {stage["name"] for stage in found["stages"] if stage["status"] == "done"}
            return stages >= {*WORDS_ONLY["stages"]} and found["activeJob"] is None

        await eventually(done, within, LOOK_SECONDS)

    async def film(self, session: UUID) -> dict[str, str]:
        """SHA-256 by kind and type of everything that was made for the user."""
        found = await self.completed(session)
        return {f"{asset['kind']} {asset['mediaType']}": asset["sha256"] for asset in found["assets"]}

    async def close(self) -> None:
        """Let go of the connections."""
        await self.http.aclose()


def now() -> float:
    """The loop's time, for what a test measures."""
    return asyncio.get_running_loop().time()
