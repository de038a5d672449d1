"""Whoever asks: every query and every command is made in the name of one of these."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from contracts.messages.account import AccountKind, Role
from services.gateway.identity import account_id


@dataclass(frozen=True)
class Principal:
    """An account of a tenant. `subject` is what it is known by: a key's name, a wallet's address in small letters."""

    tenant: str
    kind: AccountKind
    subject: str
    role: Role = Role.USER

    @cached_property
    def account(self) -> UUID:
        """The account's id, the same in every gateway."""
        return account_id(self.tenant, self.kind, self.subject)

    @property
    def actor(self) -> str:
        """How the log names it: no address and no name stands there."""
        return f"account:{self.account}"
