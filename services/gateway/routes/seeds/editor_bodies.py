"""What the editor sends: its documents as `GET` gave them, of which only what an editor writes is taken."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, JsonValue

from contracts.messages.project import Description, Layers, Name, Seconds, VideoPath
from services.gateway.http.bodies import Body
from services.gateway.routes.projects import TimelineBody

NAMELESS: Final = "Untitled project"
Ignored = Annotated[JsonValue, Field(description="Only the server writes it: what stands here is ignored.")]


class SeedTimelineBody(TimelineBody):
    """A timeline as `GET` gave it."""

    layers: Layers = ()
    version: int | None = Field(default=None, ge=1, description="Save it only upon this version of the project.")
    project_id: Ignored = None
    created_at: Ignored = None
    updated_at: Ignored = None


class SeedProjectBody(Body):
    """A project as `GET` gave it; what is left out stays."""

    name: Name | None = None
    description: Description | None = None
    video_path: VideoPath | None = None
    duration: Seconds | None = None
    timeline_state: SeedTimelineBody | None = None
    version: int | None = Field(default=None, ge=1, description="Change only this version of the project.")
    project_id: Ignored = None
    created_at: Ignored = None
    updated_at: Ignored = None
    created_by: Ignored = None
    is_deleted: Ignored = None
    id_: Ignored = Field(default=None, alias="_id")


class NewSeedProject(Body):
    """A project to be. `projectId` may be the client's own: then the call can be repeated."""

    project_id: UUID | None = None
    name: Name = NAMELESS
    description: Description = ""
    video_path: VideoPath = ""
    duration: Seconds = 0
    timeline_state: SeedTimelineBody = SeedTimelineBody()
