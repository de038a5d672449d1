"""What the one-shot application asks of MongoDB: an account's videos, and jobs that ended long ago."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.documents import SessionStatus
from contracts.rendering import AssetKind
from eventlog.read.mongo import MongoDatabase
from services.gateway.http.cursors import Place
from services.gateway.reading.newest import NEWEST, behind
from services.gateway.stored import Stored


async def sessions_with_video(
    database: MongoDatabase, tenant: str, account_id: str, after: Place | None, limit: int
) -> Sequence[Stored]:
    """Newest first. Raises `Unavailable`."""
    clauses: list[Mapping[str, Any]] = [
        {"accountId": account_id, "assets.kind": AssetKind.VIDEO.value, "status": {"$ne": SessionStatus.DELETED}}
    ]
    clauses += behind(after)
    return await database.of_tenant("sessions", tenant).find({"$and": clauses}, sort=NEWEST, limit=limit)


async def ended_jobs(
    database: MongoDatabase, tenant: str, statuses: Sequence[str], before: datetime, limit: int
) -> Sequence[Stored]:
    """Longest ago first. Raises `Unavailable`."""
    where = {"status": {"$in": list(statuses)}, "finishedAt": {"$lt": before}}
    return await database.of_tenant("jobs", tenant).find(where, sort=[("finishedAt", 1)], limit=limit)
