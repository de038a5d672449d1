"""The words of a worker's turn at a job: it takes the job, does stages, fails at one, gives the job back.

An *epoch* is one worker's turn: it grows with every claim, and what a worker says under an older one is refused.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.model import CommandBody, EventBody, Personal
from contracts.rendering import Stage, StageOutput

Epoch = Annotated[int, Field(ge=1)]


class ReleaseReason(StrEnum):
    """Why a worker gave a job back before its end."""

    WORKER_LOST = "worker.lost"
    """Its lease ran out; somebody else says so. Too many of these without a finished stage end the job."""

    DRAINED = "drained"
    """It was asked to stop."""

    HELD = "held"
    """The free stages are done and the others are not paid yet."""


class ClaimJob(CommandBody):
    """A worker takes the job, under an epoch newer than any before. `parts`: so much of the stage that is next he finds
    made by those before him, in whatever parts it is made."""

    TYPE: ClassVar[str] = "ClaimJob"

    worker: str
    epoch: Epoch
    parts: Annotated[int, Field(ge=0)] = 0


class CompleteStage(CommandBody):
    """The worker of this epoch finished the stage that was next."""

    TYPE: ClassVar[str] = "CompleteStage"

    epoch: Epoch
    output: StageOutput


class FailStage(CommandBody):
    """The worker of this epoch could not finish the stage that was next, and gives the job back."""

    TYPE: ClassVar[str] = "FailStage"

    epoch: Epoch
    stage: Stage
    code: str
    message: Personal
    retryable: bool


class ReleaseJob(CommandBody):
    """The worker of this epoch gives the job back, or is gone."""

    TYPE: ClassVar[str] = "ReleaseJob"

    epoch: Epoch
    reason: ReleaseReason


class JobClaimed(EventBody):
    """A worker has the job. `takeover`: from one that never gave it back. `parts`: what he found of the next stage."""

    TYPE: ClassVar[str] = "job.claimed"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    worker: str
    epoch: int
    takeover: bool
    parts: int = 0


class JobStageCompleted(EventBody):
    """A stage is done, for good."""

    TYPE: ClassVar[str] = "job.stage_completed"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    epoch: int
    attempt: int
    output: StageOutput


class JobStageFailed(EventBody):
    """An attempt at a stage failed. The next may begin at `retry_at`; None: there is none."""

    TYPE: ClassVar[str] = "job.stage_failed"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    epoch: int
    stage: Stage
    attempt: int
    code: str
    message: Personal
    retryable: bool
    retry_at: datetime | None


class JobReleased(EventBody):
    """The job waits for another worker."""

    TYPE: ClassVar[str] = "job.released"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    epoch: int
    reason: ReleaseReason
