"""What the one-shot application asks of MongoDB: an account's videos, and jobs that ended long ago."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.documents import SessionStatus
from contracts.rendering import AssetKind
from eventlog.read.mongo import MongoDatabase
from services.gateway.auth.reach import Reach
from services.gateway.http.cursors import Place
from services.gateway.reading.newest import NEWEST, behind
from services.gateway.reading.within import within
from services.gateway.stored import Stored


async def sessions_with_video(
    database: MongoDatabase, reach: Reach, account_id: str, after: Place | None, limit: int
) -> Sequence[Stored]:
    """Newest first. Raises `Unavailable`."""
    clauses: list[Mapping[str, Any]] = [
        {"accountId": account_id, "assets.kind": AssetKind.VIDEO.value, "status": {"$ne": SessionStatus.DELETED}}
    ]
    clauses += behind(after)
    return await within(database, "sessions", reach).find({"$and": clauses}, sort=NEWEST, limit=limit)


async def ended_jobs(
    database: MongoDatabase, reach: Reach, statuses: Sequence[str], before: datetime, limit: int
) -> Sequence[Stored]:
    """Longest ago first. Raises `Unavailable`."""
    where = {"status": {"$in": list(statuses)}, "finishedAt": {"$lt": before}}
    return await within(database, "jobs", reach).find(where, sort=[("finishedAt", 1)], limit=limit)
