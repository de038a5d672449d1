"""The words of a job: some stages of a session, done by one worker at a time.

A *run* is what one reservation of points pays for: it grows with every retry.
"""

from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

from pydantic import Field

from contracts.messages.account import Points
from contracts.messages.erasure import EraseJob, JobErased
from contracts.messages.job_life import ExpireAsset, JobAssetExpired, Reason
from contracts.messages.job_turn import (
    ClaimJob,
    CompleteStage,
    FailStage,
    JobClaimed,
    JobReleased,
    JobStageCompleted,
    JobStageFailed,
    ReleaseJob,
)
from contracts.messages.job_turn import ReleaseReason as ReleaseReason
from contracts.messages.session_inputs import PlanName, WantedStages
from contracts.model import CommandBody, EventBody, Personal
from contracts.rendering import JobInputs, Stage, StageOutput


class QueueJob(CommandBody):
    """Do `stages` on `inputs`, on top of `outputs` of earlier jobs. Higher `priority` goes first.

    `plan` is its owner's when he asked, and so is the priority: a job keeps both.
    """

    TYPE: ClassVar[str] = "QueueJob"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    stages: WantedStages
    inputs: JobInputs
    outputs: tuple[StageOutput, ...] = ()
    estimate_points: Points
    priority: int = 0
    plan: PlanName = "free"


class ApproveJob(CommandBody):
    """The points for this run are set aside."""

    TYPE: ClassVar[str] = "ApproveJob"

    run: Annotated[int, Field(ge=1)]


class FailJob(CommandBody):
    """The job cannot be done at all: nobody pays for it, or an operator says so. With a `run`: that one alone."""

    TYPE: ClassVar[str] = "FailJob"

    code: str
    message: Personal
    retryable: bool = True
    run: Annotated[int, Field(ge=1)] | None = None


class CancelJob(CommandBody):
    """Stop, in whichever run, or in `run` alone.

    It takes effect at once; a worker learns of it when its next word is refused.
    """

    TYPE: ClassVar[str] = "CancelJob"

    reason: str = ""
    run: Annotated[int, Field(ge=1)] | None = None


class RetryJob(CommandBody):
    """Go on with a job that failed, was canceled or expired; finished stages stay finished."""

    TYPE: ClassVar[str] = "RetryJob"


class ExpireJob(CommandBody):
    """The job's deadline has passed."""

    TYPE: ClassVar[str] = "ExpireJob"


class PurgeJob(CommandBody):
    """Forget the job for good: its session is gone, or its time is over."""

    TYPE: ClassVar[str] = "PurgeJob"

    reason: Reason = ""


class JobQueued(EventBody):
    """There is work. `held`: some of it has to be paid for before it is done."""

    TYPE: ClassVar[str] = "job.queued"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    stages: tuple[Stage, ...]
    inputs: JobInputs
    outputs: tuple[StageOutput, ...]
    estimate_points: int
    priority: int
    held: bool
    plan: str = "free"


class JobApproved(EventBody):
    """The points for this run are set aside: every stage may be done."""

    TYPE: ClassVar[str] = "job.approved"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    run: int


class JobCanceled(EventBody):
    """The job was stopped. `points` is the price of the stages that were done and not yet paid for."""

    TYPE: ClassVar[str] = "job.canceled"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    run: int
    reason: str
    points: int


class JobRetried(EventBody):
    """The job that had ended goes on with the stages that it had left. `held` as in `job.queued`."""

    TYPE: ClassVar[str] = "job.retried"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    run: int
    held: bool
    estimate_points: int


class JobCompleted(EventBody):
    """Every stage is done. `points` is what the run costs, `duration_ms` how long the film or its narration is."""

    TYPE: ClassVar[str] = "job.completed"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    run: int
    points: int
    duration_ms: int | None


class JobFailed(EventBody):
    """The job ended without its result; nothing of this run is charged."""

    TYPE: ClassVar[str] = "job.failed"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    run: int
    stage: Stage | None
    code: str
    message: Personal
    retryable: bool


class JobExpired(EventBody):
    """The job did not end before its deadline; nothing of this run is charged."""

    TYPE: ClassVar[str] = "job.expired"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    run: int


JOB_EXPIRED = JobExpired.TYPE
"""The code of the error, wherever a job's error is named, of one that did not end before its deadline."""


class JobPurged(EventBody):
    """The job is gone for good. `files` are the SHA-256 of what it still had, each once; `assets` are the ids."""

    TYPE: ClassVar[str] = "job.purged"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    files: tuple[str, ...]
    assets: tuple[UUID, ...] = ()
    reason: str = ""


JobCommand: TypeAlias = (
    QueueJob
    | ApproveJob
    | ClaimJob
    | CompleteStage
    | FailStage
    | FailJob
    | ReleaseJob
    | CancelJob
    | RetryJob
    | ExpireJob
    | ExpireAsset
    | PurgeJob
    | EraseJob
)

JobEvent: TypeAlias = (
    JobQueued
    | JobApproved
    | JobClaimed
    | JobStageCompleted
    | JobStageFailed
    | JobReleased
    | JobCanceled
    | JobRetried
    | JobCompleted
    | JobFailed
    | JobExpired
    | JobAssetExpired
    | JobPurged
    | JobErased
)
