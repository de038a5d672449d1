"""Changes that the editor asks for, and waits for."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.messages.project import CreateProject, ProjectCommand, SaveTimeline
from eventlog.errors import Unavailable
from services.gateway.asking.idempotency import once
from services.gateway.asking.projects import Change, after, known, unknown
from services.gateway.asking.wishes import DEGRADED, outcome_of
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Given
from services.gateway.http.preconditions import expected_version
from services.gateway.http.problems import LegacyError, Problem, of_refusal
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Blind
from services.gateway.routes.answers import answered
from services.gateway.routes.seeds.editor_views import SentProject, seed_project, seed_timeline, sent_timeline
from services.gateway.stored import Stored


async def change(
    request: Request,
    caller: Principal,
    project_id: str,
    body: ProjectCommand,
    given: Given[Any] | None,
    version: int | None,
) -> Response:
    """The project, or its timeline where that was saved. A stale version of the body is a 409, of `If-Match` a 412."""
    gateway = gateway_of(request)
    matched = expected_version(request)
    wanted = Change(id_of(project_id), body, version if matched is None else matched)
    stale_status = 409 if matched is None else 412

    async def act(chosen: UUID | None) -> Response:
        try:
            return await ask(request, gateway, caller, wanted, chosen, status=200)
        except Problem as problem:
            if problem.code != "version.stale":
                raise
            return await _stale(gateway, caller, wanted, problem, stale_status)

    return await once(request, gateway, caller, given, act)


async def ask(
    request: Request, gateway: Gateway, caller: Principal, wanted: Change, chosen: UUID | None, *, status: int
) -> Response:
    """Wait for what becomes of it; 202 with what is known when that takes too long, or cannot be seen."""
    wish = wanted.wish(gateway, caller, chosen)
    try:
        outcome = await outcome_of(request, gateway, caller, wish, gateway.legacy_wait_seconds)
        if outcome is not None and outcome.problem is not None:
            raise of_refusal(*outcome.problem)
        document = None if outcome is None else await after(gateway, caller, wanted, outcome)
    except (Blind, Unavailable):
        return await _later(gateway, caller, wanted, {DEGRADED: "mongodb"})
    if document is None:
        return await _later(gateway, caller, wanted, {})
    before = isinstance(wanted.body, CreateProject) and document["createdAt"] != wish.at
    view = seed_timeline(document) if isinstance(wanted.body, SaveTimeline) else seed_project(document)
    return answered(view, 200 if before else status, tag(document))


async def _later(gateway: Gateway, caller: Principal, wanted: Change, headers: dict[str, str]) -> Response:
    """202: the change is in the log, and shown is what stood before it; what was asked for, where nothing is seen."""
    try:
        document = await gateway.projects.project(caller.reach, str(wanted.project_id), deleted=True)
    except Unavailable:
        document = None
    of_timeline = isinstance(wanted.body, SaveTimeline)
    if document is None:
        told = wanted.body.model_dump(by_alias=True)
        timeline = told.pop("timeline", None)
        document = {**told, "timelineState": timeline, "projectId": str(wanted.project_id)}
    view = sent_timeline(document) if of_timeline else SentProject.model_validate(document)
    return answered(view, 202, headers)


async def _stale(gateway: Gateway, caller: Principal, wanted: Change, problem: Problem, status: int) -> Response:
    """The editor's error with the current document beside it."""
    document = await known(gateway, caller, wanted.project_id, deleted=True)
    if document["isDeleted"]:
        raise unknown(wanted.project_id)
    error = LegacyError(error=problem.detail, code=problem.code).model_dump()
    current = seed_project(document).model_dump(mode="json", by_alias=True)
    return JSONResponse({**error, "current": current}, status, tag(document))


def id_of(project_id: str) -> UUID:
    """The project's id. Raises the problem for what is none."""
    try:
        return UUID(project_id)
    except ValueError:
        raise unknown(project_id) from None


def tag(document: Stored) -> dict[str, str]:
    """The ETag: what `If-Match` may name."""
    return {"ETag": f'"v{document["version"]}"'}
