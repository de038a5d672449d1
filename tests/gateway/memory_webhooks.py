"""Webhooks' ports in memory: endpoints as the projections made them, deliveries as they were added."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.gateway.http.cursors import Place
from services.gateway.stored import Stored
from services.gateway.webhooks.messages import EPOCH
from tests.gateway.memory import MemoryDocuments


class MemoryEndpoints:
    """`Endpoints`, over the collections of `documents`. `offsets`: what is shown; without one, everything."""

    def __init__(self, documents: MemoryDocuments) -> None:
        self._documents = documents
        self.offsets: dict[tuple[str, int], int] = {}

    async def of_account(self, tenant: str, account: str) -> Stored | None:
        rows = self._documents.rows("webhooks", tenant)
        return next((row for row in rows if row["accountId"] == account), None)

    async def tenants(self, among: Collection[str]) -> set[str]:
        return {one for one in among if any(row["endpoints"] for row in self._documents.rows("webhooks", one))}

    async def of_streams(self, accounts: Collection[str]) -> Mapping[str, Stored]:
        every = self._documents.collections.get("webhooks", {})
        return {stream: every[stream] for stream in accounts if stream in every}

    async def owners(self, sessions: Collection[str]) -> Mapping[str, str]:
        every = self._documents.collections.get("sessions", {})
        return {stream: every[stream]["accountId"] for stream in sessions if stream in every}

    async def shown(self, topic: str, partition: int) -> int:
        return self.offsets.get((topic, partition), 2**62)


class MemoryDeliveries:
    """`Deliveries` by id."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    async def add(self, rows: Sequence[Stored]) -> None:
        for row in rows:
            self.rows.setdefault(row["_id"], dict(row))

    async def due(
        self, at: datetime, without: Collection[str], without_accounts: Collection[str], limit: int
    ) -> Sequence[Stored]:
        found = [
            dict(row)
            for row in self.rows.values()
            if row["status"] == "pending"
            and row["dueAt"] <= at
            and row["leaseUntil"] <= at
            and row["endpointId"] not in without
            and row["accountId"] not in without_accounts
        ]
        return sorted(found, key=lambda row: row["dueAt"])[:limit]

    async def claim(self, row: Stored, until: datetime) -> bool:
        kept = self.rows[row["_id"]]
        mine = all(kept[name] == row[name] for name in ("status", "leaseUntil", "dueAt"))
        if mine:
            kept["leaseUntil"] = until
        return mine

    async def finish(self, row: Stored, lease: datetime, fields: Mapping[str, Any]) -> bool:
        kept = self.rows[row["_id"]]
        mine = kept["leaseUntil"] == lease
        if mine:
            kept.update(fields, leaseUntil=EPOCH)
        return mine

    async def again(self, tenant: str, id_: str, at: datetime) -> bool:
        found = id_ in self.rows and self.rows[id_]["tenant"] == tenant
        if found:
            self.rows[id_].update(status="pending", tries=0, dueAt=at, leaseUntil=EPOCH)
        return found

    async def one(self, tenant: str, endpoint_id: str, id_: str) -> Stored | None:
        row = self.rows.get(id_)
        mine = row is not None and (row["tenant"], row["endpointId"]) == (tenant, endpoint_id)
        return dict(row) if row is not None and mine else None

    async def page(self, tenant: str, endpoint_id: str, after: Place | None, limit: int) -> Sequence[Stored]:
        mine = [row for row in self.rows.values() if (row["tenant"], row["endpointId"]) == (tenant, endpoint_id)]
        mine.sort(key=lambda row: (row["createdAt"], row["_id"]), reverse=True)
        return [dict(row) for row in mine if after is None or (row["createdAt"], row["_id"]) < after][:limit]

    async def reached_since(self, tenant: str, endpoint_id: str, at: datetime) -> bool:
        mine = [row for row in self.rows.values() if (row["tenant"], row["endpointId"]) == (tenant, endpoint_id)]
        return any(row["deliveredAt"] is not None and row["deliveredAt"] >= at for row in mine)
