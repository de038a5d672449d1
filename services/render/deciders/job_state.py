"""What is true of a job, and how each event changes it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

import msgspec

from contracts.messages.erasure import JobErased
from contracts.messages.job import (
    JobApproved,
    JobAssetExpired,
    JobCanceled,
    JobClaimed,
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
    ReleaseReason,
)
from contracts.pricing import price, price_of_cut
from contracts.rendering import FREE_STAGES, Stage, StageOutput
from services.render.deciders.job_life import Kept, kept, without


class End(StrEnum):
    """How a job ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class Job(msgspec.Struct, frozen=True):
    """What is true of a job, live or over. `done` are the stages of this run that are finished, `left` the others.

    `files` is what all its runs have made and nobody has taken away. `cut`: of a timeline, in the one stage `video`.
    `parts`: how much of the next stage was ever found made. `losses`: workers that vanished one after the other, and
    none of them had come further than the one before.
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
    parts: int = 0
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
    """It is gone for good. `erased`: so is every trace of whose it was."""

    erased: bool = False


State: TypeAlias = Absent | Live | Over | Purged


def evolve(state: State, event: JobEvent) -> State:
    """The job after the event."""
    match state, event:
        case _, JobQueued():
            return Live(_queued(event))
        case Live(job=job), JobApproved():
            return Live(msgspec.structs.replace(job, held=False))
        case Live(job=job), JobClaimed():
            losses = losses_after(job, takeover=event.takeover, parts=event.parts)
            parts = max(job.parts, event.parts)
            return Live(
                msgspec.structs.replace(job, worker=event.worker, epoch=event.epoch, losses=losses, parts=parts)
            )
        case Live(job=job), JobStageCompleted():
            return Live(after_stage(job, event))
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
            again = msgspec.structs.replace(job, run=event.run, held=event.held, done=(), attempts=0, losses=0, parts=0)
            return Live(again)
        case Over(job=job), JobAssetExpired(asset_id=gone):
            return Over(msgspec.structs.replace(job, files=without(job.files, gone)), state.end)
        case Over(), JobPurged():
            return Purged()
        case _, JobErased():
            return Purged(erased=True)
        case _:
            return state


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


def after_stage(job: Job, event: JobStageCompleted) -> Job:
    """The job with one stage less to do."""
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
        parts=0,
        files=(*job.files, *kept(output.artifacts)),
    )


def losses_after(job: Job, *, takeover: bool, parts: int) -> int:
    """With whoever takes it over now, and finds so much made: a worker that came further than any before is no loss."""
    if parts > job.parts:
        return 0
    return job.losses + takeover


def _let_go(job: Job) -> Job:
    return msgspec.structs.replace(job, worker="")


def is_paid(stages: Sequence[Stage]) -> bool:
    """Whether one of them costs points."""
    return any(stage not in FREE_STAGES for stage in stages)


def points_for(job: Job, duration_ms: int, stages: Sequence[Stage]) -> int:
    """What these stages of a film of that length cost."""
    return price_of_cut(duration_ms) if job.cut else price(duration_ms, stages)


def ids(job: Job) -> dict[str, UUID]:
    """What every event of the job names."""
    return {"job_id": job.job_id, "session_id": job.session_id, "account_id": job.account_id}


def subject(state: State) -> UUID | None:
    """Whose job it is; nobody knows of one that was purged."""
    match state:
        case Live(job=job) | Over(job=job):
            return job.account_id
        case Absent() | Purged():
            return None
