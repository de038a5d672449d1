"""A job: some stages of a session, done by one worker at a time.

    Absent ──queued──► Live ──completed, failed, canceled, expired──► Over ──retried──► Live
                                                                      Over ──purged──► Purged

A live job waits, or is held by the worker of its newest epoch. What is said under an older epoch is refused, so a
worker that was frozen and wakes up changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from contracts.messages.erasure import EraseJob, JobErased
from contracts.messages.job import (
    ApproveJob,
    CancelJob,
    ClaimJob,
    CompleteStage,
    ExpireAsset,
    ExpireJob,
    FailJob,
    FailStage,
    JobApproved,
    JobCanceled,
    JobCommand,
    JobEvent,
    JobExpired,
    JobQueued,
    JobRetried,
    PurgeJob,
    QueueJob,
    ReleaseJob,
    RetryJob,
)
from contracts.pricing import estimate
from eventlog.errors import Refused
from eventlog.write.decider import Decider
from services.render.deciders.job_life import expire, purge
from services.render.deciders.job_state import (
    Absent,
    End,
    Job,
    Live,
    Over,
    Purged,
    State,
    evolve,
    ids,
    is_paid,
    points_for,
    subject,
)
from services.render.deciders.job_turn import claim, complete, fail_stage, failed, holds, release


def decide(state: State, command: JobCommand, at: datetime) -> Sequence[JobEvent]:
    """What happens to the job."""
    match state, command:
        case Absent() | Purged(erased=True), EraseJob():
            return []
        case Live(job=job), EraseJob():
            stopped = JobCanceled(**ids(job), run=job.run, reason="whose it was was erased", points=_owed(job))
            return [stopped, JobErased()]
        case Over() | Purged(), EraseJob():
            return [JobErased()]
        case Absent(), QueueJob():
            return [_queue(command)]
        case Live() | Over() | Purged(), QueueJob():
            return []
        case Live(job=job), PurgeJob():
            stopped = JobCanceled(**ids(job), run=job.run, reason="its session is gone", points=_owed(job))
            return [stopped, purge(job, command)]
        case Over(job=job), PurgeJob():
            return [purge(job, command)]
        case Live(job=job), ApproveJob(run=run):
            return [JobApproved(**ids(job), run=run)] if job.held and run == job.run else []
        case Live(job=job), ClaimJob():
            return claim(job, command)
        case Over() | Purged(), ClaimJob():
            raise Refused("job.over", "the job has ended; there is nothing to claim")
        case Live(job=job) | Over(job=job), CompleteStage(epoch=epoch, output=output) if (
            epoch == job.epoch and output.stage in job.done
        ):
            return []
        case Live(job=job), CompleteStage():
            return complete(job, command)
        case Live(job=job), FailStage():
            return fail_stage(job, command, at)
        case Live(job=job), ReleaseJob():
            holds(job, command.epoch)
            return release(job, command)
        case Live(job=job), (FailJob(run=int(run)) | CancelJob(run=int(run))) if run != job.run:
            return []  # it was about a run that has ended
        case Live(job=job), FailJob():
            return [failed(job, command.code, command.message, retryable=command.retryable)]
        case Live(job=job), CancelJob():
            return [JobCanceled(**ids(job), run=job.run, reason=command.reason, points=_owed(job))]
        case Live(job=job), ExpireJob():
            return [JobExpired(**ids(job), run=job.run)]
        case Live(), RetryJob():
            return []
        case Over(end=End.COMPLETED), RetryJob():
            raise Refused("job.completed", "the job has its result; there is nothing to retry")
        case Over(job=job), RetryJob():
            return [_retried(job)]
        case Over(job=job), ExpireAsset():
            return expire(job, command)
        case Live(), ExpireAsset():
            raise Refused("job.at_work", "the job has not ended yet; cancel it first")
        case Over() | Purged(), CompleteStage() | FailStage() | ReleaseJob():
            raise Refused("job.stale_epoch", f"epoch {command.epoch} is not at work: the job has ended")
        case Over() | Purged(), ApproveJob() | FailJob() | CancelJob() | ExpireJob() | ExpireAsset() | PurgeJob():
            return []
        case Absent() | Purged(), _:
            raise Refused("job.unknown", "there is no job of this id")


def _queue(command: QueueJob) -> JobQueued:
    return JobQueued(
        job_id=command.job_id,
        session_id=command.session_id,
        account_id=command.account_id,
        stages=command.stages,
        inputs=command.inputs,
        outputs=command.outputs,
        estimate_points=command.estimate_points,
        priority=command.priority,
        held=is_paid(command.stages),
        plan=command.plan,
    )


def _owed(job: Job) -> int:
    """The price of what this run has finished of what is paid for."""
    return points_for(job, job.duration_ms, job.done) if job.duration_ms and is_paid(job.done) else 0


def _retried(job: Job) -> JobRetried:
    points = points_for(job, job.duration_ms, job.left) if job.duration_ms else estimate(job.script, job.left)
    return JobRetried(**ids(job), run=job.run + 1, held=is_paid(job.left), estimate_points=points)


DECIDER: Decider[State] = Decider(
    category="job",
    version=4,
    initial=Absent(),
    state_type=State,
    evolve=evolve,
    decide=decide,
    commands=get_args(JobCommand),
    subject=subject,
)
