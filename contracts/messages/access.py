"""The words of an account about who may act for it: keys, logins, linked identities, its plan, its role, its end.

No secret stands here: of a key, or of a login's token, only the SHA-256 is written.
"""

from datetime import datetime
from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.messages.roles import AccountKind, Role, Scope
from contracts.model import PERSONAL, CommandBody, EventBody, Personal

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256, in hexadecimal digits."""

ShortPersonal = Annotated[str, Field(max_length=100, json_schema_extra={PERSONAL: True})]
Plan = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_-]*$")]
Method = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_-]*$")]


class IssueKey(CommandBody):
    """Let a key act for the account until `expires_at`, or until it is revoked. `prefix` is what a list shows of it."""

    TYPE: ClassVar[str] = "IssueKey"

    key_id: UUID
    digest: Digest
    prefix: Annotated[str, Field(min_length=1, max_length=12)]
    name: ShortPersonal = ""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=3)]
    expires_at: AwareDatetime | None = None


class RevokeKey(CommandBody):
    """End a key. One that has ended stays so."""

    TYPE: ClassVar[str] = "RevokeKey"

    key_id: UUID


class SignIn(CommandBody):
    """Begin a login: a short token acts for the account until `expires_at`."""

    TYPE: ClassVar[str] = "SignIn"

    login_id: UUID
    digest: Digest
    method: Method
    expires_at: AwareDatetime


class SignOut(CommandBody):
    """End a login. One that has ended stays so."""

    TYPE: ClassVar[str] = "SignOut"

    login_id: UUID


class LinkIdentity(CommandBody):
    """Let an outside identity act for the account. `digest` is of issuer and subject; its owner has proven it."""

    TYPE: ClassVar[str] = "LinkIdentity"

    provider: Annotated[str, Field(min_length=1, max_length=200)]
    digest: Digest


class UnlinkIdentity(CommandBody):
    """Part with an outside identity."""

    TYPE: ClassVar[str] = "UnlinkIdentity"

    digest: Digest


class ChangePlan(CommandBody):
    """Put the account on a plan."""

    TYPE: ClassVar[str] = "ChangePlan"

    plan: Plan


class ChangeRole(CommandBody):
    """Give the account a role."""

    TYPE: ClassVar[str] = "ChangeRole"

    role: Role


class RequestErasure(CommandBody):
    """Close the account: nothing acts for it any more, nothing is added. What it has is erased from then on."""

    TYPE: ClassVar[str] = "RequestErasure"


class Standing(EventBody):
    """An account as it stood when the event happened, so that a reader of this event needs no earlier one."""

    account_id: UUID
    kind: AccountKind
    role: Role
    plan: str


class KeyIssued(Standing):
    """A key acts for the account."""

    TYPE: ClassVar[str] = "account.key_issued"

    key_id: UUID
    digest: Digest
    prefix: str
    name: Personal
    scopes: tuple[Scope, ...]
    expires_at: datetime | None


class KeyRevoked(EventBody):
    """A key ended before its time."""

    TYPE: ClassVar[str] = "account.key_revoked"

    account_id: UUID
    key_id: UUID


class SignedIn(Standing):
    """A login began."""

    TYPE: ClassVar[str] = "account.signed_in"

    login_id: UUID
    digest: Digest
    method: str
    expires_at: datetime


class SignedOut(EventBody):
    """A login ended before its time."""

    TYPE: ClassVar[str] = "account.signed_out"

    account_id: UUID
    login_id: UUID


class IdentityLinked(Standing):
    """An outside identity acts for the account."""

    TYPE: ClassVar[str] = "account.identity_linked"

    provider: str
    digest: Digest


class IdentityUnlinked(EventBody):
    """An outside identity acts for the account no more."""

    TYPE: ClassVar[str] = "account.identity_unlinked"

    account_id: UUID
    digest: Digest


class PlanChanged(Standing):
    """The account is on another plan."""

    TYPE: ClassVar[str] = "account.plan_changed"


class RoleChanged(Standing):
    """The account has another role."""

    TYPE: ClassVar[str] = "account.role_changed"


class ErasureRequested(Standing):
    """The account is closed: its keys, logins and links have ended with it."""

    TYPE: ClassVar[str] = "account.erasure_requested"


AccessCommand: TypeAlias = (
    IssueKey | RevokeKey | SignIn | SignOut | LinkIdentity | UnlinkIdentity | ChangePlan | ChangeRole | RequestErasure
)

AccessEvent: TypeAlias = (
    KeyIssued
    | KeyRevoked
    | SignedIn
    | SignedOut
    | IdentityLinked
    | IdentityUnlinked
    | PlanChanged
    | RoleChanged
    | ErasureRequested
)
