"""`accounts`: one document an account, with its newest ledger entries (`contracts.documents.AccountDocument`)."""

from typing import Any

from contracts.documents import LEDGER_ITEMS_KEPT
from contracts.messages.access import PlanChanged, RoleChanged
from contracts.messages.account import (
    AccountRegistered,
    CreditsGranted,
    CreditsRefunded,
    CreditsReserved,
    CreditsSettled,
)
from contracts.messages.erasure import AccountErased
from contracts.names import text
from eventlog.read.projection import Fact, Projection, Row, View


def fold(view: View, fact: Fact) -> View:
    """The document after the event."""
    match fact.body:
        case AccountRegistered() as body:
            return (_registered(body, fact),)
        case CreditsGranted() as body:
            return _with(view, fact, _entry("granted", body, None, body.reason, fact))
        case CreditsReserved() as body:
            return _with(view, fact, _entry("reserved", body, text(body.job_id), "", fact))
        case CreditsSettled() as body:
            return _with(view, fact, _entry("settled", body, text(body.job_id), f"took {body.actual}", fact))
        case CreditsRefunded() as body:
            return _with(view, fact, _entry("refunded", body, text(body.job_id), body.reason, fact))
        case PlanChanged(plan=plan):
            return ({**view[0], "plan": plan, "updatedAt": fact.at, "version": fact.version},)
        case RoleChanged(role=role):
            return ({**view[0], "role": role.value, "updatedAt": fact.at, "version": fact.version},)
        case AccountErased():
            return tuple(
                {**row, "address": "", "name": "", "updatedAt": fact.at, "version": fact.version} for row in view
            )
        case _:
            return view


def _registered(body: AccountRegistered, fact: Fact) -> Row:
    return {
        "_id": fact.stream,
        "tenant": fact.tenant,
        "accountId": text(body.account_id),
        "kind": body.kind.value,
        "address": body.address,
        "name": body.name,
        "plan": body.plan,
        "role": body.role.value,
        "balance": 0,
        "openingBalance": 0,
        "items": [],
        "createdAt": fact.at,
        "updatedAt": fact.at,
        "version": fact.version,
    }


def _entry(
    kind: str,
    body: CreditsGranted | CreditsReserved | CreditsSettled | CreditsRefunded,
    job_id: str | None,
    reason: str,
    fact: Fact,
) -> Row:
    return {
        "entryId": text(body.entry_id),
        "kind": kind,
        "amount": body.amount,
        "jobId": job_id,
        "balanceAfter": body.balance_after,
        "at": fact.at,
        "reason": reason,
    }


def _with(view: View, fact: Fact, entry: Row) -> View:
    """The document with one more entry; a refund of nothing only closes a reservation that never came."""
    document: dict[str, Any] = {**view[0], "updatedAt": fact.at, "version": fact.version}
    if entry["kind"] == "refunded" and entry["amount"] == 0:
        return (document,)
    items = [*document["items"], entry]
    dropped = items[:-LEDGER_ITEMS_KEPT]
    opening = document["openingBalance"] + sum(item["amount"] for item in dropped)
    kept = items[-LEDGER_ITEMS_KEPT:]
    return ({**document, "items": kept, "openingBalance": opening, "balance": entry["balanceAfter"]},)


PROJECTION = Projection("accounts", 1, "account", fold, lasting=True)
