"""A project of the editor: what is known of a video, and the timeline that is made of it.

    Absent ──created──► Open ──deleted──► Deleted
                         ▲─────restored─────┘

What is saved as it is already is no news, so it makes no version: a timeline is told from another by a digest of it.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from contracts.messages.erasure import EraseProject, ProjectErased
from contracts.messages.project import (
    CreateProject,
    DeleteProject,
    EditProject,
    ProjectCommand,
    ProjectCreated,
    ProjectDeleted,
    ProjectEdited,
    ProjectEvent,
    ProjectRestored,
    RestoreProject,
    SaveTimeline,
    TimelineSaved,
    TimelineState,
    in_milliseconds,
)
from eventlog.errors import Refused
from eventlog.write.decider import Decider


class Content(msgspec.Struct, frozen=True):
    """What a project says. `timeline` is a digest: the timelines themselves stand in the events."""

    name: str
    description: str
    video_path: str
    duration_ms: int
    timeline: str


class Absent(msgspec.Struct, frozen=True, tag=True):
    """Nothing has happened yet."""


class Open(msgspec.Struct, frozen=True, tag=True):
    """`begun_with` tells a repeated beginning from another."""

    project_id: UUID
    account_id: UUID
    begun_with: Content
    content: Content


class Deleted(msgspec.Struct, frozen=True, tag=True):
    """It was taken away, and may be brought back as `project`."""

    project: Open


class Erased(msgspec.Struct, frozen=True, tag=True):
    """Whose it was was erased: nobody knows anything of it any more."""


Project: TypeAlias = Absent | Open | Deleted | Erased


def evolve(state: Project, event: ProjectEvent) -> Project:
    """The project after the event."""
    match state, event:
        case _, ProjectCreated():
            content = _content(event, event.duration_ms, event.timeline)
            return Open(event.project_id, event.account_id, content, content)
        case Open(), ProjectEdited():
            return msgspec.structs.replace(state, content=_edited(state.content, event))
        case Open(), TimelineSaved():
            content = msgspec.structs.replace(state.content, timeline=digest(event.timeline))
            return msgspec.structs.replace(state, content=content)
        case Open(), ProjectDeleted():
            return Deleted(state)
        case _, ProjectErased():
            return Erased()
        case Deleted(project=project), ProjectRestored():
            return project
        case _:
            return state


def decide(state: Project, command: ProjectCommand, _at: datetime) -> Sequence[ProjectEvent]:
    """What happens to the project."""
    match state, command:
        case Absent() | Erased(), EraseProject():
            return []
        case Open() | Deleted(), EraseProject():
            return [ProjectErased()]
        case Erased(), _:
            raise Refused("project.unknown", "there is no project of this id any more")
        case Absent(), CreateProject():
            return [_created(command)]
        case Open(begun_with=begun), CreateProject() if begun == _begun(command):
            return []
        case Open(), CreateProject():
            raise Refused("project.exists", "a project of this id was begun with other content; choose another id")
        case Deleted(), CreateProject():
            raise Refused("project.exists", "a project of this id was deleted; restore it, or choose another id")
        case Open(), EditProject():
            return _edit(state, command)
        case Open(), SaveTimeline():
            return _save(state, command.timeline.state(), command.restores)
        case Open(), DeleteProject():
            return [ProjectDeleted(project_id=state.project_id)]
        case Deleted(project=project), RestoreProject():
            return [ProjectRestored(project_id=project.project_id)]
        case (Deleted(), DeleteProject()) | (Open(), RestoreProject()):
            return []
        case Deleted(), EditProject() | SaveTimeline():
            raise Refused("project.deleted", "the project was deleted; restore it first")
        case Absent(), _:
            raise Refused("project.unknown", "there is no project of this id")


def digest(timeline: TimelineState) -> str:
    """32 hexadecimal digits that tell a timeline from another; 1 and 1.0 are the same to an editor."""
    plain = _plain(timeline.model_dump(by_alias=True))
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(one) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType] - JSON
        case list() | tuple():
            return [_plain(one) for one in value]  # pyright: ignore[reportUnknownVariableType] - JSON
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _content(said: CreateProject | ProjectCreated, duration_ms: int, timeline: TimelineState) -> Content:
    return Content(said.name, said.description, said.video_path, duration_ms, digest(timeline))


def _begun(command: CreateProject) -> Content:
    return _content(command, in_milliseconds(command.duration), command.timeline.state())


def _created(command: CreateProject) -> ProjectCreated:
    return ProjectCreated(
        project_id=command.project_id,
        account_id=command.account_id,
        name=command.name,
        description=command.description,
        video_path=command.video_path,
        duration_ms=in_milliseconds(command.duration),
        timeline=command.timeline.state(),
    )


def _edit(project: Open, command: EditProject) -> Sequence[ProjectEvent]:
    content = project.content
    duration_ms = None if command.duration is None else in_milliseconds(command.duration)
    edited = ProjectEdited(
        project_id=project.project_id,
        name=None if command.name == content.name else command.name,
        description=None if command.description == content.description else command.description,
        video_path=None if command.video_path == content.video_path else command.video_path,
        duration_ms=None if duration_ms == content.duration_ms else duration_ms,
    )
    timeline = [] if command.timeline is None else _save(project, command.timeline.state(), None)
    return [*([] if _edited(content, edited) == content else [edited]), *timeline]


def _save(project: Open, timeline: TimelineState, restores: int | None) -> Sequence[ProjectEvent]:
    if digest(timeline) == project.content.timeline:
        return []
    return [
        TimelineSaved(
            project_id=project.project_id, account_id=project.account_id, timeline=timeline, restores=restores
        )
    ]


def _edited(content: Content, event: ProjectEdited) -> Content:
    said = {"name": event.name, "description": event.description, "video_path": event.video_path}
    changes: dict[str, Any] = {**said, "duration_ms": event.duration_ms}
    return msgspec.structs.replace(content, **{name: one for name, one in changes.items() if one is not None})


def subject(state: Project) -> UUID | None:
    """Whose project it is."""
    match state:
        case (Open() as project) | Deleted(project=project):
            return project.account_id
        case Absent() | Erased():
            return None


DECIDER: Decider[Project] = Decider(
    category="project",
    version=2,
    initial=Absent(),
    state_type=Project,
    evolve=evolve,
    decide=decide,
    commands=(CreateProject, EditProject, SaveTimeline, DeleteProject, RestoreProject, EraseProject),
    subject=subject,
)
