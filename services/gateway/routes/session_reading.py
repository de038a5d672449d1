"""Sessions: listed and read; what happened in one, and what happens."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.documents import SessionStatus
from contracts.envelope import stream_id
from services.gateway.access.callers import Caller
from services.gateway.auth.principal import Principal
from services.gateway.http.cursors import Place
from services.gateway.http.problems import Problem
from services.gateway.http.storable import INT64_MAX
from services.gateway.http.view import Page
from services.gateway.lists.moments import GivenMoment
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.live import sse
from services.gateway.ports.gateway import Gateway, SessionFilter, gateway_of
from services.gateway.reading.past import session_as_it_was
from services.gateway.routes.answers import answered, said, versioned, words_of
from services.gateway.stored import Stored
from services.gateway.views.preparing import history_row, session_view
from services.gateway.views.sessions import HistoryRow, SessionView

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


IncludeDeleted = Annotated[bool, Query(alias="includeDeleted", description="Show what was deleted, too.")]


@router.get(
    "", operation_id="listSessions", summary="List sessions", responses=said("cursor.invalid", ok=Page[SessionView])
)
async def list_(
    request: Request,
    caller: Caller,
    status: Annotated[SessionStatus | None, Query(description="Only sessions with this status.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Words that stand in prompt, script or title.")] = None,
    created_after: Annotated[GivenMoment | None, Query(alias="createdAfter")] = None,
    created_before: Annotated[GivenMoment | None, Query(alias="createdBefore")] = None,
    include_deleted: IncludeDeleted = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Newest first; stable while new sessions come."""
    gateway = gateway_of(request)
    which = SessionFilter(
        () if status is None else (status,), words_of(q), created_after, created_before, include_deleted
    )
    question = f"sessions\n{which!r}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.documents.sessions(caller.reach, which, asked.after, asked.wanted)
    return answered(asked.page(Page[SessionView], found, lambda document: session_view(gateway, document)))


@router.get(
    "/{session_id}",
    operation_id="getSession",
    summary="Read a session",
    responses=said("session.unknown", "version.unknown", ok=SessionView),
)
async def get(
    request: Request,
    caller: Caller,
    session_id: UUID,
    version: Annotated[int | None, Query(ge=1, le=INT64_MAX, description="As it was after this event.")] = None,
    at: Annotated[GivenMoment | None, Query(description="As it was at this time.")] = None,
    include_deleted: IncludeDeleted = False,
) -> Response:
    """The session with its files; `videoFilePath` is a link that plays.

    With `version` or `at` it is told as it was then; a file that has been replaced since may be gone.
    """
    gateway = gateway_of(request)
    document = await _known(gateway, caller, session_id, deleted=include_deleted)
    if version is None and at is None:
        return versioned(request, session_view(gateway, document), document["version"])
    if version is not None and at is not None:
        raise Problem("value.invalid", "Ask for a version or for a time, not for both.")
    then = await session_as_it_was(gateway, caller.reach, document["_id"], version=version, at=at)
    if then is None:
        when = f"version {version}" if at is None else f"the time {at.isoformat()}"
        raise Problem("version.unknown", f"Of this session there is nothing at {when}; it is at {document['version']}.")
    view = session_view(gateway, then).model_copy(update={"progress": None})
    return versioned(request, view, then["version"])


@router.get(
    "/{session_id}/history",
    operation_id="getSessionHistory",
    summary="Read what happened",
    responses=said("session.unknown", "cursor.invalid", ok=Page[HistoryRow]),
)
async def history(
    request: Request,
    caller: Caller,
    session_id: UUID,
    include_deleted: IncludeDeleted = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Every event of the session, newest first."""
    gateway = gateway_of(request)
    await _known(gateway, caller, session_id, deleted=include_deleted)
    stream = stream_id("session", caller.tenant, str(session_id))
    question = f"history\n{stream}"
    asked = listing(gateway, caller, question, limit, cursor)
    before = INT64_MAX if asked.after is None else int(asked.after.id)
    found = await gateway.documents.history_before(caller.reach, stream, before=before, limit=asked.wanted)
    return answered(asked.page(Page[HistoryRow], found, history_row, _place))


@router.get(
    "/{session_id}/events",
    operation_id="followSession",
    summary="Follow a session",
    responses={200: {"content": {"text/event-stream": {}}}} | said("session.unknown", "position.invalid"),
)
async def events(
    request: Request,
    caller: Caller,
    session_id: UUID,
    after: Annotated[
        str | None, Query(max_length=64, description="As `Last-Event-ID`, for clients without it.")
    ] = None,
) -> Response:
    """Server-sent events: every event of the session from its beginning, or after `Last-Event-ID`, and its progress.

    Events carry an `id` to go on from; `progress` is news and carries none. The stream ends when the session has come
    to its end; 204 tells a client who has seen the end already not to connect again.
    """
    gateway = gateway_of(request)
    document = await _known(gateway, caller, session_id)
    position = sse.position_of(request.headers.get("last-event-id") or after)
    if position >= document["version"] and document["status"] in sse.ENDED:
        return Response(status_code=204)
    stream = sse.session_events(gateway, caller.reach, str(session_id), position)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _known(gateway: Gateway, caller: Principal, session_id: UUID, *, deleted: bool = False) -> Stored:
    document = await gateway.documents.session(caller.reach, str(session_id), deleted=deleted)
    if document is None:
        raise Problem("session.unknown", f"There is no session {session_id}.")
    return document


def _place(row: Stored) -> Place:
    return Place(row["at"], str(row["version"]))
