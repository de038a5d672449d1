"""The stepwise application's history: its sessions listed, counted, read, made again and deleted."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.messages.session import Changes, DeleteSession
from contracts.messages.session_life import LONGEST_PROMPT, LONGEST_SCRIPT, Basis
from contracts.topics import SESSION_COMMANDS
from services.gateway.access.callers import LegacyCaller
from services.gateway.asking.deriving import derivation
from services.gateway.asking.following import session_when
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import DEGRADED, Wish, command_id, outcome_of, register, send
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.cursors import Place
from services.gateway.http.problems import Problem, of_refusal
from services.gateway.http.view import Page
from services.gateway.identity import marked
from services.gateway.lists.paging import listing
from services.gateway.live.sse import ENDED
from services.gateway.ports.gateway import Gateway, SessionFilter, gateway_of
from services.gateway.ports.waiting import Blind
from services.gateway.routes.answers import answered, said, words_of
from services.gateway.routes.seeds.manim_words import (
    WORDS,
    Count,
    Deletions,
    SeedSession,
    Word,
    failure_of,
    seed_session,
    statuses_of,
)
from services.gateway.stored import Stored

router = APIRouter(prefix="/api/sessions", tags=["stepwise"])

AT_ONCE: Final = 100
"""So many sessions are deleted at a time."""
Status = Annotated[Word | None, Query(description="Only sessions that are shown with this status.")]
Words = Annotated[str | None, Query(max_length=200, description="Words that stand in prompt, script or title.")]


class Regenerate(Body):
    """Which words the new session is made of. Without any: the old script, where there is one, or the old prompt."""

    basis: Basis | None = Field(default=None, alias="from")
    prompt: str | None = Field(default=None, max_length=LONGEST_PROMPT)
    script: str | None = Field(default=None, max_length=LONGEST_SCRIPT)


@router.get(
    "", operation_id="seedSessions", summary="Past sessions", responses=said("cursor.invalid", ok=Page[SeedSession])
)
async def list_(
    request: Request,
    caller: LegacyCaller,
    status: Status = None,
    q: Words = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> Response:
    """Newest first; stable while new sessions come."""
    gateway = gateway_of(request)
    which = SessionFilter(statuses_of(status), words_of(q))
    question = f"stepwise\n{which!r}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.documents.sessions(caller.reach, which, asked.after, asked.wanted)
    return answered(asked.page(Page[SeedSession], found, lambda document: seed_session(gateway, document)))


@router.get("/count", operation_id="countSeedSessions", summary="How many?", responses=said(ok=Count))
async def count(request: Request, caller: LegacyCaller, status: Status = None, q: Words = None) -> Response:
    """How many sessions the list has."""
    gateway = gateway_of(request)
    which = SessionFilter(statuses_of(status), words_of(q))
    return answered(Count(count=await gateway.documents.count_sessions(caller.reach, which)))


@router.get(
    "/{session_id}",
    operation_id="seedSession",
    summary="One session",
    responses=said("session.unknown", ok=SeedSession),
)
async def get(request: Request, caller: LegacyCaller, session_id: str) -> Response:
    """The session's document."""
    gateway = gateway_of(request)
    document = await gateway.documents.session(caller.reach, str(_id(session_id)))
    if document is None:
        raise _unknown(session_id)
    return answered(seed_session(gateway, document))


@router.post(
    "/{session_id}/regenerate",
    operation_id="regenerateSeedSession",
    summary="A new video of an old session",
    responses=said(
        "session.not_open", "session.step_missing", "kafka.unavailable", ok=SeedSession, accepted=SeedSession
    ),
)
async def regenerate(
    request: Request,
    caller: LegacyCaller,
    session_id: str,
    given: Annotated[Given[Regenerate], Depends(JsonBody(Regenerate, needed=False))],
) -> Response:
    """Makes a session of the old words and waits for its video; the old one stays as it is."""
    gateway = gateway_of(request)
    source = _id(session_id)
    changes = Changes(prompt=given.body.prompt, script=given.body.script)

    async def act(chosen: UUID | None) -> Response:
        wish, made = derivation(gateway, caller, source, given.body.basis, changes, chosen)
        await register(request, gateway, caller)
        deadline = asyncio.get_running_loop().time() + gateway.legacy_wait_seconds
        try:
            outcome = await outcome_of(request, gateway, caller, wish, gateway.legacy_wait_seconds)
            if outcome is not None and outcome.problem is not None:
                raise of_refusal(*outcome.problem)
            document = await session_when(gateway, caller.reach, made, deadline, _ended)
        except Blind:
            return _made_later(made, wish, {DEGRADED: "mongodb"})
        if document is None:
            return _made_later(made, wish, {})
        if _ended(document) and WORDS[document["status"]] == "failed":
            raise failure_of(document)
        return answered(seed_session(gateway, document), 200 if _ended(document) else 202)

    return await once(request, gateway, caller, given, act)


