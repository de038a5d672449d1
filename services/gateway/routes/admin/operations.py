"""What operators did with `playhead`, for the admins of the tenant in whose trail it stands."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.access.callers import AdminCaller
from services.gateway.http.storable import check_text
from services.gateway.http.view import Moment, Page, View
from services.gateway.lists.moments import Since, Until
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import gateway_of
from services.gateway.ports.tables import AuditFilter, Row, audit_place
from services.gateway.routes.answers import answered, said

router = APIRouter(prefix="/v1/admin/operations", tags=["admin"])


class OperationView(View):
    """That an operation began, or how it ended. One that never ends goes on, or was killed.

    `outcome`: done; wrong (it found something wrong); failed, with the kind of `error`; interrupted. None: it begins.
    """

    command_id: str
    operation_id: str
    at: Moment
    actor: str
    action: str
    target: str
    options: list[str]
    outcome: Literal["done", "wrong", "failed", "interrupted"] | None
    error: str


@router.get(
    "",
    operation_id="listOperations",
    summary="What did operators do, and when?",
    responses=said("cursor.invalid", "postgres.unavailable", ok=Page[OperationView]),
)
async def list_(
    request: Request,
    caller: AdminCaller,
    actor: Annotated[str | None, Query(max_length=200, description="Who: `operator:<login>`.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Rebuilds, resets, restores and the like, newest first; nothing but for admins of the operators' own tenant."""
    gateway = gateway_of(request)
    check_text(actor or "")
    which = AuditFilter(actor, category="operation", since=since, until=until)
    question = f"operations\n{which!r}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.tables.audit(caller.tenant, which, asked.after, asked.wanted)
    return answered(asked.page(Page[OperationView], found, _view, audit_place))


def _view(row: Row) -> OperationView:
    details = row["details"]  # empty where it was told twice
    return OperationView(
        command_id=str(row["command_id"]),
        operation_id=str(row["subject_id"]),
        at=row["happened_at"],
        actor=row["actor"],
        action=details.get("action", ""),
        target=details.get("target", ""),
        options=details.get("options", []),
        outcome=details.get("outcome"),
        error=details.get("error", ""),
    )
