"""What follows elsewhere from what happens to jobs. The names of the rules are part of command ids."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from contracts.envelope import stream_id
from contracts.messages.account import RefundCredits, ReserveCredits, SettleCredits
from contracts.messages.job import (
    JOB_EXPIRED,
    JobAssetExpired,
    JobCanceled,
    JobCompleted,
    JobExpired,
    JobFailed,
    JobPurged,
    JobQueued,
    JobRetried,
    JobStageCompleted,
)
from contracts.messages.project import EditProject
from contracts.messages.session import RecordCancel, RecordFailure, RecordRetry, RecordStage, SessionCommand
from contracts.messages.session_assets import ForgetAssets
from contracts.messages.upload import UploadReceived
from eventlog.write.policy import Ask, Heard, Policy


def reserve(heard: Heard, *, enforce: bool) -> Iterable[Ask]:
    """A job that has to be paid for asks for its points."""
    match heard.body:
        case JobQueued(held=True) as body:
            run = 1
        case JobRetried(held=True) as body:
            run = body.run
        case _:
            return
    points = ReserveCredits(
        job_id=body.job_id, session_id=body.session_id, run=run, amount=body.estimate_points, enforce=enforce
    )
    yield Ask("reserve", _account(heard, body.account_id), points)


def record(heard: Heard) -> Iterable[Ask]:
    """The session learns what became of its job."""
    told: SessionCommand
    match heard.body:
        case JobStageCompleted() as body:
            told = RecordStage(job_id=body.job_id, output=body.output)
        case JobFailed() as body:
            told = RecordFailure(
                job_id=body.job_id, stage=body.stage, code=body.code, message=body.message, retryable=body.retryable
            )
        case JobExpired() as body:
            message = "the job did not end before its deadline"
            told = RecordFailure(job_id=body.job_id, code=JOB_EXPIRED, message=message, retryable=True)
        case JobCanceled() as body:
            told = RecordCancel(job_id=body.job_id, reason=body.reason)
        case JobRetried() as body:
            told = RecordRetry(job_id=body.job_id, run=body.run)
        case _:
            return
    yield Ask("record", stream_id("session", heard.tenant, str(body.session_id)), told)


def settle(heard: Heard) -> Iterable[Ask]:
    """What a run took is paid for; a canceled one pays for the stages that it finished."""
    match heard.body:
        case JobCompleted() as body:
            points = body.points
        case JobCanceled() as body if body.points:
            points = body.points
        case _:
            return
    paid = SettleCredits(job_id=body.job_id, run=body.run, actual=points)
    yield Ask("settle", _account(heard, body.account_id), paid)


def refund(heard: Heard) -> Iterable[Ask]:
    """What was set aside for a run that came to nothing is given back."""
    match heard.body:
        case JobFailed() as body:
            reason = body.code
        case JobExpired() as body:
            reason = JOB_EXPIRED
        case JobCanceled(points=0) as body:
            reason = "job.canceled"
        case _:
            return
    back = RefundCredits(job_id=body.job_id, session_id=body.session_id, run=body.run, reason=reason)
    yield Ask("refund", _account(heard, body.account_id), back)


def forget(heard: Heard) -> Iterable[Ask]:
    """The session hears of files that its job has no more."""
    match heard.body:
        case JobAssetExpired() as body:
            gone: tuple[UUID, ...] = (body.asset_id,)
        case JobPurged(assets=assets) as body if assets:
            gone = assets
        case _:
            return
    told = ForgetAssets(job_id=body.job_id, asset_ids=gone)
    yield Ask("forget", stream_id("session", heard.tenant, str(body.session_id)), told)


def imported(heard: Heard) -> Iterable[Ask]:
    """A video that was uploaded for a project is that project's."""
    match heard.body:
        case UploadReceived(project_id=UUID() as project, media=media) as body if media.pictures and media.duration_ms:
            path = f"/media/{body.upload_id}.{media.extension}"
            told = EditProject(video_path=path, duration=media.duration_ms / 1000)
            yield Ask("imported", stream_id("project", heard.tenant, str(project)), told)
        case _:
            return


def policies(*, enforce_credits: bool) -> Sequence[Policy]:
    """All rules. `enforce_credits`: an account without points gets no film; otherwise its balance may fall below 0."""

    def reserve_as_set(heard: Heard) -> Iterable[Ask]:
        return reserve(heard, enforce=enforce_credits)

    return (reserve_as_set, record, settle, refund, forget, imported)


def _account(heard: Heard, account_id: UUID) -> str:
    return stream_id("account", heard.tenant, str(account_id))
