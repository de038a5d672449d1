"""Files of a user's own that were announced: the list of them, and parting with one."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.access.callers import Caller
from services.gateway.asking.idempotency import once
from services.gateway.asking.uploads import own, removal
from services.gateway.asking.wishes import ask
from services.gateway.http.problems import Problem
from services.gateway.http.view import Moment, Page, View
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import gateway_of
from services.gateway.ports.waiting import Outcome
from services.gateway.routes.answers import answered, command_answers, said

router = APIRouter(prefix="/v1/uploads", tags=["assets"])


class FileView(View):
    """A file of one's own. While it is `waiting` its bytes have not come; `ready`, it is the asset `assetId`."""

    asset_id: str
    status: Literal["waiting", "ready"]
    original_name: str
    size_bytes: int | None = Field(description="Of what came, or as it was announced.")
    media_type: str | None
    project_id: str | None
    expires_at: Moment = Field(description="When it goes, unless a project uses it by then.")
    created_at: Moment


@router.get(
    "",
    operation_id="listUploads",
    summary="List files",
    responses=said("cursor.invalid", "mongodb.unavailable", ok=Page[FileView]),
)
async def list_(request: Request, caller: Caller, limit: Limit = 20, cursor: Cursor = None) -> Response:
    """The account's own, those that have not come among them, newest first: what its plan counts. To whoever
    administers: those of the whole tenant."""
    gateway = gateway_of(request)
    asked = listing(gateway, caller, f"uploads\n{caller.account}", limit, cursor)
    found = await gateway.documents.files(caller.reach, asked.after, asked.wanted)
    return answered(asked.page(Page[FileView], found, FileView.model_validate))


@router.delete(
    "/{upload_id}",
    operation_id="deleteUpload",
    summary="Delete a file",
    status_code=202,
    responses=command_answers("upload.unknown", "upload.in_use", "mongodb.unavailable", gone=None),
)
async def delete(request: Request, caller: Caller, upload_id: UUID) -> Response:
    """Takes it away for good, and makes room for another. `Prefer: wait=N` answers 204.

    A file that a project of yours uses stays: its video, and sources of every timeline that was saved of it.
    """
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        mine = await own(gateway, caller.reach, upload_id)
        if mine is None:
            raise Problem(
                "upload.unknown", f"The account has no file {upload_id}. GET /v1/uploads lists those that it has."
            )
        if project := await gateway.projects.using(caller.reach, str(upload_id)):
            raise Problem(
                "upload.in_use",
                f"Project {project} has this file as its video, or in a timeline that was saved of it and can be "
                "restored. Files that no project uses can be deleted.",
            )

        async def gone(_outcome: Outcome) -> Response | None:
            left = await own(gateway, caller.reach, upload_id)
            return Response(status_code=204) if left is None else None

        return await ask(request, gateway, caller, removal(gateway, caller, upload_id, chosen), gone)

    return await once(request, gateway, caller, None, act)
