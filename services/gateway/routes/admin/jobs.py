"""The jobs of a tenant, for its admins: whosever they are."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.documents import JobStatus
from contracts.messages.job import CancelJob
from services.gateway.access.callers import AdminCaller
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.view import Page
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import gateway_of
from services.gateway.ports.support import JobFilter
from services.gateway.routes.answers import answered, command_answers, said
from services.gateway.routes.jobs import ask_job
from services.gateway.stored import Stored
from services.gateway.views.preparing import job_view
from services.gateway.views.sessions import JobView

router = APIRouter(prefix="/v1/admin/jobs", tags=["admin"])


class AdminJobView(JobView):
    """A job, and whose it is."""

    account_id: str


class Cancel(Body):
    """Why the job is stopped; its owner reads it."""

    reason: str = Field(default="canceled by an administrator", min_length=1, max_length=200)


@router.get("", operation_id="listJobs", summary="List jobs", responses=said("cursor.invalid", ok=Page[AdminJobView]))
async def list_(
    request: Request,
    caller: AdminCaller,
    status: Annotated[JobStatus | None, Query(description="Only jobs with this status, as the log has it.")] = None,
    account_id: Annotated[UUID | None, Query(alias="accountId", description="Only jobs of this account.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """All jobs of the admin's tenant, newest first. `GET /v1/jobs/{id}` tells the place of one that waits."""
    gateway = gateway_of(request)
    which = JobFilter(None if status is None else status.value, None if account_id is None else str(account_id))
    question = f"jobs\n{which!r}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.support.jobs(caller.tenant, which, asked.after, asked.wanted)

    def show(document: Stored) -> AdminJobView:
        return AdminJobView(**job_view(gateway, document).model_dump(), account_id=document["accountId"])

    return answered(asked.page(Page[AdminJobView], found, show))


@router.post(
    "/{job_id}/cancel",
    operation_id="cancelJobOfTenant",
    summary="Cancel somebody's job",
    status_code=202,
    responses=command_answers("job.unknown", "job.over", ok=JobView),
)
async def cancel(
    request: Request,
    caller: AdminCaller,
    job_id: UUID,
    given: Annotated[Given[Cancel], Depends(JsonBody(Cancel, needed=False))],
) -> Response:
    """Stops the job, whosever it is. Its points go back as after its owner's own cancel."""
    return await ask_job(request, caller, job_id, CancelJob(reason=given.body.reason), given)
