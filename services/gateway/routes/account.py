"""Whoever asks: who he is here, and his points; and what became of his commands."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.access.callers import Caller
from services.gateway.http import codes
from services.gateway.http.problems import Problem
from services.gateway.identity import is_marked
from services.gateway.ports.gateway import gateway_of
from services.gateway.routes.answers import answered, said
from services.gateway.views.plans import Me, limits_view
from services.gateway.views.sessions import CommandProblem, CommandView, CreditsView

router = APIRouter(prefix="/v1", tags=["account"])


@router.get("/me", operation_id="getMe", summary="Who am I?", responses=said(ok=Me))
async def me(request: Request, caller: Caller) -> Response:
    """The account that the key speaks for. It is opened by its first session; until then its balance is 0."""
    document = await gateway_of(request).documents.account(caller.reach, str(caller.account)) or {}
    plan = document.get("plan", "free")
    view = Me(
        tenant=caller.tenant,
        account_id=str(caller.account),
        actor=caller.actor,
        role=caller.role,
        plan=plan,
        balance=document.get("balance", 0),
        limits=limits_view(plan, caller.role),
    )
    return answered(view)


@router.get("/me/credits", operation_id="getCredits", summary="My points", responses=said(ok=CreditsView))
async def credits_(request: Request, caller: Caller) -> Response:
    """The balance, and its newest changes, newest first. `amount` is signed."""
    document: Any = await gateway_of(request).documents.account(caller.reach, str(caller.account)) or {}
    newest_first = list(reversed(document.get("items", ())))
    return answered(CreditsView.model_validate({"balance": document.get("balance", 0), "items": newest_first}))


@router.get(
    "/commands/{command_id}",
    operation_id="getCommand",
    summary="What became of a command?",
    responses=said("command.unknown", ok=CommandView),
)
async def command(request: Request, caller: Caller, command_id: UUID) -> Response:
    """`accepted` until it is decided, then `applied` or `refused` with its problem."""
    found = await gateway_of(request).documents.outcome(caller.reach, command_id)
    if found is None:
        if not is_marked(caller.tenant, command_id):
            raise Problem("command.unknown", f"There is no command {command_id}.")
        return answered(CommandView(command_id=str(command_id), status="accepted"))
    await gateway_of(request).projects.changed(caller.tenant, found["streamId"], found["version"])
    view = CommandView(
        command_id=str(command_id),
        status=found["status"],
        stream_id=found["streamId"],
        version=found["version"],
        problem=_problem(found["problem"]),
    )
    return answered(view)


def _problem(refusal: dict[str, str] | None) -> CommandProblem | None:
    if refusal is None:
        return None
    meaning = codes.meaning(refusal["code"])
    return CommandProblem(code=refusal["code"], title=meaning.title, status=meaning.status, detail=refusal["detail"])
