"""The words of a project of the editor: a video, what is known of it, and the timeline that is made of it.

The timeline is the editor's own: its layers and markers are kept as they come. Times in it are seconds, and so is the
length of the video in what is asked for and in what is shown; in the facts that is whole milliseconds.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self, TypeAlias
from uuid import UUID

import msgspec
from pydantic import ConfigDict, Field, JsonValue, model_validator

from contracts.messages.erasure import EraseProject, ProjectErased
from contracts.messages.session_inputs import storable
from contracts.model import PERSONAL, CommandBody, EventBody, Personal, Tolerant

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 5_000
LONGEST_PATH = 2_000
"""Characters."""
MOST_LAYERS = 1_000
MOST_MARKERS = 10_000
LARGEST_TIMELINE = 600_000
"""Bytes of a timeline as JSON: with the rest of its commit it stays below what one record of the log holds."""

Item: TypeAlias = dict[str, JsonValue]
"""A layer or a marker, as the editor wrote it."""

Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
_AS_A_WHOLE = Field(json_schema_extra={PERSONAL: True})
"""Nobody here knows which of an editor's fields say something about a person: all of them may."""
Layers = Annotated[tuple[Item, ...], Field(max_length=MOST_LAYERS, json_schema_extra={PERSONAL: True})]
Markers = Annotated[tuple[Item, ...], Field(max_length=MOST_MARKERS, json_schema_extra={PERSONAL: True})]
Name = Annotated[Personal, Field(min_length=1, max_length=LONGEST_NAME)]
Description = Annotated[Personal, Field(max_length=LONGEST_DESCRIPTION)]
VideoPath = Annotated[Personal, Field(max_length=LONGEST_PATH)]


def check_size(layers: Sequence[Item], markers: Sequence[Item]) -> None:
    """Raises `ValueError` for what is too large, or holds numbers that nothing can hold."""
    parts: dict[str, JsonValue] = {"layers": list(layers), "markers": list(markers)}
    size = len(msgspec.json.encode(storable(parts)))
    if size > LARGEST_TIMELINE:
        raise ValueError(f"layers and markers are {size:,} bytes of JSON; at most {LARGEST_TIMELINE:,} are kept")


class TimelineState(Tolerant):
    """A timeline as it was saved."""

    layers: Annotated[tuple[Item, ...], _AS_A_WHOLE] = ()
    playhead_time: float = 0
    duration: float = 0
    markers: Annotated[tuple[Item, ...], _AS_A_WHOLE] = ()


class Timeline(TimelineState):
    """A timeline as an input."""

    model_config = ConfigDict(extra="forbid")

    layers: Layers = ()
    playhead_time: Seconds = 0
    duration: Seconds = 0
    markers: Markers = ()

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        check_size(self.layers, self.markers)
        return self

    def state(self) -> TimelineState:
        """The same, as a fact."""
        return TimelineState.model_validate(self.model_dump())


class CreateProject(CommandBody):
    """Begin a project."""

    TYPE: ClassVar[str] = "CreateProject"

    project_id: UUID
    account_id: UUID
    name: Name
    description: Description = ""
    video_path: VideoPath = ""
    duration: Seconds = 0
    timeline: Timeline = Timeline()


class EditProject(CommandBody):
    """Change what is known of the project, its timeline, or both at once; what is None stays as it is."""

    TYPE: ClassVar[str] = "EditProject"

    name: Name | None = None
    description: Description | None = None
    video_path: VideoPath | None = None
    duration: Seconds | None = None
    timeline: Timeline | None = None


class SaveTimeline(CommandBody):
    """Keep the timeline as it is now. `restores`: it is the one that was saved as that version of the project."""

    TYPE: ClassVar[str] = "SaveTimeline"

    timeline: Timeline
    restores: int | None = Field(default=None, ge=1)


class DeleteProject(CommandBody):
    """Take the project away; it can be brought back."""

    TYPE: ClassVar[str] = "DeleteProject"


class RestoreProject(CommandBody):
    """Bring a deleted project back."""

    TYPE: ClassVar[str] = "RestoreProject"


class ProjectCreated(EventBody):
    """A project was begun, with a first timeline."""

    TYPE: ClassVar[str] = "project.created"
    VERSION: ClassVar[int] = 2

    project_id: UUID
    account_id: UUID
    name: Personal
    description: Personal
    video_path: Personal
    duration_ms: int
    timeline: TimelineState


class ProjectEdited(EventBody):
    """Some of what is known of the project is other now; None: as before."""

    TYPE: ClassVar[str] = "project.edited"
    VERSION: ClassVar[int] = 2

    project_id: UUID
    name: Personal | None
    description: Personal | None
    video_path: Personal | None
    duration_ms: int | None


class TimelineSaved(EventBody):
    """The timeline was saved. `restores`: as it had been saved in that version of the project."""

    TYPE: ClassVar[str] = "project.timeline_saved"

    project_id: UUID
    account_id: UUID
    timeline: TimelineState
    restores: int | None


class ProjectDeleted(EventBody):
    """The project was taken away."""

    TYPE: ClassVar[str] = "project.deleted"

    project_id: UUID


class ProjectRestored(EventBody):
    """The project is back, with all that it had."""

    TYPE: ClassVar[str] = "project.restored"

    project_id: UUID


ProjectCommand: TypeAlias = CreateProject | EditProject | SaveTimeline | DeleteProject | RestoreProject | EraseProject

ProjectEvent: TypeAlias = (
    ProjectCreated | ProjectEdited | TimelineSaved | ProjectDeleted | ProjectRestored | ProjectErased
)


def in_milliseconds(seconds: float) -> int:
    """Whole milliseconds: the exact halves between two go to the even one."""
    return round(seconds * 1000)


def timeline_fields(timeline: TimelineState) -> Mapping[str, Any]:
    """The timeline as it stands in documents."""
    return timeline.model_dump(by_alias=True) | {"layers": list(timeline.layers), "markers": list(timeline.markers)}
