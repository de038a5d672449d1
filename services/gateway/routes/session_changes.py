"""Sessions: edited, deleted and brought back, worked on further, and made again."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, Field, JsonValue, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.documents import SessionStatus
from contracts.envelope import stream_id
from contracts.messages.session import (
    Changes,
    DeleteSession,
    EditSession,
    RequestStages,
    RestoreSession,
    SessionCommand,
    WantedStages,
)
from contracts.messages.session_life import LONGEST_PROMPT, LONGEST_SCRIPT, LONGEST_TITLE, Basis
from contracts.rendering import Aspect, Kind
from contracts.topics import SESSION_COMMANDS
from services.gateway.access.callers import Caller
from services.gateway.asking.deriving import derivation
from services.gateway.asking.following import session_when
from services.gateway.asking.idempotency import once
from services.gateway.asking.kinds import installed
from services.gateway.asking.wishes import Wish, ask, command_id, register
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.preconditions import expected_version, stale
from services.gateway.http.problems import Problem
from services.gateway.identity import job_of
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Blind, Outcome, wanted_seconds
from services.gateway.routes.answers import command_answers, versioned
from services.gateway.routes.session_answers import failure_of, shown_at
from services.gateway.routes.sessions import WriterWish, small
from services.gateway.stored import Stored
from services.gateway.views.preparing import session_view
from services.gateway.views.sessions import SessionView

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])

Making = Callable[[UUID], SessionCommand]
"""What is asked for, given the command's id."""


class Edit(Body):
    """What is to be another; what is left out stays."""

    title: str | None = Field(default=None, min_length=1, max_length=LONGEST_TITLE)
    metadata: Annotated[dict[str, JsonValue], AfterValidator(small)] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "Edit":
        if self.title is None and self.metadata is None:
            raise ValueError("changes nothing: send a title, metadata or both")
        return self


class Inputs(Body):
    """Inputs that replace the session's; what was made of the old ones is void."""

    prompt: str | None = Field(default=None, max_length=LONGEST_PROMPT)
    script: str | None = Field(default=None, max_length=LONGEST_SCRIPT)
    title: str | None = Field(default=None, max_length=LONGEST_TITLE)
    kind: Kind | None = None
    aspect: Aspect | None = None
    writing: WriterWish | None = None

    def changes(self) -> Changes:
        """As the session takes them."""
        writing = self.writing.writing if self.writing else None
        return Changes(**self.model_dump(exclude={"writing"}), writing=writing)


class MoreStages(Body):
    """Stages in the order in which they are done, and what they are to be done with."""

    stages: WantedStages
    inputs: Inputs = Inputs()


class MadeAgain(Body):
    """Which words the new session is made of, and what is another in it."""

    basis: Basis = Field(alias="from")
    changes: Inputs = Inputs()


@router.patch(
    "/{session_id}",
    operation_id="editSession",
    summary="Change a session",
    status_code=202,
    responses=command_answers("session.not_open", "version.stale", ok=SessionView),
)
async def edit(
    request: Request, caller: Caller, session_id: UUID, given: Annotated[Given[Edit], Depends(JsonBody(Edit))]
) -> Response:
    """Its title, its metadata (as a whole) or both. With `If-Match`, only the version that its client has seen."""
    body = EditSession(title=given.body.title, metadata=given.body.metadata)
    return await _ask(request, caller, session_id, given, lambda _: body)


@router.delete(
    "/{session_id}",
    operation_id="deleteSession",
    summary="Delete a session",
    status_code=202,
    responses=command_answers("session.not_open", "version.stale", gone=None),
)
async def delete(request: Request, caller: Caller, session_id: UUID) -> Response:
    """Takes the session away and stops what runs for it. `Prefer: wait=N` answers 204 when that is done.

    It can be restored until it is purged.
    """
    return await _ask(request, caller, session_id, None, lambda _: DeleteSession())


@router.post(
    "/{session_id}/restore",
    operation_id="restoreSession",
    summary="Bring a deleted session back",
    status_code=202,
    responses=command_answers("session.not_open", "version.stale", ok=SessionView),
)
async def restore(request: Request, caller: Caller, session_id: UUID) -> Response:
    """With all that it had; what was at work for it stays stopped."""
    return await _ask(request, caller, session_id, None, lambda _: RestoreSession())


