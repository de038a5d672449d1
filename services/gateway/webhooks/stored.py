"""Endpoints and deliveries in MongoDB."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from contracts.documents import DeliveryDocument, json_schema
from contracts.envelope import stream_id
from eventlog.errors import Conflict
from eventlog.read.mongo import Index, MongoDatabase
from services.gateway.http.cursors import Place
from services.gateway.stored import Stored
from services.gateway.webhooks.messages import EPOCH

WEBHOOKS: Final = "webhooks"
DELIVERIES: Final = "webhook_deliveries"
KEPT_DAYS: Final = 30
SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {DELIVERIES: json_schema(DeliveryDocument)}
INDEXES: Final = (
    Index(DELIVERIES, [("status", 1), ("dueAt", 1), ("accountId", 1), ("endpointId", 1), ("leaseUntil", 1)]),
    Index(DELIVERIES, [("tenant", 1), ("endpointId", 1), ("createdAt", -1), ("_id", -1)]),
    Index(DELIVERIES, [("createdAt", 1)], seconds=KEPT_DAYS * 24 * 60 * 60),
)
PROJECTORS: Final = {
    "playhead.session.events": "session.mongo-projector",
    "playhead.render.events": "render.mongo-projector",
}
"""Topic to the projector of its documents."""
_NOT_NEEDED: Final = ("prompt", "refinedPrompt", "script", "title", "stages", "assets", "metadata")


class MongoEndpoints:
    """`Endpoints`, from the collections of the projectors."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def of_account(self, tenant: str, account: str) -> Stored | None:
        where = {"_id": stream_id("account", tenant, account)}
        return await self._database.of_tenant(WEBHOOKS, tenant).find_one(where)

    async def tenants(self, among: Collection[str]) -> set[str]:
        """One question a tenant: one with very many accounts hides no other."""
        there = {"endpoints.0": {"$exists": True}}
        return {tenant for tenant in among if await self._database.of_tenant(WEBHOOKS, tenant).find_one(there)}

    async def of_streams(self, accounts: Collection[str]) -> Mapping[str, Stored]:
        wanted = {"_id": {"$in": sorted(accounts)}}
        found = await self._database.collection(WEBHOOKS).find(wanted, limit=max(len(accounts), 1))
        return {one["_id"]: one for one in found}

    async def owners(self, sessions: Collection[str]) -> Mapping[str, str]:
        found = await self._database.collection("sessions").find(
            {"_id": {"$in": sorted(sessions)}}, limit=max(len(sessions), 1), without=_NOT_NEEDED
        )
        return {one["_id"]: one["accountId"] for one in found}

    async def shown(self, topic: str, partition: int) -> int:
        where = {"projector": PROJECTORS[topic], "topic": topic, "partition": partition}
        found = await self._database.collection("checkpoints").find_one(where)
        return 0 if found is None else found["nextOffset"]


class MongoDeliveries:
    """`Deliveries`, in a collection whose documents go away by themselves."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def add(self, rows: Sequence[Stored]) -> None:
        for row in rows:
            try:
                await self._database.owned(DELIVERIES, row["tenant"]).insert(row)
            except Conflict:
                continue

    async def due(
        self, at: datetime, without: Collection[str], without_accounts: Collection[str], limit: int
    ) -> Sequence[Stored]:
        where = {
            "status": "pending",
            "dueAt": {"$lte": at},
            "leaseUntil": {"$lte": at},
            "endpointId": {"$nin": sorted(without)},
            "accountId": {"$nin": sorted(without_accounts)},
        }
        return await self._database.collection(DELIVERIES).find(where, sort=[("dueAt", 1)], limit=limit)

    async def claim(self, row: Stored, until: datetime) -> bool:
        where = {"_id": row["_id"], "status": "pending", "leaseUntil": row["leaseUntil"], "dueAt": row["dueAt"]}
        return await self._database.owned(DELIVERIES, row["tenant"]).change(where, {"leaseUntil": until})

    async def finish(self, row: Stored, lease: datetime, fields: Mapping[str, Any]) -> bool:
        where = {"_id": row["_id"], "leaseUntil": lease}
        return await self._database.owned(DELIVERIES, row["tenant"]).change(where, {**fields, "leaseUntil": EPOCH})

    async def again(self, tenant: str, id_: str, at: datetime) -> bool:
        fields = {"status": "pending", "tries": 0, "dueAt": at, "leaseUntil": EPOCH}
        return await self._database.owned(DELIVERIES, tenant).change({"_id": id_}, fields)

    async def one(self, tenant: str, endpoint_id: str, id_: str) -> Stored | None:
        where = {"_id": id_, "endpointId": endpoint_id}
        return await self._database.of_tenant(DELIVERIES, tenant).find_one(where)

    async def page(self, tenant: str, endpoint_id: str, after: Place | None, limit: int) -> Sequence[Stored]:
        where: dict[str, Any] = {"endpointId": endpoint_id}
        if after is not None:
            same = {"createdAt": after.at, "_id": {"$lt": after.id}}
            where["$or"] = [{"createdAt": {"$lt": after.at}}, same]
        newest = [("createdAt", -1), ("_id", -1)]
        return await self._database.of_tenant(DELIVERIES, tenant).find(where, sort=newest, limit=limit)

    async def reached_since(self, tenant: str, endpoint_id: str, at: datetime) -> bool:
        where = {"endpointId": endpoint_id, "deliveredAt": {"$gte": at}}
        return await self._database.of_tenant(DELIVERIES, tenant).find_one(where) is not None
