"""What the API answers of the editor's projects. Times in a timeline, and a project's duration, are seconds."""

from pydantic import Field, JsonValue

from services.gateway.http.view import Moment, View
from services.gateway.stored import Stored


class TimelineFields(View):
    """A timeline as its editor wrote it."""

    layers: list[dict[str, JsonValue]]
    playhead_time: float
    duration: float
    markers: list[dict[str, JsonValue]]


class ProjectSummary(View):
    """A project without its timeline."""

    project_id: str
    name: str
    description: str
    video_path: str
    duration: float
    created_at: Moment
    updated_at: Moment
    created_by: str
    is_deleted: bool
    version: int = Field(description="The ETag's; what a change names in `If-Match`.")
    timeline_version: int = Field(description="The version in which the timeline was saved last.")


class ProjectView(ProjectSummary):
    """A project with its current timeline."""

    timeline_state: TimelineFields


class TimelineView(TimelineFields):
    """The current timeline of a project. `version` is the project's."""

    project_id: str
    created_at: Moment
    updated_at: Moment
    version: int
    timeline_version: int = Field(description="The version in which it was saved.")


class SavedTimeline(View):
    """A version in which the timeline was saved."""

    version: int
    updated_at: Moment
    created_by: str
    restores: int | None = Field(default=None, description="The version whose timeline it took over again.")


class SavedTimelineView(SavedTimeline, TimelineFields):
    """A timeline as it was saved in a version."""

    project_id: str
    created_at: Moment


def project_view(document: Stored) -> ProjectView:
    """A project."""
    return ProjectView.model_validate(document)


def timeline_view(document: Stored) -> TimelineView:
    """The timeline that stands in a project."""
    about = {"updatedAt": document["timelineSavedAt"]}
    return TimelineView.model_validate({**document, **document["timelineState"], **about})