@router.post(
    "/{session_id}/stages",
    operation_id="requestStages",
    summary="Run some stages",
    status_code=202,
    responses=command_answers(
        *("session.not_open", "session.busy", "session.step_missing", "quota.exceeded", "version.stale"),
        "kind.not_installed",
        ok=SessionView,
    ),
)
async def stages(
    request: Request,
    caller: Caller,
    session_id: UUID,
    given: Annotated[Given[MoreStages], Depends(JsonBody(MoreStages))],
) -> Response:
    """On top of what the session has; with other `inputs`, what was made of the old ones is cleared."""
    body = given.body
    installed(gateway_of(request), body.inputs.kind)

    def making(id_: UUID) -> SessionCommand:
        return RequestStages(job_id=job_of(id_), stages=body.stages, changes=body.inputs.changes())

    return await _ask(request, caller, session_id, given, making)


@router.post(
    "/{session_id}/regenerate",
    operation_id="regenerateSession",
    summary="Make a session again",
    status_code=202,
    responses=command_answers("session.not_open", "session.step_missing", "kind.not_installed", created=SessionView),
)
async def regenerate(
    request: Request, caller: Caller, session_id: UUID, given: Annotated[Given[MadeAgain], Depends(JsonBody(MadeAgain))]
) -> Response:
    """A new session of this one's prompt, or of its script as it stands; this one stays as it is."""
    gateway = gateway_of(request)
    installed(gateway, given.body.changes.kind)
    seconds = wanted_seconds(request.headers.get("prefer")) or 0

    async def act(chosen: UUID | None) -> Response:
        wish, made = derivation(gateway, caller, session_id, given.body.basis, given.body.changes.changes(), chosen)
        await register(request, gateway, caller)
        deadline = asyncio.get_running_loop().time() + seconds

        async def show(_outcome: Outcome) -> Response | None:
            try:
                document = await session_when(gateway, caller.reach, made, deadline, lambda _: True)
            except Blind:
                return None
            return None if document is None else shown_at(request, gateway, document, 201)

        return await ask(request, gateway, caller, wish, show)

    return await once(request, gateway, caller, given, act)


async def _ask(
    request: Request, caller: Principal, session_id: UUID, given: Given[Any] | None, making: Making
) -> Response:
    gateway = gateway_of(request)
    expected = expected_version(request)
    here = f"/v1/sessions/{session_id}"

    async def act(chosen: UUID | None) -> Response:
        id_ = command_id(gateway, caller.tenant, chosen)
        wish = Wish(
            topic=SESSION_COMMANDS.name,
            stream=stream_id("session", caller.tenant, str(session_id)),
            body=making(id_),
            id=id_,
            at=gateway.now(),
            links={"session": here, "events": f"{here}/events", "history": f"{here}/history"},
            repeatable=chosen is not None,
            expected_version=expected,
        )

        async def show(outcome: Outcome) -> Response | None:
            if request.method == "DELETE":
                return Response(status_code=204)
            document = await gateway.documents.session(caller.reach, str(session_id))
            return None if document is None else _shown(request, gateway, document, outcome)

        try:
            return await ask(request, gateway, caller, wish, show)
        except Problem as problem:
            raise await _with_state(gateway, caller, session_id, problem) from problem

    return await once(request, gateway, caller, given, act)


def _shown(request: Request, gateway: Gateway, document: Stored, outcome: Outcome) -> Response | None:
    if document["version"] < outcome.version:
        return None
    if document["status"] == SessionStatus.FAILED and document["version"] > outcome.version:
        raise failure_of(document)
    return versioned(request, session_view(gateway, document), document["version"])


async def _with_state(gateway: Gateway, caller: Principal, session_id: UUID, problem: Problem) -> Problem:
    """A stale version's problem tells the current one."""
    if problem.code != "version.stale":
        return problem
    document = await gateway.documents.session(caller.reach, str(session_id), deleted=True)
    return problem if document is None else stale(problem, document["version"], session_view(gateway, document))
