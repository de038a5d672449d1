"""The editor's projects: created, listed, read, changed, deleted and brought back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.messages.project import (
    CreateProject,
    DeleteProject,
    Description,
    EditProject,
    Layers,
    Markers,
    Name,
    RestoreProject,
    Seconds,
    Timeline,
    VideoPath,
    check_size,
)
from services.gateway.access.callers import Caller
from services.gateway.asking.idempotency import once
from services.gateway.asking.projects import Change, Show, after, change, chosen_project, known, named_version
from services.gateway.asking.wishes import ask, register
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.preconditions import expected_version
from services.gateway.http.view import Page
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import gateway_of
from services.gateway.ports.projects import ProjectFilter
from services.gateway.ports.waiting import Outcome
from services.gateway.routes.answers import answered, command_answers, said, versioned, words_of
from services.gateway.stored import Stored
from services.gateway.views.projects import ProjectSummary, ProjectView, project_view

router = APIRouter(prefix="/v1/projects", tags=["projects"])

IncludeDeleted = Annotated[bool, Query(alias="includeDeleted", description="Show what was deleted, too.")]


class TimelineBody(Body):
    """A timeline: layers and markers as the editor has them, times in seconds."""

    layers: Layers
    playhead_time: Seconds = 0
    duration: Seconds = 0
    markers: Markers = ()

    @model_validator(mode="after")
    def _can_be_kept(self) -> "TimelineBody":
        check_size(self.layers, self.markers)
        return self

    def timeline(self) -> Timeline:
        """As the log takes it."""
        return Timeline(
            layers=self.layers, playhead_time=self.playhead_time, duration=self.duration, markers=self.markers
        )


class NewProject(Body):
    """A project. `videoPath` says where its video is: an asset of ours, or a path that only the editor knows."""

    project_id: UUID | None = Field(default=None, description="Chosen by the client, it makes the call repeatable.")
    name: Name
    description: Description = ""
    video_path: VideoPath = ""
    duration: Seconds = 0
    timeline_state: TimelineBody | None = None


class ProjectChanges(Body):
    """What is to be other; what is left out stays."""

    name: Name | None = None
    description: Description | None = None
    video_path: VideoPath | None = None
    duration: Seconds | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "ProjectChanges":
        if not self.model_fields_set:
            raise ValueError("changes nothing: send a name, a description, a videoPath or a duration")
        return self


@router.post(
    "",
    operation_id="createProject",
    summary="Begin a project",
    status_code=202,
    responses=command_answers("project.exists", ok=ProjectView, created=ProjectView),
)
async def create(
    request: Request, caller: Caller, given: Annotated[Given[NewProject], Depends(JsonBody(NewProject))]
) -> Response:
    """`Prefer: wait=N` answers the project: 201, or 200 where the same call had made it before."""
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
            timeline=new.timeline_state.timeline() if new.timeline_state else Timeline(),
        )
        wanted = Change(project, body)
        wish = wanted.wish(gateway, caller, command)
        await register(request, gateway, caller)

        async def show(outcome: Outcome) -> Response | None:
            document = await after(gateway, caller, wanted, outcome)
            if document is None:
                return None
            status = 201 if document["createdAt"] == wish.at else 200
            response = versioned(request, project_view(document), document["version"], status=status)
            response.headers["Location"] = f"/v1/projects/{project}"
            return response

        return await ask(request, gateway, caller, wish, show)

    return await once(request, gateway, caller, given, act)


@router.get(
    "", operation_id="listProjects", summary="List projects", responses=said("cursor.invalid", ok=Page[ProjectSummary])
)
async def list_(
    request: Request,
    caller: Caller,
    q: Annotated[str | None, Query(max_length=200, description="Words that stand in name or description.")] = None,
    include_deleted: IncludeDeleted = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Newest first, without their timelines; stable while new projects come."""
    gateway = gateway_of(request)
    which = ProjectFilter(words_of(q), deleted=include_deleted)
    question = f"projects\n{which!r}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.projects.projects(caller.reach, which, asked.after, asked.wanted)
    return answered(asked.page(Page[ProjectSummary], found, ProjectSummary.model_validate))


@router.get(
    "/{project_id}",
    operation_id="getProject",
    summary="Read a project",
    responses=said("project.unknown", ok=ProjectView),
)
async def get(request: Request, caller: Caller, project_id: UUID, include_deleted: IncludeDeleted = False) -> Response:
    """The project with its current timeline. `If-None-Match` answers 304 where nothing changed."""
    document = await known(gateway_of(request), caller, project_id, deleted=include_deleted)
    return versioned(request, project_view(document), document["version"])


@router.patch(
    "/{project_id}",
    operation_id="editProject",
    summary="Change a project",
    status_code=202,
    responses=command_answers("project.unknown", "version.missing", "version.stale", ok=ProjectView),
)
async def edit(
    request: Request,
    caller: Caller,
    project_id: UUID,
    given: Annotated[Given[ProjectChanges], Depends(JsonBody(ProjectChanges))],
) -> Response:
    """Only the version that `If-Match` names is changed."""
    body = EditProject.model_validate(given.body.model_dump(exclude_unset=True))
    wanted = Change(project_id, body, named_version(request))
    return await change(request, gateway_of(request), caller, wanted, given, _showing(request))


@router.delete(
    "/{project_id}",
    operation_id="deleteProject",
    summary="Delete a project",
    status_code=202,
    responses=command_answers("project.unknown", "version.stale", gone=None),
)
async def delete(request: Request, caller: Caller, project_id: UUID) -> Response:
    """Takes it away; it can be restored. `Prefer: wait=N` answers 204. With `If-Match`, only that version."""
    wanted = Change(project_id, DeleteProject(), expected_version(request))
    return await change(request, gateway_of(request), caller, wanted, None, lambda _: Response(status_code=204))


@router.post(
    "/{project_id}/restore",
    operation_id="restoreProject",
    summary="Bring a deleted project back",
    status_code=202,
    responses=command_answers("project.unknown", "version.stale", ok=ProjectView),
)
async def restore(request: Request, caller: Caller, project_id: UUID) -> Response:
    """With all that it had. With `If-Match`, only that version."""
    wanted = Change(project_id, RestoreProject(), expected_version(request))
    return await change(request, gateway_of(request), caller, wanted, None, _showing(request))


def _showing(request: Request) -> Show:
    def show(document: Stored) -> Response:
        return versioned(request, project_view(document), document["version"])

    return show
