"""The video editor's own routes: its projects as documents, in its shapes, which `GET` gives and `PUT` takes back.

A change may name the version that it is made to, in the body or as `If-Match`; one that names none is made to whatever
is there, as the editor had it.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.messages.project import CreateProject, DeleteProject, EditProject, RestoreProject, SaveTimeline
from services.gateway.access.callers import PUBLIC, LegacyCaller
from services.gateway.asking.idempotency import once
from services.gateway.asking.projects import Change, chosen_project, known
from services.gateway.asking.wishes import register
from services.gateway.http.bodies import Given, JsonBody
from services.gateway.http.view import Page
from services.gateway.lists.paging import listing
from services.gateway.ports.gateway import gateway_of
from services.gateway.ports.projects import ProjectFilter
from services.gateway.routes.answers import Responses, answered, said, words_of
from services.gateway.routes.seeds.editor_asking import ask, change, id_of, tag
from services.gateway.routes.seeds.editor_bodies import NewSeedProject, SeedProjectBody, SeedTimelineBody
from services.gateway.routes.seeds.editor_views import (
    Notice,
    SeedProject,
    SeedTimeline,
    SentProject,
    SentTimeline,
    seed_project,
    seed_timeline,
)

router = APIRouter(prefix="/api", tags=["editor"])

_STALE: Responses = {409: {"description": "`version.stale`: the body's `version` is not the current one"}}
_CODES = ("project.unknown", "version.stale", "kafka.unavailable")
_CHANGED = said(*_CODES, ok=SeedProject, accepted=SentProject) | _STALE


@router.get(
    "/notice",
    operation_id="notice",
    summary="What users should know",
    dependencies=[Depends(PUBLIC)],
    responses=said(ok=Notice),
)
async def notice() -> Response:
    """Projects of the old in-memory editor were not taken over; everything since then is kept."""
    return answered(Notice())


@router.post(
    "/projects",
    operation_id="createSeedProject",
    summary="Begin a project",
    responses=said("project.exists", "kafka.unavailable", created=SeedProject, ok=SeedProject, accepted=SentProject),
)
async def create(
    request: Request, caller: LegacyCaller, given: Annotated[Given[NewSeedProject], Depends(JsonBody(NewSeedProject))]
) -> Response:
    """201 with the project; 200 where the same call had made it before."""
    gateway = gateway_of(request)
    new = given.body

    async def act(chosen: UUID | None) -> Response:
        project, command = chosen_project(gateway, caller, new.project_id, given.digest, chosen)
        body = CreateProject(
            project_id=project,
            account_id=caller.account,
            name=new.name,
            description=new.description,
            video_path=new.video_path,
            duration=new.duration,
            timeline=new.timeline_state.timeline(),
        )
        await register(request, gateway, caller)
        return await ask(request, gateway, caller, Change(project, body), command, status=201)

    return await once(request, gateway, caller, given, act)


@router.get(
    "/projects",
    operation_id="seedProjects",
    summary="List projects",
    responses=said("cursor.invalid", ok=Page[SeedProject]),
)
async def list_(
    request: Request,
    caller: LegacyCaller,
    q: Annotated[str | None, Query(max_length=200, description="Words that stand in name or description.")] = None,
    include_deleted: Annotated[bool, Query(alias="includeDeleted")] = False,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> Response:
    """Newest first, each as its own `GET` gives it."""
    gateway = gateway_of(request)
    which = ProjectFilter(words_of(q), deleted=include_deleted, timelines=True)
    question = f"editor\n{which!r}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.projects.projects(caller.reach, which, asked.after, asked.wanted)
    return answered(asked.page(Page[SeedProject], found, seed_project))


@router.get(
    "/projects/{project_id}",
    operation_id="seedProject",
    summary="One project",
    responses=said("project.unknown", ok=SeedProject),
)
async def get(
    request: Request,
    caller: LegacyCaller,
    project_id: str,
    include_deleted: Annotated[bool, Query(alias="includeDeleted")] = False,
) -> Response:
    """The document, its timeline in it. The ETag carries its version."""
    document = await known(gateway_of(request), caller, id_of(project_id), deleted=include_deleted)
    return answered(seed_project(document), headers=tag(document))


@router.put("/projects/{project_id}", operation_id="putSeedProject", summary="Save a project", responses=_CHANGED)
async def put(
    request: Request,
    caller: LegacyCaller,
    project_id: str,
    given: Annotated[Given[SeedProjectBody], Depends(JsonBody(SeedProjectBody))],
) -> Response:
    """The document back as `GET` gave it, with what is other. A stale `version` is a 409, a stale `If-Match` a 412;
    both tell the current document. With neither, the last to write wins."""
    new = given.body
    body = EditProject(
        name=new.name,
        description=new.description,
        video_path=new.video_path,
        duration=new.duration,
        timeline=new.timeline_state.timeline() if new.timeline_state else None,
    )
    return await change(request, caller, project_id, body, given, new.version)


@router.delete(
    "/projects/{project_id}", operation_id="deleteSeedProject", summary="Delete a project", responses=_CHANGED
)
async def delete(request: Request, caller: LegacyCaller, project_id: str) -> Response:
    """Marked as deleted, and shown so: nothing is lost, it can be restored."""
    return await change(request, caller, project_id, DeleteProject(), None, None)


@router.post(
    "/projects/{project_id}/restore",
    operation_id="restoreSeedProject",
    summary="Bring a deleted project back",
    responses=_CHANGED,
)
async def restore(request: Request, caller: LegacyCaller, project_id: str) -> Response:
    """With all that it had."""
    return await change(request, caller, project_id, RestoreProject(), None, None)


@router.get(
    "/projects/{project_id}/timeline",
    operation_id="seedTimeline",
    summary="A project's timeline",
    responses=said("project.unknown", ok=SeedTimeline),
)
async def timeline(request: Request, caller: LegacyCaller, project_id: str) -> Response:
    """As it was saved last. The ETag carries the project's version."""
    document = await known(gateway_of(request), caller, id_of(project_id))
    return answered(seed_timeline(document), headers=tag(document))


@router.put(
    "/projects/{project_id}/timeline",
    operation_id="putSeedTimeline",
    summary="Save a timeline",
    responses=said(*_CODES, ok=SeedTimeline, accepted=SentTimeline) | _STALE,
)
async def put_timeline(
    request: Request,
    caller: LegacyCaller,
    project_id: str,
    given: Annotated[Given[SeedTimelineBody], Depends(JsonBody(SeedTimelineBody))],
) -> Response:
    """The whole timeline. `version` and `If-Match` guard it as they guard a project."""
    return await change(
        request, caller, project_id, SaveTimeline(timeline=given.body.timeline()), given, given.body.version
    )