@router.delete(
    "",
    operation_id="deleteOldSeedSessions",
    summary="Delete old sessions",
    responses=said(
        *("auth.forbidden", "idempotency.in_flight", "idempotency.mismatch", "kafka.unavailable"),
        ok=Deletions,
        accepted=Deletions,
    ),
)
async def delete_old(
    request: Request,
    caller: LegacyCaller,
    older_than_days: Annotated[int, Query(alias="olderThanDays", ge=0, le=36_500)],
) -> Response:
    """Deletes what was created so many days ago or earlier; each can be restored for as long as it is kept."""
    gateway = gateway_of(request)
    if gateway.demo is None and not caller.administers:
        raise Problem("auth.forbidden", "Deleting many sessions at once takes the key of an administrator.")
    before = gateway.now() - timedelta(days=older_than_days)

    async def act(chosen: UUID | None) -> Response:
        run = command_id(gateway, caller.tenant, chosen)
        deleted, place = 0, None
        deadline = asyncio.get_running_loop().time() + gateway.legacy_wait_seconds
        while True:
            which = SessionFilter(created_before=before)
            found = await gateway.documents.sessions(caller.reach, which, place, AT_ONCE)
            try:
                deleted += await _delete(request, gateway, caller, found, run, deadline)
            except Blind:
                return answered(Deletions(deleted=deleted), 202, {DEGRADED: "mongodb"})
            if len(found) < AT_ONCE:
                in_time = asyncio.get_running_loop().time() < deadline
                return answered(Deletions(deleted=deleted), 200 if in_time else 202)
            place = Place(found[-1]["createdAt"], found[-1]["_id"])

    return await once(request, gateway, caller, None, act)


async def _delete(
    request: Request, gateway: Gateway, caller: Principal, found: Sequence[Stored], run: UUID, deadline: float
) -> int:
    """How many of them were deleted, as far as that is known by the deadline."""
    loop = asyncio.get_running_loop()
    deleted = 0
    with ExitStack() as expected:
        waiting = []
        for document in found:
            wish = _deletion(gateway, caller, document["_id"], run)
            waiting.append(expected.enter_context(gateway.waiters.expect(wish.id)))
            await send(request, gateway, caller, wish)
        for future in waiting:
            outcome = await gateway.waiters.wait(future, max(deadline - loop.time(), 0))
            deleted += outcome is not None and outcome.problem is None
    return deleted


def _deletion(gateway: Gateway, caller: Principal, stream: str, run: UUID) -> Wish:
    return Wish(
        topic=SESSION_COMMANDS.name,
        stream=stream,
        body=DeleteSession(),
        id=marked(caller.tenant, uuid5(run, stream)),
        at=gateway.now(),
        links={},
    )


def _ended(document: Stored) -> bool:
    return document["status"] in ENDED


def _made_later(made: UUID, wish: Wish, headers: dict[str, str]) -> Response:
    blank = dict.fromkeys(
        ("prompt", "refinedPrompt", "script", "audioFilePath", "videoFilePath", "pythonCodePath", "errorMessage"), ""
    )
    times = {"createdAt": wish.at, "updatedAt": wish.at}
    view = SeedSession.model_validate({"sessionId": str(made), "status": "created", **blank, **times})
    return answered(view, 202, headers)


def _id(session_id: str) -> UUID:
    try:
        return UUID(session_id)
    except ValueError:
        raise _unknown(session_id) from None


def _unknown(session_id: str) -> Problem:
    return Problem("session.unknown", f"There is no session {session_id[:80]!r}.")
