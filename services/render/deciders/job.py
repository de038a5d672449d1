"""A job: some stages of a session, done by one worker at a time.

    Absent ──queued──► Live ──completed, failed, canceled, expired──► Over ──retried──► Live
                                                                      Over ──purged──► Purged

A live job waits, or is held by the worker of its newest epoch. What is said under an older epoch is refused, so a
worker that was frozen and wakes up changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, get_args
from uuid import UUID

import msgspec

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
    JobAssetExpired,
    JobCanceled,
    JobClaimed,
    JobCommand,
    JobCompleted,
    JobEvent,
    JobExpired,
    JobFailed,
    JobPurged,
    JobQueued,
    JobReleased,
    JobRetried,
    JobStageCompleted,
    JobStageFailed,
    PurgeJob,
    QueueJob,
    ReleaseJob,
    ReleaseReason,
    RetryJob,
)
from contracts.pricing import estimate, price, price_of_cut
from contracts.rendering import FREE_STAGES, Stage, StageOutput
from eventlog.errors import Refused
from eventlog.write.decider import Decider
from services.render.deciders.job_life import Kept, expire, kept, purge, without

MOST_ATTEMPTS = 3
"""At one stage, in one run."""
BACKOFF = (timedelta(seconds=2), timedelta(seconds=8))
MOST_LOSSES = 5
"""Workers that vanished without finishing a stage: the job, not the worker, is what is wrong."""


class End(StrEnum):
    """How a job ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class Job(msgspec.Struct, frozen=True):
    """What is true of a job, live or over. `done` are the stages of this run that are finished, `left` the others.

    `files` is what all its runs have made and nobody has taken away. `cut`: of a timeline, in the one stage `video`.
    """

    job_id: UUID
    session_id: UUID
    account_id: UUID
    script: str
    left: tuple[Stage, ...]
    done: tuple[Stage, ...] = ()
    duration_ms: int | None = None
    run: int = 1
    held: bool = False
    epoch: int = 0
    worker: str = ""
    attempts: int = 0
    losses: int = 0
    files: tuple[Kept, ...] = ()
    cut: bool = False


class Absent(msgspec.Struct, frozen=True, tag=True):
    """Nothing has happened yet."""


class Live(msgspec.Struct, frozen=True, tag=True):
    """It is to be done. `job.worker` is who is at it, empty: nobody."""

    job: Job


class Over(msgspec.Struct, frozen=True, tag=True):
    """It has ended, for now."""

    job: Job
    end: End


class Purged(msgspec.Struct, frozen=True, tag=True):
    """It is gone for good."""


State: TypeAlias = Absent | Live | Over | Purged


def evolve(state: State, event: JobEvent) -> State:
    """The job after the event."""
    match state, event:
        case _, JobQueued():
            return Live(_queued(event))
        case Live(job=job), JobApproved():
            return Live(msgspec.structs.replace(job, held=False))
        case Live(job=job), JobClaimed():
            losses = job.losses + 1 if event.takeover else job.losses
            return Live(msgspec.structs.replace(job, worker=event.worker, epoch=event.epoch, losses=losses))
        case Live(job=job), JobStageCompleted():
            return Live(_after_stage(job, event))
        case Live(job=job), JobStageFailed():
            return Live(msgspec.structs.replace(job, worker="", attempts=job.attempts + 1))
        case Live(job=job), JobReleased():
            lost = event.reason is ReleaseReason.WORKER_LOST
            return Live(msgspec.structs.replace(job, worker="", losses=job.losses + lost))
        case Live(job=job), JobCompleted():
            return Over(_let_go(job), End.COMPLETED)
        case Live(job=job), JobFailed():
            return Over(_let_go(job), End.FAILED)
        case Live(job=job), JobCanceled():
            return Over(_let_go(job), End.CANCELED)
        case Live(job=job), JobExpired():
            return Over(_let_go(job), End.EXPIRED)
        case Over(job=job), JobRetried():
            again = msgspec.structs.replace(job, run=event.run, held=event.held, done=(), attempts=0, losses=0)
            return Live(again)
        case Over(job=job), JobAssetExpired(asset_id=gone):
            return Over(msgspec.structs.replace(job, files=without(job.files, gone)), state.end)
        case Over(), JobPurged():
            return Purged()
        case _:
            return state


