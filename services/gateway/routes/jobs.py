"""Jobs: read, canceled, tried again."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.documents import JobStatus
from contracts.envelope import stream_id
from contracts.messages.job import CancelJob, RetryJob
from contracts.model import CommandBody
from contracts.topics import RENDER_COMMANDS
from services.gateway.access.callers import Caller
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import Wish, ask, command_id
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Given
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import gateway_of
from services.gateway.ports.waiting import Outcome
from services.gateway.routes.answers import answered, command_answers, said, versioned
from services.gateway.stored import Stored
from services.gateway.views.preparing import job_view
from services.gateway.views.sessions import JobView

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@router.get("/{job_id}", operation_id="getJob", summary="Read a job", responses=said("job.unknown", ok=JobView))
async def get(request: Request, caller: Caller, job_id: UUID) -> Response:
    """Status, stages, progress, attempts and what it cost so far; while it waits, its place among its tenant's jobs."""
    gateway = gateway_of(request)
    document = await _known(request, caller, job_id)
    waits = document["status"] == JobStatus.QUEUED and not document["held"]
    standing = await gateway.documents.standing(caller.tenant, document) if waits else None
    view = job_view(gateway, document, standing)
    if waits:
        return answered(view, headers={"Cache-Control": "no-store"})  # its place changes without an event of its own
    return versioned(request, view, document["version"])


@router.post(
    "/{job_id}/cancel",
    operation_id="cancelJob",
    summary="Cancel a job",
    status_code=202,
    responses=command_answers("job.unknown", ok=JobView),
)
async def cancel(request: Request, caller: Caller, job_id: UUID) -> Response:
    """Stops the job. What was set aside for stages that were not done is given back: see `pointsRefunded`."""
    return await ask_job(request, caller, job_id, CancelJob(reason="canceled by its user"))


@router.post(
    "/{job_id}/retry",
    operation_id="retryJob",
    summary="Try a job again",
    status_code=202,
    responses=command_answers("job.unknown", "job.completed", ok=JobView),
)
async def retry(request: Request, caller: Caller, job_id: UUID) -> Response:
    """Goes on with a job that failed, was canceled or expired; stages that are done stay done."""
    return await ask_job(request, caller, job_id, RetryJob())


async def ask_job(
    request: Request, caller: Principal, job_id: UUID, body: CommandBody, given: Given[Any] | None = None
) -> Response:
    """Send the command to the job's stream, and answer the job where its client waits for it."""
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        wish = Wish(
            topic=RENDER_COMMANDS.name,
            stream=stream_id("job", caller.tenant, str(job_id)),
            body=body,
            id=command_id(gateway, caller.tenant, chosen),
            at=gateway.now(),
            links={"job": f"/v1/jobs/{job_id}"},
            repeatable=chosen is not None,
        )

        async def show(outcome: Outcome) -> Response | None:
            document = await gateway.documents.job(caller.reach, str(job_id))
            if document is None or document["version"] < outcome.version:
                return None
            return versioned(request, job_view(gateway, document), document["version"])

        return await ask(request, gateway, caller, wish, show)

    return await once(request, gateway, caller, given, act)


async def _known(request: Request, caller: Principal, job_id: UUID) -> Stored:
    document = await gateway_of(request).documents.job(caller.reach, str(job_id))
    if document is None:
        raise Problem("job.unknown", f"There is no job {job_id}.")
    return document
