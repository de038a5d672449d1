"""The one-shot application's routes, in its own shapes: a script in, a video out, waiting for it."""

import asyncio
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, field_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.documents import JobStatus
from contracts.envelope import stream_id
from contracts.rendering import AssetKind, Kind
from eventlog.errors import Unavailable
from services.gateway.access.callers import LegacyCaller
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import outcome_of, register
from services.gateway.auth.principal import Principal
from services.gateway.auth.reach import Reach
from services.gateway.files import media
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.problems import Problem, of_failure, of_refusal
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Blind, wanted_seconds
from services.gateway.routes.answers import answered, said
from services.gateway.routes.seeds.wallets import ADDRESS, LONGEST_ADDRESS, payer_of
from services.gateway.routes.sessions import NewSession, start
from services.gateway.stored import Stored
from services.gateway.views.sessions import LegacyGenerated, LegacyStatus

router = APIRouter(prefix="/api", tags=["one-shot"])

DONE: Final = "Educational tutorial video generated successfully"
POLL_SECONDS: Final = 1.0
_WORDS: Final[dict[str, Literal["pending", "generating", "failed", "completed"]]] = {
    JobStatus.QUEUED: "pending",
    JobStatus.THROTTLED: "pending",
    JobStatus.RUNNING: "generating",
    JobStatus.CANCELING: "generating",
    JobStatus.COMPLETED: "completed",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELED: "failed",
    JobStatus.EXPIRED: "failed",
}
_OVER: Final = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED, JobStatus.EXPIRED})
_REASONS: Final = {JobStatus.CANCELED: "The job was canceled.", JobStatus.EXPIRED: "The job ran out of time."}


class Generate(Body):
    """A script to be spoken and shown, and who pays for it."""

    script: str = Field(min_length=1, max_length=50_000)
    wallet_address: str = Field(min_length=1, max_length=LONGEST_ADDRESS, pattern=ADDRESS)
    title: str = Field(default="", max_length=200)

    @field_validator("script")
    @classmethod
    def _has_words(cls, script: str) -> str:
        if not script.strip():
            raise ValueError("must not be empty")
        return script


@router.post(
    "/generate",
    operation_id="legacyGenerate",
    summary="Script in, video out",
    responses=said("auth.forbidden", ok=LegacyGenerated, accepted=LegacyGenerated),
)
async def generate(
    request: Request, caller: LegacyCaller, given: Annotated[Given[Generate], Depends(JsonBody(Generate))]
) -> Response:
    """Makes the video and waits for it; 202 in the same shape when that takes too long: then ask for its status.

    `Prefer: wait=0` does not wait.
    """
    gateway = gateway_of(request)
    payer = payer_of(caller, given.body.wallet_address)

    async def act(chosen: UUID | None) -> Response:
        return await _generate(request, gateway, payer, given.body, chosen)

    return await once(request, gateway, caller, given, act)


@router.get(
    "/videos/status/{job_id}",
    operation_id="legacyVideoStatus",
    summary="How far is it?",
    responses=said("job.unknown", ok=LegacyStatus),
)
async def status(request: Request, caller: LegacyCaller, job_id: str) -> Response:
    """The job's status in the one-shot application's words."""
    gateway = gateway_of(request)
    job, video = await _job(gateway, caller, job_id)
    word = _WORDS[job["status"]]
    view = LegacyStatus(
        job_id=job["jobId"],
        status=word,
        ready=word == "completed" and video is not None,
        error=_error(job),
        created_at=job["createdAt"],
        updated_at=job["updatedAt"],
        video_available=video is not None,
    )
    return answered(view)


@router.get("/videos/{job_id}", operation_id="legacyVideo", summary="The video", responses=said("video.unknown"))
@router.head(
    "/videos/{job_id}", operation_id="legacyVideoHead", summary="The video's size", responses=said("video.unknown")
)
async def video(request: Request, caller: LegacyCaller, job_id: str) -> Response:
    """The bytes, or those that `Range` asks for."""
    gateway = gateway_of(request)
    _, found = await _job(gateway, caller, job_id)
    if found is None:
        raise Problem(
            "video.unknown", "This job has no video: it is not done yet, it failed, or the video was deleted."
        )
    return await media.respond(request, gateway.blobs, found)