def decide(state: State, command: JobCommand, at: datetime) -> Sequence[JobEvent]:
    """What happens to the job."""
    match state, command:
        case Absent(), QueueJob():
            return [_queue(command)]
        case Live() | Over() | Purged(), QueueJob():
            return []
        case Live(job=job), PurgeJob():
            stopped = JobCanceled(**_ids(job), run=job.run, reason="its session is gone", points=_owed(job))
            return [stopped, purge(job, command)]
        case Over(job=job), PurgeJob():
            return [purge(job, command)]
        case Live(job=job), ApproveJob(run=run):
            return [JobApproved(**_ids(job), run=run)] if job.held and run == job.run else []
        case Live(job=job), ClaimJob():
            return _claim(job, command)
        case Over() | Purged(), ClaimJob():
            raise Refused("job.over", "the job has ended; there is nothing to claim")
        case Live(job=job) | Over(job=job), CompleteStage(epoch=epoch, output=output) if (
            epoch == job.epoch and output.stage in job.done
        ):
            return []
        case Live(job=job), CompleteStage():
            return _complete(job, command)
        case Live(job=job), FailStage():
            return _fail_stage(job, command, at)
        case Live(job=job), ReleaseJob():
            _holds(job, command.epoch)
            return _release(job, command)
        case Live(job=job), (FailJob(run=int(run)) | CancelJob(run=int(run))) if run != job.run:
            return []  # it was about a run that has ended
        case Live(job=job), FailJob():
            return [_failed(job, command.code, command.message, retryable=command.retryable)]
        case Live(job=job), CancelJob():
            return [JobCanceled(**_ids(job), run=job.run, reason=command.reason, points=_owed(job))]
        case Live(job=job), ExpireJob():
            return [JobExpired(**_ids(job), run=job.run)]
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


def _queued(event: JobQueued) -> Job:
    outputs = {output.stage: output for output in event.outputs}
    written, spoken = outputs.get(Stage.SCRIPT), outputs.get(Stage.SPEECH)
    return Job(
        job_id=event.job_id,
        session_id=event.session_id,
        account_id=event.account_id,
        script=event.inputs.script or ((written.script or "") if written else ""),
        left=event.stages,
        duration_ms=_length(event, spoken),
        held=event.held,
        cut=event.inputs.film is not None,
    )


def _length(event: JobQueued, spoken: StageOutput | None) -> int | None:
    """How long the film will be, where that is known before it is made."""
    if event.inputs.film is not None:
        return event.inputs.film.duration_ms
    return spoken.duration_ms if spoken else None


def _after_stage(job: Job, event: JobStageCompleted) -> Job:
    output = event.output
    left = tuple(stage for stage in job.left if stage is not output.stage)
    only_paid_left = bool(left) and job.held and left[0] not in FREE_STAGES
    return msgspec.structs.replace(
        job,
        left=left,
        done=(*job.done, output.stage),
        script=output.script or job.script,
        duration_ms=output.duration_ms or job.duration_ms,
        worker="" if only_paid_left else job.worker,
        attempts=0,
        losses=0,
        files=(*job.files, *kept(output.artifacts)),
    )


def _let_go(job: Job) -> Job:
    return msgspec.structs.replace(job, worker="")


def _ids(job: Job) -> dict[str, UUID]:
    return {"job_id": job.job_id, "session_id": job.session_id, "account_id": job.account_id}


def _is_paid(stages: Sequence[Stage]) -> bool:
    return any(stage not in FREE_STAGES for stage in stages)


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
        held=_is_paid(command.stages),
    )


