"""The plan of whoever asks for work is told with his wish."""

from contracts.messages.roles import Role
from contracts.messages.session import DeriveSession, RequestStages, StartSession, TakeStep
from contracts.model import CommandBody
from contracts.plans import Plan, plan_of
from eventlog.errors import Unavailable
from services.gateway.auth.principal import Principal
from services.gateway.ports.gateway import Gateway


async def plan_now(gateway: Gateway, principal: Principal) -> Plan:
    """The plan of the principal's account; with the read store away, the one that he came with."""
    try:
        document = await gateway.credentials.of_account(principal.tenant, principal.account)
    except Unavailable:
        document = None
    if document is None:
        return plan_of(principal.plan, principal.role)
    return plan_of(document["plan"], Role.PREMIUM if Role.PREMIUM in (principal.role, document["role"]) else Role.USER)


async def planned(gateway: Gateway, principal: Principal, body: CommandBody) -> CommandBody:
    """The command as it is to be sent: with the plan, where it asks for work."""
    if not isinstance(body, StartSession | RequestStages | TakeStep | DeriveSession):
        return body
    return body.model_copy(update={"plan": (await plan_now(gateway, principal)).name})