async def _generate(
    request: Request, gateway: Gateway, payer: Principal, body: Generate, chosen: UUID | None
) -> Response:
    new = NewSession(prompt="", script=body.script, title=body.title, kind=Kind.SCROLLING_SCRIPT)
    wish, session = start(gateway, payer, Given(new, None), chosen)
    await register(request, gateway, payer)
    wanted = wanted_seconds(request.headers.get("prefer"))
    seconds = gateway.legacy_wait_seconds if wanted is None else min(wanted, gateway.legacy_wait_seconds)
    deadline = asyncio.get_running_loop().time() + seconds
    job_id = wish.links["job"].rpartition("/")[2]
    try:
        outcome = await outcome_of(request, gateway, payer, wish, seconds)
        if outcome is not None and outcome.problem is not None:
            raise of_refusal(*outcome.problem)
        document = await _ended(gateway, payer.reach, session, job_id, deadline)
    except Blind:
        return _later(job_id, None, {"Playhead-Degraded": "mongodb"})
    if document is None or document["status"] not in _OVER:
        return _later(job_id, document, {})
    if document["status"] != JobStatus.COMPLETED:
        raise _failure(document)
    video_id = None if _video(document) is None else job_id
    view = LegacyGenerated(job_id=job_id, video_id=video_id, status="completed", message=DONE)
    return answered(view)


async def _ended(gateway: Gateway, reach: Reach, session: UUID, job_id: str, deadline: float) -> Stored | None:
    """The job when it is over, or as it is at the deadline. Raises `Blind` when the read store goes away meanwhile."""
    loop = asyncio.get_running_loop()
    with gateway.news.follow(stream_id("session", reach.tenant, str(session))) as follower:
        while True:
            try:
                document = await gateway.documents.job(reach, job_id)
            except Unavailable as error:
                raise Blind from error
            left = deadline - loop.time()
            if left <= 0 or gateway.news.closing or (document is not None and document["status"] in _OVER):
                return document
            # The job's own projector may be a moment behind the session's, which wakes: so look once a second, too.
            await follower.woken(min(left, POLL_SECONDS))


def _failure(job: Stored) -> Problem:
    error, message = job["error"], _error(job) or ""
    if error is None:
        return of_failure("render.stopped", message, None, retryable=True)
    return of_failure(error["code"], message, error["stage"], retryable=error["retryable"])


def _later(job_id: str, document: Stored | None, headers: dict[str, str]) -> Response:
    word = "pending" if document is None else _WORDS[document["status"]]
    message = f"The video is not ready yet. GET /api/videos/status/{job_id} tells when it is."
    view = LegacyGenerated(
        job_id=job_id, video_id=None, status="pending" if word == "pending" else "generating", message=message
    )
    return answered(view, 202, headers)


async def _job(gateway: Gateway, caller: Principal, job_id: str) -> tuple[Stored, Stored | None]:
    """The job, and its video where it has one and its session was not deleted."""
    unknown = Problem("job.unknown", f"There is no job {job_id[:80]!r}.")
    try:
        known = UUID(job_id)
    except ValueError:
        raise unknown from None
    job = await gateway.documents.job(caller.reach, str(known))
    if job is None:
        raise unknown
    session = await gateway.documents.session(caller.reach, job["sessionId"])
    return job, None if session is None else _video(job)


def _video(job: Stored) -> Stored | None:
    return next((asset for asset in job["assets"] if asset["kind"] == AssetKind.VIDEO), None)


def _error(job: Stored) -> str | None:
    if job["status"] not in _OVER or job["status"] == JobStatus.COMPLETED:
        return None
    error = job["error"]
    return (error["message"] if error else None) or _REASONS.get(job["status"]) or "The video could not be made."
