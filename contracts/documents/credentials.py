"""The documents that say who may act for an account."""

from datetime import datetime

from contracts.documents.parts import Document, Part
from contracts.messages.roles import AccountKind, Role, Scope
from contracts.model import Personal


class KeyPart(Part):
    """An API key. `prefix` is what may be shown of it, `digest` its SHA-256."""

    key_id: str
    digest: str
    prefix: str
    name: Personal
    scopes: list[Scope]
    issued_at: datetime
    expires_at: datetime | None


class LoginPart(Part):
    """A login; `digest` is of its token."""

    login_id: str
    digest: str
    method: str
    started_at: datetime
    expires_at: datetime


class IdentityPart(Part):
    """An outside identity; `digest` is of its issuer and subject."""

    provider: str
    digest: str
    linked_at: datetime


class CredentialsDocument(Document):
    """`credentials`, by the session service's projector: who may act for one account, and as what.

    An account whose access never changed since it was opened has none. A closed one keeps nothing but that it is.
    """

    account_id: str
    kind: AccountKind
    role: Role
    plan: str
    closed: bool
    keys: list[KeyPart]
    logins: list[LoginPart]
    identities: list[IdentityPart]
    created_at: datetime
    updated_at: datetime
    version: int
