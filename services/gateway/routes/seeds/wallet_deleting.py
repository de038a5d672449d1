"""What the one-shot application deletes: a video, and jobs that ended long ago. Each is a command to the job."""

from datetime import timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.documents import JobStatus
from contracts.envelope import stream_id
from contracts.messages.job import ExpireAsset, PurgeJob
from contracts.model import CommandBody
from contracts.rendering import AssetKind
from contracts.topics import RENDER_COMMANDS
from services.gateway.access.callers import LegacyCaller
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import DEGRADED, Wish, command_id, outcome_of
from services.gateway.auth.principal import Principal
from services.gateway.http.problems import Problem, of_refusal
from services.gateway.identity import repeatable_command
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Blind
from services.gateway.routes.answers import answered, said
from services.gateway.routes.seeds.wallet_views import JobsDeleted, VideoDeleted

router = APIRouter(prefix="/api", tags=["one-shot"])

MOST_JOBS: Final = 1_000
_ENDED: Final[dict[str, tuple[str, ...]]] = {
    "completed": (JobStatus.COMPLETED,),
    "failed": (JobStatus.FAILED, JobStatus.CANCELED, JobStatus.EXPIRED),
}


@router.delete(
    "/videos/{video_id}",
    operation_id="legacyDeleteVideo",
    summary="Delete a video",
    responses=said(
        "video.unknown",
        "header.invalid",
        "idempotency.in_flight",
        "kafka.unavailable",
        ok=VideoDeleted,
        accepted=VideoDeleted,
    ),
)
async def delete_video(request: Request, caller: LegacyCaller, video_id: str) -> Response:
    """The bytes go, and the job stays with `videoAvailable: false`. A job has one video: both have the same id."""
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        job_id, asset_id = await _film(gateway, caller, video_id)
        expire = ExpireAsset(asset_id=asset_id, reason="deleted by its user")
        wish = _wish(
            gateway, caller, job_id, expire, command_id(gateway, caller.tenant, chosen), again=chosen is not None
        )
        try:
            outcome = await outcome_of(request, gateway, caller, wish, gateway.legacy_wait_seconds)
        except Blind:
            return _deleted(job_id, done=False, headers={DEGRADED: "mongodb"})
        if outcome is None:
            return _deleted(job_id, done=False)
        if outcome.problem is not None:
            raise of_refusal(*outcome.problem)
        return _deleted(job_id, done=True)

    return await once(request, gateway, caller, None, act)


@router.delete(
    "/jobs",
    operation_id="legacyDeleteOldJobs",
    summary="Forget old jobs",
    responses=said(
        "auth.forbidden",
        "header.invalid",
        "idempotency.in_flight",
        "idempotency.mismatch",
        "kafka.unavailable",
        ok=JobsDeleted,
        accepted=JobsDeleted,
    ),
)
async def delete_jobs(
    request: Request,
    caller: LegacyCaller,
    older_than_days: Annotated[int, Query(alias="olderThanDays", ge=0, le=36_500)] = 7,
    status: Annotated[Literal["failed", "completed"], Query(description="How they ended.")] = "failed",
) -> Response:
    """Jobs that ended so long ago go, with their videos: up to 1,000 a call. The clock does the same by itself."""
    gateway = gateway_of(request)
    if gateway.demo is None and not caller.administers:
        raise Problem("auth.forbidden", "Jobs are deleted in bulk with an admin's key only.")

    async def act(_chosen: UUID | None) -> Response:
        before = gateway.now() - timedelta(days=older_than_days)
        found = await gateway.documents.ended_jobs(caller.reach, _ENDED[status], before, MOST_JOBS)
        gone = 0
        for job in found:
            id_ = repeatable_command(caller.tenant, f"purge\n{job['jobId']}\n{job['version']}")
            purge = PurgeJob(reason=f"it ended more than {older_than_days} days ago")
            wish = _wish(gateway, caller, UUID(job["jobId"]), purge, id_, again=True, version=job["version"])
            try:
                outcome = await outcome_of(request, gateway, caller, wish, gateway.legacy_wait_seconds)
            except Blind:
                return answered(JobsDeleted(deleted=gone), 202, {DEGRADED: "mongodb"})
            if outcome is None:
                return answered(JobsDeleted(deleted=gone), 202)
            gone += outcome.problem is None
        return answered(JobsDeleted(deleted=gone))

    return await once(request, gateway, caller, None, act)


async def _film(gateway: Gateway, caller: Principal, video_id: str) -> tuple[UUID, UUID]:
    """The job of a video, and the id under which the job has its file."""
    unknown = Problem("video.unknown", f"There is no video {video_id[:80]!r}.")
    try:
        job_id = UUID(video_id)
    except ValueError:
        raise unknown from None
    job = await gateway.documents.job(caller.reach, str(job_id))
    film = next((asset for asset in (job or {}).get("assets", ()) if asset["kind"] == AssetKind.VIDEO), None)
    if film is None:
        raise unknown
    return job_id, UUID(film["assetId"])


def _wish(
    gateway: Gateway,
    caller: Principal,
    job_id: UUID,
    body: CommandBody,
    id_: UUID,
    *,
    again: bool,
    version: int | None = None,
) -> Wish:
    return Wish(
        topic=RENDER_COMMANDS.name,
        stream=stream_id("job", caller.tenant, str(job_id)),
        body=body,
        id=id_,
        at=gateway.now(),
        links={},
        repeatable=again,
        expected_version=version,
    )


def _deleted(job_id: UUID, *, done: bool, headers: dict[str, str] | None = None) -> Response:
    where = f"GET /api/videos/status/{job_id}"
    message = "Video deleted successfully" if done else f"The video is being deleted. {where} tells when it is gone."
    view = VideoDeleted(video_id=str(job_id), job_id=str(job_id), deleted=done, message=message)
    return answered(view, 200 if done else 202, headers)
