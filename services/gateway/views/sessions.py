"""What the API answers, typed. Times are RFC 3339 in UTC with milliseconds, ids text, durations milliseconds."""

from typing import Literal

from pydantic import Field, JsonValue

from contracts.documents import JobStatus, SessionStatus, StageStatus
from contracts.rendering import Aspect, AssetKind, Kind, Stage
from services.gateway.http.view import Moment, View


class Accepted(View):
    """The command is in the log; what became of it is told under `links.command`."""

    command_id: str
    stream_id: str
    links: dict[str, str]


class CommandProblem(View):
    """Why a command changed nothing."""

    code: str
    title: str
    status: int
    detail: str


class CommandView(View):
    """What became of a command."""

    command_id: str
    status: Literal["accepted", "applied", "refused"]
    stream_id: str | None = None
    version: int | None = None
    problem: CommandProblem | None = None


class AssetView(View):
    """A file. `url` plays without a key until `urlExpiresAt`; read the file again for a new one.

    `expiresAt` is when the file is planned to go; null: with the job that made it. Of a user's own file it is moved on
    while a project uses it.
    """

    asset_id: str
    kind: AssetKind
    media_type: str
    file_name: str
    size_bytes: int
    sha256: str
    duration_ms: int | None = None
    url: str = ""
    url_expires_at: Moment | None = None
    expires_at: Moment | None = None
    width: int | None = None
    height: int | None = None
    job_id: str | None = None
    created_at: Moment


class ErrorView(View):
    """Why a session stopped."""

    code: str
    stage: Stage | None = None
    retryable: bool


class SessionStageView(View):
    """A stage of a session."""

    name: Stage
    status: StageStatus
    finished_at: Moment | None = None


class ProgressView(View):
    """How far the job at work is, as its worker last said: news, not a fact."""

    job_id: str
    stage: Stage | None = None
    percent: float = Field(ge=0, le=100, description="Of the whole job.")
    stage_percent: float = Field(ge=0, le=100, description="Of the stage at work.")
    eta_ms: int | None = None


class CutOfView(View):
    """The project whose timeline the film is cut of, as it was saved in that version."""

    project_id: str
    version: int


class SessionView(View):
    """A session. `videoFilePath` and `audioFilePath` are links that play, and expire."""

    session_id: str
    kind: Kind
    aspect: Aspect
    language: str
    voice: str
    prompt: str
    refined_prompt: str
    script: str
    title: str
    audio_file_path: str
    video_file_path: str
    python_code_path: str
    status: SessionStatus
    error_message: str
    error: ErrorView | None
    duration_ms: int | None
    stages: list[SessionStageView]
    assets: list[AssetView]
    jobs: list[str]
    active_job: str | None
    derived_from: str | None
    cut_of: CutOfView | None = None
    metadata: dict[str, JsonValue]
    progress: ProgressView | None = None
    created_at: Moment
    updated_at: Moment
    version: int


class JobStageView(View):
    """A stage of a job; `attempt` counts from 1."""

    name: Stage
    status: StageStatus
    started_at: Moment | None = None
    finished_at: Moment | None = None
    attempt: int


class JobErrorView(View):
    """Why a job stopped, for programs (`code`) and for people (`message`)."""

    code: str
    message: str
    stage: Stage | None = None
    retryable: bool


class JobView(View):
    """A job."""

    job_id: str
    session_id: str
    status: JobStatus
    stage: Stage | None
    stages: list[JobStageView]
    progress: float
    queue_position: int | None = Field(default=None, description="1: the next of its tenant's jobs.")
    eta_ms: int | None = None
    attempts: int
    cost_micro_usd: int
    points_reserved: int
    points_settled: int
    points_refunded: int = Field(default=0, description="What its end gave back of what was set aside for it.")
    error: JobErrorView | None = None
    reason: str = ""
    created_at: Moment
    updated_at: Moment
    version: int


class HistoryRow(View):
    """One event: who did what, when, and which version came of it."""

    version: int
    event_id: str
    type: str
    type_version: int
    at: Moment
    command_id: str
    actor: str
    data: dict[str, JsonValue]


class LedgerEntryView(View):
    """A change of the balance: `amount` is signed."""

    entry_id: str
    kind: Literal["granted", "reserved", "settled", "refunded"]
    amount: int
    job_id: str | None = None
    balance_after: int
    at: Moment
    reason: str


class CreditsView(View):
    """Points, and the newest changes of them, newest first."""

    balance: int
    items: list[LedgerEntryView]


class LegacyGenerated(View):
    """What `POST /api/generate` answers."""

    job_id: str
    video_id: str | None
    status: Literal["pending", "generating", "completed"]
    message: str


class LegacyStatus(View):
    """What `GET /api/videos/status/{jobId}` answers."""

    job_id: str
    status: Literal["pending", "generating", "failed", "completed"]
    ready: bool
    error: str | None
    created_at: Moment
    updated_at: Moment
    video_available: bool
