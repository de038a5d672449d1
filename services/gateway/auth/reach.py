"""How far a question goes: over what a tenant has, or over what one account of it has."""

from typing import NamedTuple
from uuid import UUID


class Reach(NamedTuple):
    """Of `tenant`, what belongs to the account `only`, and what is everybody's there; None: all that the tenant has."""

    tenant: str
    only: UUID | None = None

    def covers(self, tenant: str, account: str) -> bool:
        """Whether what that account of that tenant has may be found."""
        return tenant == self.tenant and (self.only is None or account == str(self.only))
