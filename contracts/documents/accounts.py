"""The documents of accounts."""

from datetime import datetime
from typing import Literal

from contracts.documents.parts import Document, Part
from contracts.messages.account import AccountKind, Role
from contracts.model import Personal

LEDGER_ITEMS_KEPT = 200
"""How many of its newest ledger entries an account's document shows."""


class LedgerEntry(Part):
    """A change of the balance: `amount` is signed."""

    entry_id: str
    kind: Literal["granted", "reserved", "settled", "refunded"]
    amount: int
    job_id: str | None
    balance_after: int
    at: datetime
    reason: str


class AccountDocument(Document):
    """`accounts`, by the session service's projector: one account and its newest ledger entries, newest last.

    Only the last `LEDGER_ITEMS_KEPT` entries are kept here, so that a busy account's document stays small;
    `opening_balance` is the balance before the first of them: `opening_balance` + sum of amounts = `balance`.
    """

    account_id: str
    kind: AccountKind
    address: Personal
    name: Personal
    plan: str
    role: Role
    balance: int
    opening_balance: int
    items: list[LedgerEntry]
    created_at: datetime
    updated_at: datetime
    version: int
