"""The documents that MongoDB keeps: one class a collection, each written by exactly one projector.

| class             | collection                            | written by                | one for each     |
|-------------------|---------------------------------------|---------------------------|------------------|
| `SessionDocument` | `sessions`                            | session, from its events  | session stream   |
| `AccountDocument` | `accounts`                            | session, from its events  | account stream   |
| `JobDocument`     | `jobs`                                | render, from its events   | job stream       |
| `CommandDocument` | `session_commands`, `render_commands` | the same, from each commit | handled command |
| `HistoryDocument` | `session_history`, `render_history`   | the same, from each commit | event           |

Every document has an `_id` and a `tenant`; every query names the tenant. Ids are strings, times are dates, durations
whole milliseconds. Nothing in a document comes from a clock, a host name or another stream.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from contracts.messages.account import AccountKind, Role
from contracts.model import Personal
from contracts.rendering import Artifact, Aspect, AssetKind, Kind, Stage
from contracts.validators import json_schema as json_schema

LEDGER_ITEMS_KEPT = 200
"""How many of its newest ledger entries an account's document shows."""


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


class JobStatus(StrEnum):
    """How far a job is. `throttled` is what the gateway answers for a queued job over its tenant's limit."""

    QUEUED = "queued"
    THROTTLED = "throttled"
    RUNNING = "running"
    CANCELING = "canceling"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class StageStatus(StrEnum):
    """How far one stage is; `none`: nobody asked for it."""

    NONE = "none"
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


class Document(BaseModel):
    """What every document has. `_id` is the stream, unless the class says otherwise."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid", use_enum_values=True
    )

    id: str = Field(alias="_id")
    tenant: str


class Part(BaseModel):
    """A piece of a document."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid", use_enum_values=True
    )


class Asset(Part):
    """A file for the user, by the job that made it. Its bytes are in the blob store under `sha256`."""

    asset_id: str
    kind: AssetKind
    media_type: str
    file_name: str
    sha256: str
    size_bytes: int
    duration_ms: int | None
    job_id: str
    stage: Stage
    created_at: datetime


def asset(artifact: Artifact, job_id: UUID, stage: Stage, at: datetime) -> dict[str, Any]:
    """The `Asset` of a stage's artifact, as it stands in documents."""
    return {
        "assetId": str(artifact.asset_id),
        "kind": artifact.kind.value,
        "mediaType": artifact.media_type,
        "fileName": artifact.file_name,
        "sha256": artifact.sha256,
        "sizeBytes": artifact.size_bytes,
        "durationMs": artifact.duration_ms,
        "jobId": str(job_id),
        "stage": stage.value,
        "createdAt": at,
    }


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


class SessionDocument(Document):
    """`sessions`, by the session service's projector: one session as its user sees it.

    Paths are paths: whoever answers adds host and signature. `active_job` is the job at work, `jobs` all of them,
    oldest first. `stages` names all five. `assets` are the files of what stands now; what was made of inputs that
    have changed since is not among them.
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
    metadata: dict[str, JsonValue]
    created_at: datetime
    updated_at: datetime
    version: int


class LedgerEntry(Part):
    """A change of the balance: `amount` is signed."""

    entry_id: str
    kind: Literal["granted", "reserved", "settled", "refunded"]
    amount: int
    job_id: str | None
    balance_after: int
    at: datetime
    reason: str


class AccountDocument(Document):
    """`accounts`, by the session service's projector: one account and its newest ledger entries, newest last.

    Only the last `LEDGER_ITEMS_KEPT` entries are kept here, so that a busy account's document stays small;
    `opening_balance` is the balance before the first of them: `opening_balance` + sum of amounts = `balance`.
    """

    account_id: str
    kind: AccountKind
    address: Personal
    name: Personal
    plan: str
    role: Role
    balance: int
    opening_balance: int
    items: list[LedgerEntry]
    created_at: datetime
    updated_at: datetime
    version: int


class JobStage(Part):
    """A stage of a job. `attempt` counts from 1; 0: not begun."""

    name: Stage
    status: StageStatus
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int


class JobError(Part):
    """What stopped a job, or set it back; `message` is for people."""

    code: str
    message: str
    stage: Stage | None
    retryable: bool


class JobDocument(Document):
    """`jobs`, by the render service's projector: one job as its user sees it.

    `held`: it waits for its points. `progress` (0–100) counts finished stages by their usual share of the work; what
    is newer than the log comes from the progress topic. `attempts` is how often a worker has taken it up, `epoch` the
    newest turn. `points_reserved` is what is set aside for it, `points_settled` what it took; `cost_micro_usd` is what
    the providers of words and voices took.
    """

    job_id: str
    session_id: str
    account_id: str
    kind: Kind
    aspect: Aspect
    title: Personal
    status: JobStatus
    held: bool
    stage: Stage | None
    stages: list[JobStage]
    progress: int
    attempts: int
    run: int
    epoch: int
    worker: str | None
    priority: int
    estimate_points: int
    points_reserved: int
    points_settled: int
    cost_micro_usd: int
    duration_ms: int | None
    assets: list[Asset]
    error: JobError | None
    reason: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    version: int


class Problem(Part):
    """Why a command changed nothing."""

    code: str
    detail: str


class CommandDocument(Document):
    """`session_commands` and `render_commands`, each by its service's projector: what became of a command.

    `_id` is the command's id. `version` is the stream's number of events after it. `payload_hash` tells a repeat from
    another command that was given the same id; `origin` is the gateway instance that sent it, or, for a policy's
    command, the stream that made the policy ask.
    """

    stream_id: str
    type: str
    status: Literal["applied", "refused"]
    version: int
    problem: Problem | None
    payload_hash: str
    origin: str
    actor: str
    at: datetime


class HistoryDocument(Document):
    """`session_history` and `render_history`, each by its service's projector: one event, as it was written.

    `_id` is the event's id. Whichever of the three ids the event names are set, so that everything about one session
    is found in both collections by (`tenant`, `session_id`).
    """

    stream: str
    session_id: str | None
    job_id: str | None
    account_id: str | None
    version: int
    type: str
    type_version: int
    at: datetime
    command_id: str
    actor: str
    data: dict[str, JsonValue]


COLLECTIONS: dict[str, type[Document]] = {
    "sessions": SessionDocument,
    "accounts": AccountDocument,
    "jobs": JobDocument,
    "session_commands": CommandDocument,
    "render_commands": CommandDocument,
    "session_history": HistoryDocument,
    "render_history": HistoryDocument,
}
"""Collection to what stands in it."""
