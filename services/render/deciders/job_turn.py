"""A worker's turn at a job: what it says counts only while it holds the newest epoch."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from contracts.messages.job import (
    ClaimJob,
    CompleteStage,
    FailStage,
    JobClaimed,
    JobCompleted,
    JobEvent,
    JobFailed,
    JobReleased,
    JobStageCompleted,
    JobStageFailed,
    ReleaseJob,
    ReleaseReason,
)
from contracts.rendering import FREE_STAGES
from eventlog.errors import Refused
from services.render.deciders.job_state import Job, after_stage, ids, losses_after, points_for

MOST_ATTEMPTS = 3
"""At one stage, in one run."""
BACKOFF = (timedelta(seconds=2), timedelta(seconds=8))
MOST_LOSSES = 5
"""Workers that vanished without coming any further: the job, not the worker, is what is wrong."""


def failed(job: Job, code: str, message: str, *, retryable: bool) -> JobFailed:
    """The job ends without its result, at the stage that was next."""
    return JobFailed(
        **ids(job),
        run=job.run,
        stage=job.left[0] if job.left else None,
        code=code,
        message=message,
        retryable=retryable,
    )


def claim(job: Job, command: ClaimJob) -> Sequence[JobEvent]:
    """Taken under a newer epoch; with one loss too many the job ends instead."""
    if (command.epoch, command.worker) == (job.epoch, job.worker):
        return []
    if command.epoch <= job.epoch:
        raise Refused("job.stale_epoch", f"epoch {command.epoch} is not newer than {job.epoch}")
    if job.held and job.left[0] not in FREE_STAGES:
        raise Refused("job.held", "the points for the job are not set aside yet")
    takeover = bool(job.worker)
    if takeover and losses_after(job, takeover=True, parts=command.parts) >= MOST_LOSSES:
        message = f"{MOST_LOSSES} workers in a row vanished at it; the last was {job.worker}"
        return [failed(job, "worker.lost", message, retryable=True)]
    return [JobClaimed(**ids(job), worker=command.worker, epoch=command.epoch, takeover=takeover, parts=command.parts)]


def holds(job: Job, epoch: int) -> None:
    """`job.stale_epoch` unless this epoch is at work."""
    if not job.worker or epoch != job.epoch:
        at_work = f"epoch {job.epoch} is" if job.worker else "nobody is"
        raise Refused("job.stale_epoch", f"epoch {epoch} is not at work: {at_work}")


def complete(job: Job, command: CompleteStage) -> Sequence[JobEvent]:
    """The stage that was next is done, and with the last one the job."""
    holds(job, command.epoch)
    output = command.output
    if output.stage is not job.left[0]:
        raise Refused("job.wrong_stage", f"{job.left[0]} is next, not {output.stage}")
    completed = JobStageCompleted(**ids(job), epoch=command.epoch, attempt=job.attempts + 1, output=output)
    if len(job.left) > 1:
        return [completed]
    after = after_stage(job, completed)
    points = points_for(after, after.duration_ms, after.done) if after.duration_ms else 0
    return [completed, JobCompleted(**ids(job), run=job.run, points=points, duration_ms=after.duration_ms)]


def fail_stage(job: Job, command: FailStage, at: datetime) -> Sequence[JobEvent]:
    """Another attempt after a pause while there are any, else the end of the job."""
    holds(job, command.epoch)
    if command.stage is not job.left[0]:
        raise Refused("job.wrong_stage", f"{job.left[0]} is next, not {command.stage}")
    attempt = job.attempts + 1
    again = command.retryable and attempt < MOST_ATTEMPTS
    attempted = JobStageFailed(
        **ids(job),
        epoch=command.epoch,
        stage=command.stage,
        attempt=attempt,
        code=command.code,
        message=command.message,
        retryable=command.retryable,
        retry_at=at + BACKOFF[attempt - 1] if again else None,
    )
    if again:
        return [attempted]
    return [attempted, failed(job, command.code, command.message, retryable=command.retryable)]


def release(job: Job, command: ReleaseJob) -> Sequence[JobEvent]:
    """Given back; with one loss too many the job ends."""
    released = JobReleased(**ids(job), epoch=command.epoch, reason=command.reason)
    if command.reason is ReleaseReason.WORKER_LOST and job.losses + 1 >= MOST_LOSSES:
        message = f"{MOST_LOSSES} workers in a row vanished at it; the last was {job.worker}"
        return [released, failed(job, "worker.lost", message, retryable=True)]
    return [released]
