"""The documents of sessions."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from contracts.documents.parts import Asset, Document, Part, StageStatus
from contracts.model import Personal
from contracts.rendering import Aspect, Kind, Stage


class SessionStatus(StrEnum):
    """How far a session is. Between two jobs it keeps the word of what was done last."""

    CREATED = "created"
    REFINING = "refining"
    SCRIPT_GENERATING = "script_generating"
    AUDIO_GENERATING = "audio_generating"
    SCENES_GENERATING = "scenes_generating"
    VIDEO_GENERATING = "video_generating"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELING = "canceling"
    CANCELED = "canceled"
    EXPIRED = "expired"
    DELETED = "deleted"


AT_WORK: Mapping[Stage, str] = {
    Stage.REFINE: SessionStatus.REFINING.value,
    Stage.SCRIPT: SessionStatus.SCRIPT_GENERATING.value,
    Stage.SPEECH: SessionStatus.AUDIO_GENERATING.value,
    Stage.SCENES: SessionStatus.SCENES_GENERATING.value,
    Stage.VIDEO: SessionStatus.VIDEO_GENERATING.value,
}
"""What a session is called while a stage is at work."""


class SessionError(Part):
    """Why something did not go on. `code` is stable; it is `error.code` of the API."""

    code: str
    stage: Stage | None
    retryable: bool


class SessionStage(Part):
    """A stage as its session sees it; `job_id` is the job that did it last or is to do it."""

    name: Stage
    status: StageStatus
    job_id: str | None
    finished_at: datetime | None


class CutOf(Part):
    """The project whose timeline the film is cut of, as it was saved in that version."""

    project_id: str
    version: int


class SessionDocument(Document):
    """`sessions`, by the session service's projector: one session as its user sees it.

    Paths are paths: whoever answers adds host and signature. `active_job` is the job at work, `jobs` all of them,
    oldest first. `stages` names all five. `cut_of` is set where the film is a project's. `assets` are the files of
    what stands now; what was made of inputs that have changed since is not among them.
    """

    session_id: str
    account_id: str
    kind: Kind
    aspect: Aspect
    language: str
    voice: str
    prompt: Personal
    refined_prompt: Personal
    script: Personal
    title: Personal
    audio_file_path: str
    video_file_path: str
    python_code_path: str
    status: SessionStatus
    error_message: str
    error: SessionError | None
    duration_ms: int | None
    stages: list[SessionStage]
    assets: list[Asset]
    jobs: list[str]
    active_job: str | None
    derived_from: str | None
    cut_of: CutOf | None
    metadata: dict[str, JsonValue]
    created_at: datetime
    updated_at: datetime
    version: int
