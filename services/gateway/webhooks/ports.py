"""Endpoints and deliveries, as webhooks need them. Every method may raise `Unavailable`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.gateway.http.cursors import Place
from services.gateway.stored import Stored
from services.gateway.webhooks.secrets import Secrets
from services.gateway.webhooks.targets import Rules


class Endpoints(Protocol):
    """What the projections say of endpoints, and of whose things are."""

    async def of_account(self, tenant: str, account: str) -> Stored | None:
        """The account's document of `webhooks`."""
        ...

    async def tenants(self, among: Collection[str]) -> set[str]:
        """Those tenants that have any endpoint."""
        ...

    async def of_streams(self, accounts: Collection[str]) -> Mapping[str, Stored]:
        """Documents of `webhooks` by the streams of their accounts."""
        ...

    async def owners(self, sessions: Collection[str]) -> Mapping[str, str]:
        """The accounts of sessions, by the sessions' streams; one that is not there (any more) is left out."""
        ...

    async def shown(self, topic: str, partition: int) -> int:
        """The first offset that the documents do not show yet."""
        ...


class Deliveries(Protocol):
    """What is sent to endpoints, kept for `KEPT_DAYS`."""

    async def add(self, rows: Sequence[Stored]) -> None:
        """Durable when it returns. One that is there already stays as it is."""
        ...

    async def due(
        self, at: datetime, without: Collection[str], without_accounts: Collection[str], limit: int
    ) -> Sequence[Stored]:
        """Pending ones whose time has come and that nobody holds, of other endpoints and accounts than these, earliest
        first."""
        ...

    async def claim(self, row: Stored, until: datetime) -> bool:
        """Hold it until then; False where somebody else was first."""
        ...

    async def finish(self, row: Stored, lease: datetime, fields: Mapping[str, Any]) -> bool:
        """Write what came of it and let go of it; False where `lease` is not the one that holds it any more."""
        ...

    async def again(self, tenant: str, id_: str, at: datetime) -> bool:
        """Send it once more, from the schedule's beginning; False where there is none."""
        ...

    async def one(self, tenant: str, endpoint_id: str, id_: str) -> Stored | None: ...

    async def page(self, tenant: str, endpoint_id: str, after: Place | None, limit: int) -> Sequence[Stored]:
        """Newest first, from after a place."""
        ...

    async def reached_since(self, tenant: str, endpoint_id: str, at: datetime) -> bool:
        """Whether anything has reached the endpoint since then."""
        ...


@dataclass(frozen=True)
class Webhooks:
    """What the routes and the background work share. `wake` says that there is something to send."""

    endpoints: Endpoints
    deliveries: Deliveries
    secrets: Secrets
    rules: Rules
    wake: Callable[[], None]
