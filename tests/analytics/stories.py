"""What happened to a job, told event by event, and the rows that a projection makes of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.messages.job import (
    JobApproved,
    JobClaimed,
    JobCompleted,
    JobFailed,
    JobQueued,
    JobReleased,
    JobRetried,
    JobStageCompleted,
    JobStageFailed,
    ReleaseReason,
)
from contracts.model import EventBody
from contracts.rendering import Artifact, AssetKind, JobInputs, Stage, StageOutput, Usage
from eventlog.read.projection import Fact, Projection, Row, View

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
JOB, SESSION, ACCOUNT, FILM = (UUID(int=n) for n in range(1, 5))
STREAM = f"job-{JOB}"
SHA256 = "ab" * 32


def rows(projection: Projection, events: Iterable[EventBody], stream: str = STREAM) -> list[dict[str, Any]]:
    """The rows after the events, one second apart. Between two events the rows lie in another order, as in a table."""
    view: View = ()
    for version, event in enumerate(events, 1):
        fact = Fact(
            stream=stream,
            version=version,
            at=NOON + timedelta(seconds=version - 1),
            tenant="t",
            actor="tests",
            command_id=UUID(int=version),
            body=event,
        )
        view = tuple(reversed(projection.fold(view, fact)))
    return sorted((dict(row) for row in view), key=_key)


def _key(row: Row) -> tuple[str, int]:
    return str(row.get("stage", "")), int(row.get("number", 0))


def queued(*stages: Stage, held: bool = False) -> JobQueued:
    return JobQueued(
        job_id=JOB,
        session_id=SESSION,
        account_id=ACCOUNT,
        stages=stages,
        inputs=JobInputs(script="Tides rise."),
        outputs=(),
        estimate_points=2,
        priority=0,
        held=held,
    )


def approved() -> JobApproved:
    return JobApproved(job_id=JOB, session_id=SESSION, account_id=ACCOUNT, run=1)


def claimed(epoch: int, *, takeover: bool = False) -> JobClaimed:
    return JobClaimed(
        job_id=JOB, session_id=SESSION, account_id=ACCOUNT, worker=f"w{epoch}", epoch=epoch, takeover=takeover
    )


def done(stage: Stage, epoch: int = 1, *usage: Usage) -> JobStageCompleted:
    film = Artifact(
        asset_id=FILM,
        kind=AssetKind.VIDEO,
        media_type="video/mp4",
        file_name="tides.mp4",
        sha256=SHA256,
        size_bytes=7,
        duration_ms=9_600,
    )
    output = StageOutput(
        stage=stage, output_key="k", artifacts=(film,) if stage is Stage.VIDEO else (), duration_ms=9_600, usage=usage
    )
    return JobStageCompleted(job_id=JOB, session_id=SESSION, account_id=ACCOUNT, epoch=epoch, attempt=1, output=output)


def stage_failed(stage: Stage, epoch: int = 1, *, again: bool) -> JobStageFailed:
    return JobStageFailed(
        job_id=JOB,
        session_id=SESSION,
        account_id=ACCOUNT,
        epoch=epoch,
        stage=stage,
        attempt=1,
        code="video.killed",
        message="ffmpeg was killed",
        retryable=again,
        retry_at=NOON if again else None,
    )


def released(epoch: int) -> JobReleased:
    return JobReleased(job_id=JOB, session_id=SESSION, account_id=ACCOUNT, epoch=epoch, reason=ReleaseReason.DRAINED)


def failed(stage: Stage) -> JobFailed:
    return JobFailed(
        job_id=JOB,
        session_id=SESSION,
        account_id=ACCOUNT,
        run=1,
        stage=stage,
        code="video.killed",
        message="ffmpeg was killed",
        retryable=True,
    )


def retried() -> JobRetried:
    return JobRetried(job_id=JOB, session_id=SESSION, account_id=ACCOUNT, run=2, held=False, estimate_points=2)


def completed() -> JobCompleted:
    return JobCompleted(job_id=JOB, session_id=SESSION, account_id=ACCOUNT, run=1, points=1, duration_ms=9_600)
