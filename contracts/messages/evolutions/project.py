"""The events of a project that were changed.

`project.created` v1 → v2 and `project.edited` v1 → v2: the length of the project's video was in seconds, with a
fraction, the only duration in the log that was. It is in whole milliseconds, `duration_ms`, like every other; what was
finer is rounded. The timeline inside is its editor's own and stays in seconds.
"""

from typing import Any, ClassVar
from uuid import UUID

from contracts.evolution import Upcaster
from contracts.messages.project import ProjectCreated, ProjectEdited, TimelineState, in_milliseconds
from contracts.model import EventBody, Personal


class ProjectCreatedV1(EventBody):
    """A project was begun, with a first timeline. `duration` in seconds."""

    TYPE: ClassVar[str] = "project.created"

    project_id: UUID
    account_id: UUID
    name: Personal
    description: Personal
    video_path: Personal
    duration: float
    timeline: TimelineState


class ProjectEditedV1(EventBody):
    """Some of what is known of the project is other now; None: as before. `duration` in seconds."""

    TYPE: ClassVar[str] = "project.edited"

    project_id: UUID
    name: Personal | None
    description: Personal | None
    video_path: Personal | None
    duration: float | None


def _created(old: ProjectCreatedV1) -> tuple[ProjectCreated]:
    return (
        ProjectCreated(
            project_id=old.project_id,
            account_id=old.account_id,
            name=old.name,
            description=old.description,
            video_path=old.video_path,
            duration_ms=in_milliseconds(old.duration),
            timeline=old.timeline,
        ),
    )


def _edited(old: ProjectEditedV1) -> tuple[ProjectEdited]:
    return (
        ProjectEdited(
            project_id=old.project_id,
            name=old.name,
            description=old.description,
            video_path=old.video_path,
            duration_ms=None if old.duration is None else in_milliseconds(old.duration),
        ),
    )


UPCASTERS: tuple[Upcaster[Any], ...] = (
    Upcaster(ProjectCreatedV1, _created),
    Upcaster(ProjectEditedV1, _edited),
)