def _claim(job: Job, command: ClaimJob) -> Sequence[JobEvent]:
    if (command.epoch, command.worker) == (job.epoch, job.worker):
        return []
    if command.epoch <= job.epoch:
        raise Refused("job.stale_epoch", f"epoch {command.epoch} is not newer than {job.epoch}")
    if job.held and job.left[0] not in FREE_STAGES:
        raise Refused("job.held", "the points for the job are not set aside yet")
    takeover = bool(job.worker)
    if takeover and job.losses + 1 >= MOST_LOSSES:
        message = f"{MOST_LOSSES} workers in a row vanished at it; the last was {job.worker}"
        return [_failed(job, "worker.lost", message, retryable=True)]
    return [JobClaimed(**_ids(job), worker=command.worker, epoch=command.epoch, takeover=takeover)]


def _holds(job: Job, epoch: int) -> None:
    if not job.worker or epoch != job.epoch:
        at_work = f"epoch {job.epoch} is" if job.worker else "nobody is"
        raise Refused("job.stale_epoch", f"epoch {epoch} is not at work: {at_work}")


def _complete(job: Job, command: CompleteStage) -> Sequence[JobEvent]:
    _holds(job, command.epoch)
    output = command.output
    if output.stage is not job.left[0]:
        raise Refused("job.wrong_stage", f"{job.left[0]} is next, not {output.stage}")
    completed = JobStageCompleted(**_ids(job), epoch=command.epoch, attempt=job.attempts + 1, output=output)
    if len(job.left) > 1:
        return [completed]
    after = _after_stage(job, completed)
    points = _price(after, after.duration_ms, after.done) if after.duration_ms else 0
    return [completed, JobCompleted(**_ids(job), run=job.run, points=points, duration_ms=after.duration_ms)]


def _fail_stage(job: Job, command: FailStage, at: datetime) -> Sequence[JobEvent]:
    _holds(job, command.epoch)
    if command.stage is not job.left[0]:
        raise Refused("job.wrong_stage", f"{job.left[0]} is next, not {command.stage}")
    attempt = job.attempts + 1
    again = command.retryable and attempt < MOST_ATTEMPTS
    failed = JobStageFailed(
        **_ids(job),
        epoch=command.epoch,
        stage=command.stage,
        attempt=attempt,
        code=command.code,
        message=command.message,
        retryable=command.retryable,
        retry_at=at + BACKOFF[attempt - 1] if again else None,
    )
    if again:
        return [failed]
    return [failed, _failed(job, command.code, command.message, retryable=command.retryable)]


def _release(job: Job, command: ReleaseJob) -> Sequence[JobEvent]:
    released = JobReleased(**_ids(job), epoch=command.epoch, reason=command.reason)
    if command.reason is ReleaseReason.WORKER_LOST and job.losses + 1 >= MOST_LOSSES:
        message = f"{MOST_LOSSES} workers in a row vanished at it; the last was {job.worker}"
        return [released, _failed(job, "worker.lost", message, retryable=True)]
    return [released]


def _failed(job: Job, code: str, message: str, *, retryable: bool) -> JobFailed:
    return JobFailed(
        **_ids(job),
        run=job.run,
        stage=job.left[0] if job.left else None,
        code=code,
        message=message,
        retryable=retryable,
    )


def _owed(job: Job) -> int:
    """The price of what this run has finished of what is paid for."""
    return _price(job, job.duration_ms, job.done) if job.duration_ms and _is_paid(job.done) else 0


def _price(job: Job, duration_ms: int, stages: Sequence[Stage]) -> int:
    return price_of_cut(duration_ms) if job.cut else price(duration_ms, stages)


def _retried(job: Job) -> JobRetried:
    points = _price(job, job.duration_ms, job.left) if job.duration_ms else estimate(job.script, job.left)
    return JobRetried(**_ids(job), run=job.run + 1, held=_is_paid(job.left), estimate_points=points)


DECIDER: Decider[State] = Decider(
    category="job",
    version=3,
    initial=Absent(),
    state_type=State,
    evolve=evolve,
    decide=decide,
    commands=get_args(JobCommand),
)
