"""What an admin asks about his tenant: all of its accounts, all of its jobs."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from services.gateway.http.cursors import Place
from services.gateway.stored import Stored


class AccountFilter(NamedTuple):
    """Which accounts a list shows; None: whichever."""

    plan: str | None = None
    role: str | None = None


class JobFilter(NamedTuple):
    """Which jobs a list shows; None: whichever."""

    status: str | None = None
    account_id: str | None = None


class Support(Protocol):
    """Documents of one tenant, newest first, from after a place. Every method may raise `Unavailable`."""

    async def accounts(
        self, tenant: str, which: AccountFilter, after: Place | None, limit: int
    ) -> Sequence[Stored]: ...

    async def jobs(self, tenant: str, which: JobFilter, after: Place | None, limit: int) -> Sequence[Stored]: ...
