"""The documents of the editor's projects."""

from datetime import datetime

from pydantic import JsonValue

from contracts.documents.parts import Document, Part
from contracts.model import Personal


class TimelinePart(Part):
    """A timeline as its editor wrote it. Times are seconds."""

    layers: list[dict[str, JsonValue]]
    playhead_time: float
    duration: float
    markers: list[dict[str, JsonValue]]


class ProjectDocument(Document):
    """`projects`, by the session service's projector: one project with its current timeline.

    `created_by` is an account, `duration` is in seconds. `version` counts all that happened to the project;
    `timeline_version` is the one in which the timeline was saved last, at `timeline_saved_at`.
    """

    project_id: str
    name: Personal
    description: Personal
    video_path: str
    duration: float
    timeline_state: TimelinePart
    created_at: datetime
    updated_at: datetime
    created_by: str
    is_deleted: bool
    version: int
    timeline_version: int
    timeline_saved_at: datetime


class TimelineStateDocument(Document):
    """`timeline_states`, by the session service's projector: a timeline as it was saved once. Never changed.

    `_id` is the id of the event that saved it, `version` the project's after it. `restores` is the version whose
    timeline was saved again in this one.
    """

    stream: str
    project_id: str
    layers: list[dict[str, JsonValue]]
    playhead_time: float
    duration: float
    markers: list[dict[str, JsonValue]]
    created_at: datetime
    updated_at: datetime
    created_by: str
    version: int
    restores: int | None
