"""What an admin asks, in memory."""

from collections.abc import Mapping, Sequence

from services.gateway.http.cursors import Place
from services.gateway.ports.support import AccountFilter, JobFilter
from services.gateway.stored import Stored
from tests.gateway.memory import MemoryDocuments


class MemorySupport:
    """`Support` over the documents that a test put in."""

    def __init__(self, documents: MemoryDocuments) -> None:
        self._documents = documents

    async def accounts(self, tenant: str, which: AccountFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        return self._page("accounts", tenant, {"plan": which.plan, "role": which.role}, after, limit)

    async def jobs(self, tenant: str, which: JobFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        return self._page("jobs", tenant, {"status": which.status, "accountId": which.account_id}, after, limit)

    def _page(
        self, collection: str, tenant: str, wanted: Mapping[str, str | None], after: Place | None, limit: int
    ) -> Sequence[Stored]:
        named = {name: value for name, value in wanted.items() if value is not None}
        rows = [row for row in self._documents.rows(collection, tenant) if named.items() <= row.items()]
        rows.sort(key=lambda row: (row["createdAt"], row["_id"]), reverse=True)
        return [row for row in rows if after is None or (row["createdAt"], row["_id"]) < after][:limit]
