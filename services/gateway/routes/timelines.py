"""Timelines of projects: read, saved, read as they were saved, and undone."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from contracts.messages.project import SaveTimeline, Timeline
from services.gateway.access.callers import Caller
from services.gateway.asking.idempotency import once
from services.gateway.asking.projects import Change, Show, asked, change, known, named_version
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Given, JsonBody
from services.gateway.http.cursors import Place
from services.gateway.http.preconditions import stale
from services.gateway.http.problems import Problem
from services.gateway.http.storable import INT64_MAX
from services.gateway.http.view import Page
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.routes.answers import answered, command_answers, said, versioned
from services.gateway.routes.projects import IncludeDeleted, TimelineBody
from services.gateway.stored import Stored
from services.gateway.views.projects import SavedTimeline, SavedTimelineView, TimelineView, project_view, timeline_view

router = APIRouter(prefix="/v1/projects/{project_id}/timeline", tags=["projects"])


_SAVED: Final = ("layers", "playheadTime", "duration", "markers")


@router.get(
    "", operation_id="getTimeline", summary="Read a timeline", responses=said("project.unknown", ok=TimelineView)
)
async def get(request: Request, caller: Caller, project_id: UUID, include_deleted: IncludeDeleted = False) -> Response:
    """As it was saved last. Its ETag is the project's."""
    document = await known(gateway_of(request), caller, project_id, deleted=include_deleted)
    return versioned(request, timeline_view(document), document["version"])


@router.put(
    "",
    operation_id="saveTimeline",
    summary="Save a timeline",
    status_code=202,
    responses=command_answers("project.unknown", "version.missing", "version.stale", ok=TimelineView),
)
async def save(
    request: Request,
    caller: Caller,
    project_id: UUID,
    given: Annotated[Given[TimelineBody], Depends(JsonBody(TimelineBody))],
) -> Response:
    """The whole timeline, upon the version that `If-Match` names. One that is as it was makes no version."""
    wanted = Change(project_id, SaveTimeline(timeline=given.body.timeline()), named_version(request))
    return await change(request, gateway_of(request), caller, wanted, given, _showing(request))


@router.get(
    "/versions",
    operation_id="listTimelineVersions",
    summary="List the saved timelines",
    responses=said("project.unknown", "cursor.invalid", ok=Page[SavedTimeline]),
)
async def versions(
    request: Request,
    caller: Caller,
    project_id: UUID,
    include_deleted: IncludeDeleted = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Every version in which the timeline was saved, newest first."""
    gateway = gateway_of(request)
    await known(gateway, caller, project_id, deleted=include_deleted)
    question = f"timelines\n{project_id}"
    asked = listing(gateway, caller, question, limit, cursor)
    before = INT64_MAX if asked.after is None else int(asked.after.id)
    found = await gateway.projects.timelines(caller.reach, str(project_id), before=before, limit=asked.wanted)
    return answered(asked.page(Page[SavedTimeline], found, SavedTimeline.model_validate, _place))


@router.get(
    "/versions/{version}",
    operation_id="getTimelineVersion",
    summary="Read a saved timeline",
    responses=said("project.unknown", "timeline.unknown", ok=SavedTimelineView),
)
async def version_(
    request: Request,
    caller: Caller,
    project_id: UUID,
    version: Annotated[int, Path(ge=1, le=INT64_MAX)],
    include_deleted: IncludeDeleted = False,
) -> Response:
    """As it was saved in that version; it stays so for ever."""
    gateway = gateway_of(request)
    await known(gateway, caller, project_id, deleted=include_deleted)
    found = await gateway.projects.timeline(caller.reach, str(project_id), version)
    if found is None:
        raise Problem(
            "timeline.unknown",
            f"No timeline was saved in version {version}. GET …/timeline/versions lists those that were.",
        )
    return versioned(request, SavedTimelineView.model_validate(found), version)


@router.post(
    "/undo",
    operation_id="undoTimeline",
    summary="Undo the last save",
    status_code=202,
    responses=command_answers(
        "project.unknown", "project.no_older", "version.missing", "version.stale", ok=TimelineView
    ),
)
async def undo(request: Request, caller: Caller, project_id: UUID) -> Response:
    """Saves the timeline before the present one again, as a new version. Undo once more, and it goes further back."""
    gateway = gateway_of(request)
    expected = named_version(request)

    async def act(chosen: UUID | None) -> Response:
        document = await known(gateway, caller, project_id)
        if expected is not None and expected != document["version"]:
            sentence = f"Expected version {expected}, it is {document['version']}. Read it, then decide again."
            raise stale(Problem("version.stale", sentence), document["version"], project_view(document))
        older = await _before(gateway, caller, document)
        timeline = Timeline.model_validate({name: older[name] for name in _SAVED})
        body = SaveTimeline(timeline=timeline, restores=older["restores"] or older["version"])
        wanted = Change(project_id, body, document["version"])
        return await asked(request, gateway, caller, wanted, chosen, _showing(request))

    return await once(request, gateway, caller, None, act)


async def _before(gateway: Gateway, caller: Principal, document: Stored) -> Stored:
    """What was saved before the present timeline; one that took over an older one counts as that."""
    project_id = document["projectId"]
    present = await gateway.projects.timeline(caller.reach, project_id, document["timelineVersion"])
    stands_for = document["timelineVersion"] if present is None else present["restores"] or present["version"]
    older = await gateway.projects.timelines(caller.reach, project_id, before=stands_for, limit=1)
    found = await gateway.projects.timeline(caller.reach, project_id, older[0]["version"]) if older else None
    if found is None:
        raise Problem("project.no_older", "This is the timeline that the project began with; there is no older one.")
    return found


def _showing(request: Request) -> Show:
    def show(document: Stored) -> Response:
        return versioned(request, timeline_view(document), document["version"])

    return show


def _place(saved: Stored) -> Place:
    return Place(saved["createdAt"], str(saved["version"]))
