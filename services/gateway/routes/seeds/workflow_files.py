"""Files of a workflow: those that its stages made, and those that its user made and has noted here."""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, Field, JsonValue
from starlette.requests import Request
from starlette.responses import Response

from contracts.envelope import stream_id
from contracts.messages.files import (
    LARGEST_FILE,
    LONGEST_FILE_NAME,
    LONGEST_FILE_PATH,
    LONGEST_FILE_TYPE,
    RecordFile,
    RemoveFile,
)
from contracts.messages.job import ExpireAsset
from contracts.model import CommandBody
from eventlog.errors import Unavailable
from services.gateway.access.callers import LegacyCaller
from services.gateway.asking.following import row_when
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import DEGRADED, Wish, command_id, outcome_of, register
from services.gateway.auth.principal import Principal
from services.gateway.files import media
from services.gateway.http.bodies import Given, JsonBody
from services.gateway.http.problems import Problem, of_refusal
from services.gateway.http.view import Page
from services.gateway.identity import file_of
from services.gateway.lists.paging import listing
from services.gateway.ports.gateway import CommandTopic, Gateway, gateway_of
from services.gateway.ports.tables import Row, row_place
from services.gateway.ports.waiting import Blind
from services.gateway.routes.answers import Responses, answered, said
from services.gateway.routes.seeds.workflow_views import FileRemoval, FileRow, about, file_row
from services.gateway.routes.seeds.workflows import RowBody, id_of, known
from services.gateway.routes.sessions import small

router = APIRouter(prefix="/api/workflows/{workflow_id}/files", tags=["workflows"])

_BYTES: Final[Responses] = {
    200: {"description": "The whole file", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "The part that `Range` asks for"},
    304: {"description": "The client has it already"},
}


class NewFile(RowBody):
    """A file that the user made. Its bytes stay where they are: they are neither read nor deleted here."""

    id: UUID | None = Field(default=None, description="Chosen by the client, it makes the call repeatable.")
    file_type: str = Field(min_length=1, max_length=LONGEST_FILE_TYPE, examples=["image"])
    file_path: str = Field(min_length=1, max_length=LONGEST_FILE_PATH, examples=["/files/images/scene_1.png"])
    file_name: str = Field(min_length=1, max_length=LONGEST_FILE_NAME, examples=["scene_1.png"])
    file_size: int = Field(ge=0, le=LARGEST_FILE, description="Bytes.")
    metadata: Annotated[dict[str, JsonValue], AfterValidator(small)] = Field(default_factory=dict)


