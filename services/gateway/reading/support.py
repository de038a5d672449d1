"""What an admin asks about his tenant, from MongoDB."""

from collections.abc import Mapping, Sequence
from typing import Any

from eventlog.read.mongo import MongoDatabase
from services.gateway.http.cursors import Place
from services.gateway.ports.support import AccountFilter, JobFilter
from services.gateway.reading.newest import NEWEST, behind
from services.gateway.stored import Stored


class MongoSupport:
    """`Support`, from the collections of the projectors. Each list is one question, for its page alone."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def accounts(self, tenant: str, which: AccountFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        return await self._page("accounts", tenant, {"plan": which.plan, "role": which.role}, after, limit, ["items"])

    async def jobs(self, tenant: str, which: JobFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        wanted = {"status": which.status, "accountId": which.account_id}
        return await self._page("jobs", tenant, wanted, after, limit, ["assets"])

    async def _page(
        self,
        collection: str,
        tenant: str,
        wanted: Mapping[str, str | None],
        after: Place | None,
        limit: int,
        without: Sequence[str],
    ) -> Sequence[Stored]:
        clauses: list[Mapping[str, Any]] = [
            {name: {"$eq": value}} for name, value in wanted.items() if value is not None
        ]
        clauses += behind(after)
        found = self._database.of_tenant(collection, tenant)
        return await found.find({"$and": [{}, *clauses]}, sort=NEWEST, limit=limit, without=without)
