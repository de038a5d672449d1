"""An account: whoever pays, and what with.

A reservation takes the estimate at once; it ends by being settled (what was not used comes back, never more is taken)
or refunded (all comes back), once. A refund may come before its reservation, when a job is stopped at once: then the
reservation is void, whenever it comes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, get_args
from uuid import UUID

import msgspec

from contracts.messages.access import AccessCommand
from contracts.messages.account import (
    AccountCommand,
    AccountEvent,
    AccountRegistered,
    CreditsGranted,
    CreditsRefunded,
    CreditsReserved,
    CreditsSettled,
    GrantCredits,
    RefundCredits,
    RegisterAccount,
    ReserveCredits,
    SettleCredits,
)
from contracts.messages.erasure import AccountErased, EraseAccount
from contracts.messages.webhook import EndpointCommand, EndpointEvent, WebhookCommand
from contracts.names import text, uuid5
from contracts.plans import plan_of
from eventlog.errors import Refused
from eventlog.write.decider import Decider
from services.session.deciders import access, webhooks
from services.session.deciders.access import Access

STARTER_REASON = "starter grant"


CLOSED_KEPT = 64
"""A repeat of so old a reservation can only be the same command, which the log handles once anyway."""


class Reservation(msgspec.Struct, frozen=True):
    """Points that a job's run has set aside."""

    session_id: UUID
    amount: int


class Absent(msgspec.Struct, frozen=True, tag=True):
    """Nothing has happened yet."""


class Registered(msgspec.Struct, frozen=True, tag=True):
    """Open reservations by `<job>/<run>`, the names of those closed last, and the ids of grants that were given."""

    account_id: UUID
    access: Access
    balance: int = 0
    reservations: dict[str, Reservation] = {}
    closed: tuple[str, ...] = ()
    grants: frozenset[UUID] = frozenset()
    endpoints: dict[UUID, webhooks.Endpoint] = {}
    erased: bool = False


Account: TypeAlias = Absent | Registered


def evolve(state: Account, event: AccountEvent) -> Account:
    """The account after the event."""
    match state, event:
        case _, AccountRegistered():
            known = Access(event.account_id, event.kind, event.role, event.plan)
            return Registered(event.account_id, known)
        case Registered(), CreditsGranted():
            return msgspec.structs.replace(state, balance=event.balance_after, grants=state.grants | {event.entry_id})
        case Registered(), CreditsReserved():
            reservation = Reservation(event.session_id, -event.amount)
            return msgspec.structs.replace(
                state,
                balance=event.balance_after,
                reservations={**state.reservations, key(event.job_id, event.run): reservation},
            )
        case Registered(), CreditsSettled() | CreditsRefunded():
            name = key(event.job_id, event.run)
            still = {other: kept for other, kept in state.reservations.items() if other != name}
            closed = (*state.closed, name)[-CLOSED_KEPT:]
            return msgspec.structs.replace(state, balance=event.balance_after, reservations=still, closed=closed)
        case Registered(), AccountErased():
            return msgspec.structs.replace(state, endpoints={}, erased=True)
        case Registered(), EndpointEvent():
            return msgspec.structs.replace(state, endpoints=webhooks.evolve(state.endpoints, event))
        case Registered(), _:
            return msgspec.structs.replace(state, access=access.evolve(state.access, event))
        case Absent(), _:
            return state


def decide(state: Account, command: AccountCommand, at: datetime) -> Sequence[AccountEvent]:
    """What happens to the account."""
    match state, command:
        case Absent() | Registered(erased=True), EraseAccount():
            return []
        case Registered(access=Access(closed=False)), EraseAccount():
            raise Refused("account.open", "the account is open: whoever wants it erased closes it first")
        case Registered(), EraseAccount():
            return [AccountErased(account_id=state.account_id)]
        case Absent(), RegisterAccount():
            return _register(command)
        case Registered(), RegisterAccount():
            return []
        case Registered(grants=grants), GrantCredits(entry_id=entry_id) if entry_id in grants:
            return []
        case Registered(access=Access(closed=True)), GrantCredits():
            raise Refused("account.closed", "the account is closed: no points can be given to it any more")
        case Registered(), GrantCredits():
            return [_granted(state.account_id, state.balance, command.entry_id, command.amount, command.reason)]
        case Registered(), ReserveCredits():
            return _reserve(state, command)
        case Registered(), SettleCredits():
            return _settle(state, command)
        case Registered(), RefundCredits():
            return _refund(state, command)
        case Registered(), EndpointCommand():
            return webhooks.decide(state.account_id, state.endpoints, command, closed=state.access.closed)
        case Registered(), _:
            return access.decide(state.access, command, at)
        case Absent(), _:
            raise Refused("account.unknown", "there is no account of this id")


