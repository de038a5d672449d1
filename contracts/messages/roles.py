"""By what an account is known, and what it may do."""

from enum import StrEnum


class AccountKind(StrEnum):
    """By what an account's owner is known."""

    DEMO = "demo"
    WALLET = "wallet"
    API_KEY = "api_key"
    ANONYMOUS = "anonymous"
    OIDC = "oidc"


class Role(StrEnum):
    """What an account may do. Premium: more at once, and first in the queue. Admin: all of its tenant, for support."""

    USER = "user"
    PREMIUM = "premium"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a key may be used for: to read, to change things, to act as the admin that its account is."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
