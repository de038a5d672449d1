"""The editor's documents as its clients know them, to the letter."""

from typing import Literal

from services.gateway.http.view import Moment, View
from services.gateway.stored import Stored
from services.gateway.views.projects import TimelineFields


class SeedProject(View):
    """A project. `duration` is in seconds, `createdBy` an account."""

    project_id: str
    name: str
    description: str
    video_path: str
    duration: float
    timeline_state: TimelineFields
    created_at: Moment
    updated_at: Moment
    created_by: str
    is_deleted: bool
    version: int


class SeedTimeline(TimelineFields):
    """A project's timeline. Times in it are seconds."""

    project_id: str
    created_at: Moment
    updated_at: Moment


class SentProject(View):
    """A project whose change is on its way: what is known of it by now, null for what is not."""

    project_id: str
    name: str | None = None
    description: str | None = None
    video_path: str | None = None
    duration: float | None = None
    timeline_state: TimelineFields | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    created_by: str | None = None
    is_deleted: bool | None = None
    version: int | None = None


class SentTimeline(TimelineFields):
    """A timeline that is being saved."""

    project_id: str
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Notice(View):
    """The fresh start, in words for users."""

    code: Literal["fresh_start"] = "fresh_start"
    title: str = "A fresh start for your projects"
    message: str = (
        "Projects are now kept for good: they are there after a reload and after a restart of the server. "
        "What was made before that stood in the server's memory only and could not be brought over, so your list "
        "begins empty. Please upload those videos once more; from now on nothing has to be uploaded again."
    )


def seed_project(document: Stored) -> SeedProject:
    """A project."""
    return SeedProject.model_validate(document)


def seed_timeline(document: Stored) -> SeedTimeline:
    """The timeline of a project."""
    about = {"updatedAt": document["timelineSavedAt"]}
    return SeedTimeline.model_validate({**document, **document["timelineState"], **about})


def sent_timeline(document: Stored) -> SentTimeline:
    """The timeline in what is known of a project."""
    return SentTimeline.model_validate({**document, **document["timelineState"]})
