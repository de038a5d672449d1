"""The audit trail of a tenant, for its admins."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import JsonValue
from starlette.requests import Request
from starlette.responses import Response

from contracts.envelope import stream_id
from services.gateway.access.callers import AdminCaller
from services.gateway.http.problems import Problem
from services.gateway.http.storable import check_text
from services.gateway.http.view import Moment, Page, View
from services.gateway.lists.moments import Since, Until
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import gateway_of
from services.gateway.ports.tables import AuditFilter, Row, audit_place
from services.gateway.routes.answers import answered, said

router = APIRouter(prefix="/v1/admin/audit", tags=["admin"])


class Category(StrEnum):
    """Of what a stream tells."""

    SESSION = "session"
    PROJECT = "project"
    PRESET = "preset"
    ACCOUNT = "account"
    JOB = "job"
    UPLOAD = "upload"


class AuditView(View):
    """A command and what became of it. `details` tells a plan, a role or points that changed, and nothing personal."""

    command_id: str
    at: Moment
    actor: str
    command: str
    kind: Category
    id: str | None
    stream_id: str
    outcome: Literal["applied", "refused"]
    code: str | None
    events: list[str]
    details: dict[str, JsonValue]
    version: int


@router.get(
    "",
    operation_id="listAudit",
    summary="Who did what, and when?",
    responses=said("cursor.invalid", "postgres.unavailable", ok=Page[AuditView]),
)
async def list_(
    request: Request,
    caller: AdminCaller,
    actor: Annotated[str | None, Query(max_length=200, description="Who: `account:<id>`, `worker:<name>`.")] = None,
    command: Annotated[str | None, Query(max_length=60, description="What was asked for: `ChangePlan`.")] = None,
    kind: Annotated[Category | None, Query(description="Of what kind of thing.")] = None,
    id_: Annotated[UUID | None, Query(alias="id", description="Of which thing; needs `kind`.")] = None,
    outcome: Annotated[Literal["applied", "refused"] | None, Query(description="What became of it.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Every command of the admin's tenant, refused ones too, newest first. A row is there moments after its command."""
    gateway = gateway_of(request)
    for text in (actor, command):
        check_text(text or "")
    if id_ is not None and kind is None:
        raise Problem("value.invalid", "id: name its `kind` too, such as kind=account.")
    stream = None if id_ is None or kind is None else stream_id(kind.value, caller.tenant, str(id_))
    which = AuditFilter(actor, stream, None if kind is None else kind.value, command, outcome, since, until)
    question = f"audit\n{which!r}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.tables.audit(caller.tenant, which, asked.after, asked.wanted)
    return answered(asked.page(Page[AuditView], found, _view, audit_place))


def _view(row: Row) -> AuditView:
    subject = row["subject_id"]
    return AuditView(
        command_id=str(row["command_id"]),
        at=row["happened_at"],
        actor=row["actor"],
        command=row["command"],
        kind=row["category"],
        id=None if subject is None else str(subject),
        stream_id=row["stream"],
        outcome=row["outcome"],
        code=row["code"],
        events=row["events"],
        details=row["details"],
        version=row["version"],
    )