@router.get(
    "",
    operation_id="listWorkflowFiles",
    summary="Its files",
    responses=said("workflow.unknown", "cursor.invalid", ok=Page[FileRow]),
)
async def list_(
    request: Request,
    caller: LegacyCaller,
    workflow_id: str,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> Response:
    """Newest first: what its stages made, and what its user noted."""
    gateway = gateway_of(request)
    question = f"files\n{id_of(workflow_id)}"
    asked = listing(gateway, caller, question, limit, cursor)
    workflow = await known(gateway, caller, workflow_id)
    found = await gateway.tables.files(caller.reach, workflow["id"], asked.after, asked.wanted)
    return answered(asked.page(Page[FileRow], found, lambda row: file_row(gateway, row), row_place))


@router.post(
    "",
    operation_id="addWorkflowFile",
    summary="Note a file",
    status_code=201,
    responses=said(
        "session.not_open", "file.exists", "header.invalid", "kafka.unavailable", created=FileRow, accepted=FileRow
    ),
)
async def add(
    request: Request,
    caller: LegacyCaller,
    workflow_id: str,
    given: Annotated[Given[NewFile], Depends(JsonBody(NewFile))],
) -> Response:
    """Notes a file that the user made, beside those that the stages make."""
    gateway = gateway_of(request)
    workflow = id_of(workflow_id)

    async def act(chosen: UUID | None) -> Response:
        command = command_id(gateway, caller.tenant, chosen)
        file = given.body.id or file_of(command)
        body = RecordFile(file_id=file, **given.body.model_dump(exclude={"id"}))
        wish = _wish(gateway, caller, ("session", workflow), body, command, again=chosen is not None)
        noted = given.body.model_dump() | {"id": file, "workflow_id": workflow, "stage": None, "created_at": wish.at}
        noted["metadata"] = json.dumps(given.body.metadata)

        async def show() -> Response | None:
            row = await row_when(lambda: gateway.tables.file(caller.reach, workflow, file))
            return None if row is None else answered(file_row(gateway, row), 201)

        await register(request, gateway, caller)
        return await _asked(request, gateway, caller, wish, show, lambda: file_row(gateway, noted))

    return await once(request, gateway, caller, given, act)


@router.delete(
    "/{file_id}",
    operation_id="deleteWorkflowFile",
    summary="Delete a file",
    responses=said(
        "file.unknown", "job.at_work", "header.invalid", "kafka.unavailable", ok=FileRemoval, accepted=FileRemoval
    ),
)
async def delete(request: Request, caller: LegacyCaller, workflow_id: str, file_id: str) -> Response:
    """A file that was made here goes with its bytes; of a user's own only the note goes."""
    gateway = gateway_of(request)
    workflow, file = id_of(workflow_id), _file_id(file_id)

    async def act(chosen: UUID | None) -> Response:
        command = command_id(gateway, caller.tenant, chosen)
        row = await gateway.tables.file(caller.reach, workflow, file)
        stream, body = _removal(workflow, file, row)
        wish = _wish(gateway, caller, stream, body, command, again=chosen is not None)

        async def show() -> Response | None:
            left = await row_when(lambda: gateway.tables.file(caller.reach, workflow, file), lambda row: row is None)
            return answered(FileRemoval(id=str(file), deleted=True)) if left is None else None

        return await _asked(request, gateway, caller, wish, show, lambda: FileRemoval(id=str(file), deleted=False))

    return await once(request, gateway, caller, None, act)


@router.get(
    "/{file_id}/content",
    operation_id="getWorkflowFile",
    summary="The bytes of a file",
    responses=_BYTES | said("file.unknown", "range.not_satisfiable", "blobs.unavailable"),
)
async def content(request: Request, caller: LegacyCaller, workflow_id: str, file_id: str) -> Response:
    """The bytes of a file that was made here, or those that `Range` asks for."""
    gateway = gateway_of(request)
    row = await gateway.tables.file(caller.reach, id_of(workflow_id), _file_id(file_id))
    if row is None or row["stage"] is None:
        raise _unknown(file_id)
    known_of_it = about(row)
    asset = {
        "sha256": known_of_it["sha256"],
        "mediaType": known_of_it["media_type"],
        "fileName": row["file_name"],
        "sizeBytes": row["file_size"],
    }
    return await media.respond(request, gateway.blobs, asset)


async def _asked(
    request: Request,
    gateway: Gateway,
    caller: Principal,
    wish: Wish,
    show: Callable[[], Awaitable[Response | None]],
    known_now: Callable[[], FileRow | FileRemoval],
) -> Response:
    """What `show` answers once the command is applied; 202 with what is known where that cannot be seen in time."""
    try:
        outcome = await outcome_of(request, gateway, caller, wish, gateway.legacy_wait_seconds)
    except Blind:
        return answered(known_now(), 202, {DEGRADED: "mongodb"})
    if outcome is not None and outcome.problem is not None:
        raise of_refusal(*outcome.problem)
    try:
        shown = None if outcome is None else await show()
    except Unavailable:
        return answered(known_now(), 202, {DEGRADED: "postgresql"})
    return shown or answered(known_now(), 202)


def _removal(workflow: UUID, file: UUID, row: Row | None) -> tuple[tuple[str, UUID], CommandBody]:
    """The stream that has the file, and what to ask of it. One that no table shows yet may be a note."""
    if row is None or row["stage"] is None:
        return ("session", workflow), RemoveFile(file_id=file)
    job = UUID(about(row)["job_id"])
    return ("job", job), ExpireAsset(asset_id=file, reason="deleted by its user")


def _wish(
    gateway: Gateway, caller: Principal, of: tuple[str, UUID], body: CommandBody, command: UUID, *, again: bool
) -> Wish:
    category, public = of
    topic: CommandTopic = "playhead.render.commands" if category == "job" else "playhead.session.commands"
    return Wish(
        topic=topic,
        stream=stream_id(category, caller.tenant, str(public)),
        body=body,
        id=command,
        at=gateway.now(),
        links={},
        repeatable=again,
    )


def _file_id(file_id: str) -> UUID:
    try:
        return UUID(file_id)
    except ValueError:
        raise _unknown(file_id) from None


def _unknown(file_id: str) -> Problem:
    return Problem("file.unknown", f"The workflow has no file {file_id[:80]!r}.")