def key(job_id: UUID, run: int) -> str:
    """One reservation a run of a job."""
    return f"{text(job_id)}/{run}"


def _register(command: RegisterAccount) -> Sequence[AccountEvent]:
    registered = AccountRegistered(
        account_id=command.account_id,
        kind=command.kind,
        address=command.address,
        name=command.name,
        plan=command.plan,
        role=command.role,
    )
    if not command.starter_grant:
        return [registered]
    entry = uuid5(command.account_id, STARTER_REASON)
    return [registered, _granted(command.account_id, 0, entry, command.starter_grant, STARTER_REASON)]


def _granted(account_id: UUID, balance: int, entry_id: UUID, amount: int, reason: str) -> CreditsGranted:
    return CreditsGranted(
        account_id=account_id, entry_id=entry_id, amount=amount, balance_after=balance + amount, reason=reason
    )


def _reserve(account: Registered, command: ReserveCredits) -> Sequence[AccountEvent]:
    name = key(command.job_id, command.run)
    if name in account.reservations or name in account.closed:
        return []
    if account.access.closed:
        raise Refused("account.closed", "the account is closed: no job can begin for it any more")
    plan = plan_of(account.access.plan, account.access.role)
    if command.enforce and len(account.reservations) >= plan.open_jobs:
        detail = f"the plan {plan.name} has at most {plan.open_jobs} paid jobs under way at a time: wait for one to end"
        raise Refused("quota.exceeded", detail, about=str(command.run))
    if command.enforce and account.balance < command.amount:
        detail = f"this takes {command.amount} points, the account has {account.balance}"
        raise Refused("quota.exceeded", detail, about=str(command.run))
    return [
        CreditsReserved(
            account_id=account.account_id,
            entry_id=uuid5(command.job_id, f"reserved {command.run}"),
            job_id=command.job_id,
            session_id=command.session_id,
            run=command.run,
            amount=-command.amount,
            balance_after=account.balance - command.amount,
        )
    ]


def _settle(account: Registered, command: SettleCredits) -> Sequence[AccountEvent]:
    reservation = account.reservations.get(key(command.job_id, command.run))
    if reservation is None:
        return []
    actual = min(command.actual, reservation.amount)
    back = reservation.amount - actual
    return [
        CreditsSettled(
            account_id=account.account_id,
            entry_id=uuid5(command.job_id, f"settled {command.run}"),
            job_id=command.job_id,
            session_id=reservation.session_id,
            run=command.run,
            actual=actual,
            amount=back,
            balance_after=account.balance + back,
        )
    ]


def _refund(account: Registered, command: RefundCredits) -> Sequence[AccountEvent]:
    name = key(command.job_id, command.run)
    if name in account.closed:
        return []
    reservation = account.reservations.get(name)
    amount = reservation.amount if reservation else 0
    return [
        CreditsRefunded(
            account_id=account.account_id,
            entry_id=uuid5(command.job_id, f"refunded {command.run}"),
            job_id=command.job_id,
            session_id=command.session_id,
            run=command.run,
            amount=amount,
            balance_after=account.balance + amount,
            reason=command.reason,
        )
    ]


def subject(state: Account) -> UUID | None:
    """The account itself."""
    return None if isinstance(state, Absent) else state.account_id


DECIDER: Decider[Account] = Decider(
    category="account",
    version=3,
    initial=Absent(),
    state_type=Account,
    evolve=evolve,
    decide=decide,
    commands=(
        RegisterAccount,
        GrantCredits,
        ReserveCredits,
        SettleCredits,
        RefundCredits,
        EraseAccount,
        *get_args(AccessCommand),
        *get_args(WebhookCommand),
    ),
    subject=subject,
)
