"""The words of an account: whoever pays, and what with.

Points are whole numbers. Every event about points carries the signed change (`amount`) and the balance after it, so
the amounts of a ledger sum to its balance.
"""

from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

from pydantic import Field

from contracts.messages.access import AccessCommand, AccessEvent
from contracts.messages.erasure import AccountErased, EraseAccount
from contracts.messages.roles import AccountKind, Role
from contracts.messages.webhook import WebhookCommand, WebhookEvent
from contracts.model import CommandBody, EventBody, Personal

Points = Annotated[int, Field(ge=0, le=1_000_000_000)]


class RegisterAccount(CommandBody):
    """Open an account. An account that is open already stays as it is."""

    TYPE: ClassVar[str] = "RegisterAccount"

    account_id: UUID
    kind: AccountKind
    address: Personal = ""
    name: Personal = ""
    plan: str = "free"
    role: Role = Role.USER
    starter_grant: Points = 0


class GrantCredits(CommandBody):
    """Give points. The same `entry_id` gives them once."""

    TYPE: ClassVar[str] = "GrantCredits"

    entry_id: UUID
    amount: Annotated[int, Field(ge=1, le=1_000_000_000)]
    reason: str = ""


class ReserveCredits(CommandBody):
    """Set aside what a job will take at most. `run` counts the job's runs from 1; each has its own reservation.

    Without `enforce` the balance may fall below 0.
    """

    TYPE: ClassVar[str] = "ReserveCredits"

    job_id: UUID
    session_id: UUID
    run: Annotated[int, Field(ge=1)]
    amount: Points
    enforce: bool


class SettleCredits(CommandBody):
    """Take `actual` of what was reserved, never more, and give back the rest."""

    TYPE: ClassVar[str] = "SettleCredits"

    job_id: UUID
    run: Annotated[int, Field(ge=1)]
    actual: Points


class RefundCredits(CommandBody):
    """Give back all that was reserved; where nothing was, nothing will be: a reservation that comes late is void."""

    TYPE: ClassVar[str] = "RefundCredits"

    job_id: UUID
    session_id: UUID
    run: Annotated[int, Field(ge=1)]
    reason: str = ""


class AccountRegistered(EventBody):
    """An account was opened."""

    TYPE: ClassVar[str] = "account.registered"

    account_id: UUID
    kind: AccountKind
    address: Personal
    name: Personal
    plan: str
    role: Role


class CreditsGranted(EventBody):
    """Points were given; `amount` > 0."""

    TYPE: ClassVar[str] = "account.credits_granted"

    account_id: UUID
    entry_id: UUID
    amount: int
    balance_after: int
    reason: str


class CreditsReserved(EventBody):
    """Points were set aside for a job; `amount` <= 0."""

    TYPE: ClassVar[str] = "account.credits_reserved"

    account_id: UUID
    entry_id: UUID
    job_id: UUID
    session_id: UUID
    run: int
    amount: int
    balance_after: int


class CreditsSettled(EventBody):
    """A job took `actual` points; `amount` >= 0 is what it gave back."""

    TYPE: ClassVar[str] = "account.credits_settled"

    account_id: UUID
    entry_id: UUID
    job_id: UUID
    session_id: UUID
    run: int
    actual: int
    amount: int
    balance_after: int


class CreditsRefunded(EventBody):
    """A job gave back all that was set aside for it; `amount` >= 0."""

    TYPE: ClassVar[str] = "account.credits_refunded"

    account_id: UUID
    entry_id: UUID
    job_id: UUID
    session_id: UUID
    run: int
    amount: int
    balance_after: int
    reason: str


PointsCommand: TypeAlias = GrantCredits | ReserveCredits | SettleCredits | RefundCredits

AccountCommand: TypeAlias = RegisterAccount | PointsCommand | AccessCommand | WebhookCommand | EraseAccount

AccountEvent: TypeAlias = (
    AccountRegistered
    | CreditsGranted
    | CreditsReserved
    | CreditsSettled
    | CreditsRefunded
    | AccessEvent
    | WebhookEvent
    | AccountErased
)
