"""The documents of jobs."""

from datetime import datetime
from enum import StrEnum

from contracts.documents.parts import Asset, Document, Part, StageStatus
from contracts.model import Personal
from contracts.rendering import Aspect, Kind, Stage


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
    newest turn. `points_reserved` is what is set aside for it, `points_settled` what it took, `points_refunded`
    what its end gave back of the reservation; `cost_micro_usd` is what
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
    points_refunded: int
    cost_micro_usd: int
    duration_ms: int | None
    assets: list[Asset]
    error: JobError | None
    reason: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    version: int
