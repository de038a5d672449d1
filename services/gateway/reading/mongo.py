"""Reading MongoDB: what the routes ask of the projections, each question bound to a tenant."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import structlog

from contracts.documents import JobStatus, SessionStatus
from contracts.envelope import stream_id
from eventlog.errors import Conflict, Unavailable
from eventlog.read.mongo import Index, MongoDatabase
from services.gateway.auth.reach import Reach
from services.gateway.files.shares import Stock
from services.gateway.health.lag import Mark
from services.gateway.http.cursors import Place
from services.gateway.ports.gateway import (
    ABANDONED_SECONDS,
    KEPT_SECONDS,
    Claim,
    FoundAsset,
    KeptAnswer,
    PartState,
    SessionFilter,
    Standing,
)
from services.gateway.reading import wallets
from services.gateway.reading.newest import NEWEST, behind
from services.gateway.reading.within import within
from services.gateway.stored import Stored

OUTCOMES = ("session_commands", "render_commands")
HISTORY = "session_history"
ANSWERS = "idempotency"
INDEXES = (Index(ANSWERS, [("at", 1)], seconds=KEPT_SECONDS),)
SAME_ASSETS = 10
MOST_CHECKPOINTS = 10_000
MOST_COUNTED = 1_000_000
PAUSE_SECONDS = 0.5
_log = structlog.get_logger(__name__)


class MongoDocuments:
    """`Documents`, from the collections of the projectors."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def session(self, reach: Reach, session_id: str, *, deleted: bool = False) -> Stored | None:
        found = await self._by_id("sessions", reach, stream_id("session", reach.tenant, session_id))
        return None if found is None or (found["status"] == SessionStatus.DELETED and not deleted) else found

    async def sessions(self, reach: Reach, which: SessionFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        clauses = _clauses(which)
        clauses += behind(after)
        return await within(self._database, "sessions", reach).find({"$and": clauses}, sort=NEWEST, limit=limit)

    async def count_sessions(self, reach: Reach, which: SessionFilter) -> int:
        where = {"$and": _clauses(which)}
        return await within(self._database, "sessions", reach).count(where, limit=MOST_COUNTED)

    async def history(self, reach: Reach, stream: str, *, after: int, limit: int) -> Sequence[Stored]:
        return await self._history(reach, stream, {"$gt": after}, 1, limit)

    async def history_before(self, reach: Reach, stream: str, *, before: int, limit: int) -> Sequence[Stored]:
        return await self._history(reach, stream, {"$lt": before}, -1, limit)

    async def job(self, reach: Reach, job_id: str) -> Stored | None:
        return await self._by_id("jobs", reach, stream_id("job", reach.tenant, job_id))

    async def standing(self, tenant: str, job: Stored) -> Standing:
        jobs = self._database.of_tenant("jobs", tenant)
        waiting = {"status": JobStatus.QUEUED, "held": False}
        same = {"priority": job["priority"], "createdAt": {"$lt": job["createdAt"]}}
        before = {"$or": [{"priority": {"$gt": job["priority"]}}, same]}
        ahead = await jobs.count({"$and": [waiting, before]}, limit=MOST_COUNTED)
        return Standing(ahead, await jobs.count({"status": JobStatus.RUNNING}, limit=MOST_COUNTED))

    async def account(self, reach: Reach, account_id: str) -> Stored | None:
        return await self._by_id("accounts", reach, stream_id("account", reach.tenant, account_id))

    async def preset(self, reach: Reach, preset_id: str) -> Stored | None:
        where = {"_id": stream_id("preset", reach.tenant, preset_id), "deletedAt": None}
        return await within(self._database, "presets", reach).find_one(where)

    async def presets(self, reach: Reach, after: Place | None, limit: int) -> Sequence[Stored]:
        where = {"$and": [{"deletedAt": None}, *behind(after)]}
        return await within(self._database, "presets", reach).find(where, sort=NEWEST, limit=limit)

    async def outcome(self, reach: Reach, command_id: UUID) -> Stored | None:
        for name in OUTCOMES:
            found = await self._by_id(name, reach, str(command_id))
            if found is not None:
                return found
        return None

    async def sessions_with_video(
        self, reach: Reach, account_id: str, after: Place | None, limit: int
    ) -> Sequence[Stored]:
        return await wallets.sessions_with_video(self._database, reach, account_id, after, limit)

    async def ended_jobs(self, reach: Reach, statuses: Sequence[str], before: datetime, limit: int) -> Sequence[Stored]:
        return await wallets.ended_jobs(self._database, reach, statuses, before, limit)

    async def assets(self, asset_id: str) -> Sequence[FoundAsset]:
        where = {"assets.assetId": asset_id, "status": {"$ne": SessionStatus.DELETED}}
        found = await self._database.collection("sessions").find(where, limit=SAME_ASSETS)
        return [
            FoundAsset(document["tenant"], document["accountId"], document["sessionId"], asset)
            for document in found
            for asset in document["assets"]
            if asset["assetId"] == asset_id
        ] + [
            FoundAsset(one["tenant"], one["accountId"], "", {**one, "kind": "upload"})
            for one in await self._ready(asset_id)
        ]

    async def uploads(self, upload_id: str) -> Sequence[Stored]:
        return await self._database.collection("uploads").find({"assetId": upload_id}, limit=SAME_ASSETS)

    async def files(self, reach: Reach, after: Place | None, limit: int) -> Sequence[Stored]:
        where = {"$and": [{}, *behind(after)]}
        return await within(self._database, "uploads", reach).find(where, sort=NEWEST, limit=limit)

    async def stock(self, tenant: str, account_id: str) -> Stock:
        found = await self._database.of_tenant("uploads", tenant).totals(
            {"accountId": account_id}, "status", "sizeBytes"
        )
        files, announced = (sum(one[n] for one in found.values()) for n in (0, 1))
        return Stock(files, announced, found.get("ready", (0, 0))[1])

    async def _ready(self, upload_id: str) -> Sequence[Stored]:
        return [one for one in await self.uploads(upload_id) if one["status"] == "ready"]

    async def _by_id(self, collection: str, reach: Reach, id_: str) -> Stored | None:
        return await within(self._database, collection, reach).find_one({"_id": id_})

    async def _history(
        self, reach: Reach, stream: str, version: Mapping[str, int], order: int, limit: int
    ) -> Sequence[Stored]:
        """Rows say in whose name, not whose they are: that says the session itself, which never changes hands."""
        if reach.only is not None and await self._by_id("sessions", reach, stream) is None:
            return []
        where = {"stream": stream, "version": version}
        found = self._database.of_tenant(HISTORY, reach.tenant)
        return await found.find(where, sort=[("version", order)], limit=limit)


class MongoAnswers:
    """`Answers`, in a collection whose documents go away after a day."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def claim(self, tenant: str, id_: UUID, digest: str, at: datetime) -> Claim:
        kept = self._database.owned(ANSWERS, tenant)
        try:
            await kept.insert({"_id": str(id_), "digest": digest, "at": at, "answer": None})
        except Conflict:
            found = await kept.find_one({"_id": str(id_)})
        else:
            return Claim(mine=True)
        if found is None:
            return Claim(mine=True)
        abandoned = found["answer"] is None and found["at"] < at - timedelta(seconds=ABANDONED_SECONDS)
        if abandoned and found["digest"] == digest:
            return Claim(mine=await kept.change({"_id": str(id_), "at": found["at"]}, {"at": at}), digest=digest)
        answer = found["answer"]
        return Claim(False, found["digest"], None if answer is None else KeptAnswer(**answer))

    async def keep(self, tenant: str, id_: UUID, answer: KeptAnswer) -> None:
        await self._database.owned(ANSWERS, tenant).change({"_id": str(id_)}, {"answer": answer._asdict()})

    async def release(self, tenant: str, id_: UUID) -> None:
        await self._database.owned(ANSWERS, tenant).delete({"_id": str(id_), "answer": None})


class Installing(Protocol):
    """A database that can be made ready."""

    name: str

    async def install(self, schemas: Mapping[str, Mapping[str, Any] | None], indexes: Iterable[Index] = ()) -> None: ...


async def install(database: Installing) -> None:
    """Make the collection that is the gateway's own, as soon as the store is there, and tell that it is."""
    while True:
        try:
            await database.install({ANSWERS: None}, INDEXES)
        except Unavailable as error:
            _log.warning("MongoDB is away; trying again", error=str(error)[:200])
        else:
            _log.info("MongoDB connected successfully", database=database.name, sessions="sessions")
            return
        await asyncio.sleep(PAUSE_SECONDS)


async def checkpoints(database: MongoDatabase) -> Sequence[Mark]:
    """Where the projectors of documents stand. Raises `Unavailable`."""
    read = {"projector": {"$not": {"$regex": "@"}}}  # the others are of generations that nobody reads
    found = await database.collection("checkpoints").find(read, limit=MOST_CHECKPOINTS)
    return [Mark(one["projector"], one["topic"], one["partition"], one["nextOffset"]) for one in found]


async def look(database: MongoDatabase) -> PartState:
    """Whether a primary answers."""
    begun = asyncio.get_running_loop().time()
    try:
        await database.ping()
    except Unavailable:
        return PartState(connected=False)
    return PartState(connected=True, latency_ms=round((asyncio.get_running_loop().time() - begun) * 1000, 3))


def _clauses(which: SessionFilter) -> list[Mapping[str, Any]]:
    clauses: list[Mapping[str, Any]] = [{}]
    if which.statuses:
        clauses.append({"status": {"$in": list(which.statuses)}})
    elif not which.deleted:
        clauses.append({"status": {"$ne": SessionStatus.DELETED}})
    if which.created_after:
        clauses.append({"createdAt": {"$gt": which.created_after}})
    if which.created_before:
        clauses.append({"createdAt": {"$lt": which.created_before}})
    for word in which.words:
        literal = {"$regex": re.escape(word), "$options": "i"}
        clauses.append({"$or": [{field: literal} for field in ("prompt", "script", "title")]})
    return clauses
