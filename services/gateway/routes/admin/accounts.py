"""The accounts of a tenant, for its admins: listed, read, put on another plan, given a role or points."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.envelope import stream_id
from contracts.messages.access import ChangePlan, ChangeRole
from contracts.messages.account import GrantCredits
from contracts.messages.roles import AccountKind, Role
from contracts.model import CommandBody
from contracts.topics import SESSION_COMMANDS
from services.gateway.access.callers import AdminCaller
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import Wish, ask, command_id
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.problems import Problem
from services.gateway.http.view import Moment, Page, View
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import gateway_of
from services.gateway.ports.support import AccountFilter
from services.gateway.ports.waiting import Outcome
from services.gateway.routes.answers import answered, command_answers, said, versioned
from services.gateway.stored import Stored
from services.gateway.views.plans import LimitsView, PlanName, limits_view

router = APIRouter(prefix="/v1/admin/accounts", tags=["admin"])

MOST_POINTS = 1_000_000


class AccountView(View):
    """An account of the tenant. `limits` are what its plan and its role give it."""

    account_id: str
    kind: AccountKind
    address: str
    name: str
    plan: str
    role: Role
    balance: int
    limits: LimitsView
    created_at: Moment
    updated_at: Moment
    version: int


class NewPlan(Body):
    """The plan that the account is to be on."""

    plan: PlanName


class NewRole(Body):
    """The role that the account is to have."""

    role: Role


class Grant(Body):
    """Points to be given; their owner reads the reason."""

    amount: int = Field(ge=1, le=MOST_POINTS)
    reason: str = Field(default="", max_length=200)


@router.get(
    "", operation_id="listAccounts", summary="List accounts", responses=said("cursor.invalid", ok=Page[AccountView])
)
async def list_(
    request: Request,
    caller: AdminCaller,
    plan: Annotated[PlanName | None, Query(description="Only accounts on this plan.")] = None,
    role: Annotated[Role | None, Query(description="Only accounts with this role.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """All accounts of the admin's tenant, newest first."""
    gateway = gateway_of(request)
    which = AccountFilter(plan, None if role is None else role.value)
    question = f"accounts\n{which!r}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.support.accounts(caller.tenant, which, asked.after, asked.wanted)
    return answered(asked.page(Page[AccountView], found, _view))


@router.get(
    "/{account_id}",
    operation_id="getAccount",
    summary="Read an account",
    responses=said("account.unknown", ok=AccountView),
)
async def get(request: Request, caller: AdminCaller, account_id: UUID) -> Response:
    """Plan, role, balance and limits of one account."""
    document = await gateway_of(request).documents.account(caller.reach, str(account_id))
    if document is None:
        raise Problem("account.unknown", f"There is no account {account_id}.")
    return versioned(request, _view(document), document["version"])


@router.post(
    "/{account_id}/plan",
    operation_id="changePlan",
    summary="Put an account on a plan",
    status_code=202,
    responses=command_answers("account.unknown", "account.closed", ok=AccountView),
)
async def change_plan(
    request: Request,
    caller: AdminCaller,
    account_id: UUID,
    given: Annotated[Given[NewPlan], Depends(JsonBody(NewPlan))],
) -> Response:
    """Takes effect with the next call; jobs that were asked for keep the plan that they were asked under."""
    return await _change(request, caller, account_id, given, lambda _: ChangePlan(plan=given.body.plan))


@router.post(
    "/{account_id}/role",
    operation_id="changeRole",
    summary="Give an account a role",
    status_code=202,
    responses=command_answers("account.unknown", "account.closed", ok=AccountView),
)
async def change_role(
    request: Request,
    caller: AdminCaller,
    account_id: UUID,
    given: Annotated[Given[NewRole], Depends(JsonBody(NewRole))],
) -> Response:
    """Takes effect with the next call. What a key in the service's configuration may do stands there, and stays."""
    if account_id == caller.account:
        raise Problem("auth.forbidden", "An admin does not change his own role: ask another admin of the tenant.")
    return await _change(request, caller, account_id, given, lambda _: ChangeRole(role=given.body.role))


@router.post(
    "/{account_id}/credits",
    operation_id="grantCredits",
    summary="Give an account points",
    status_code=202,
    responses=command_answers("account.unknown", "account.closed", ok=AccountView),
)
async def grant(
    request: Request, caller: AdminCaller, account_id: UUID, given: Annotated[Given[Grant], Depends(JsonBody(Grant))]
) -> Response:
    """Adds to the balance. With an Idempotency-Key a call that is sent again gives nothing more."""
    amount, reason = given.body.amount, given.body.reason
    return await _change(
        request, caller, account_id, given, lambda id_: GrantCredits(entry_id=id_, amount=amount, reason=reason)
    )


async def _change(
    request: Request, caller: Principal, account_id: UUID, given: Given[Any], body: Callable[[UUID], CommandBody]
) -> Response:
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        id_ = command_id(gateway, caller.tenant, chosen)
        wish = Wish(
            topic=SESSION_COMMANDS.name,
            stream=stream_id("account", caller.tenant, str(account_id)),
            body=body(id_),
            id=id_,
            at=gateway.now(),
            links={"account": f"/v1/admin/accounts/{account_id}"},
            repeatable=chosen is not None,
        )

        async def show(outcome: Outcome) -> Response | None:
            document = await gateway.documents.account(caller.reach, str(account_id))
            if document is None or document["version"] < outcome.version:
                return None
            return versioned(request, _view(document), document["version"])

        return await ask(request, gateway, caller, wish, show)

    return await once(request, gateway, caller, given, act)


def _view(document: Stored) -> AccountView:
    limits = limits_view(document["plan"], Role(document["role"]))
    return AccountView.model_validate({**document, "limits": limits})
