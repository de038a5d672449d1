"""Whoever asks: every query and every command is made in the name of one of these."""

from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from contracts.messages.account import AccountKind, Role
from contracts.messages.roles import Scope
from services.gateway.auth.reach import Reach
from services.gateway.identity import account_id, actor_of

EVERY_SCOPE: frozenset[Scope] = frozenset(Scope)


@dataclass(frozen=True)
class Principal:
    """An account of a tenant. `subject` is what it is known by: a key's name, a wallet's address (see `seeds.wallets`).

    Where the account is known already, by a key or a login of its own, `known` is its id, and `subject` says nothing.
    `credential` tells one key or login of the account from another; `scopes` are what it may be used for. `everybody`:
    it stands for its whole tenant, as who calls the applications' routes without a key does.
    """

    tenant: str
    kind: AccountKind
    subject: str
    role: Role = Role.USER
    plan: str = "free"
    known: UUID | None = None
    credential: str = ""
    scopes: Set[Scope] = EVERY_SCOPE
    everybody: bool = False

    @cached_property
    def account(self) -> UUID:
        """The account's id, the same in every gateway."""
        return self.known or account_id(self.tenant, self.kind, self.subject)

    @property
    def administers(self) -> bool:
        """Whether he may do what is for admins: by his role, and by the key that he came with."""
        return self.role is Role.ADMIN and Scope.ADMIN in self.scopes

    @property
    def only(self) -> UUID | None:
        """The account whose things alone he sees and changes; None: those of his whole tenant, as who administers."""
        return None if self.everybody or self.administers else self.account

    @property
    def reach(self) -> Reach:
        """What his questions may find."""
        return Reach(self.tenant, self.only)

    @property
    def actor(self) -> str:
        """How the log names it: no address and no name stands there."""
        return actor_of(self.account)
