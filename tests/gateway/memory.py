"""The gateway's ports in memory: what a test puts in is what the routes see."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.envelope import Command, stream_id
from eventlog.errors import Unavailable
from services.gateway.auth.reach import Reach
from services.gateway.files.shares import Stock
from services.gateway.http.cursors import Place
from services.gateway.ports.gateway import ABANDONED_SECONDS, Claim, FoundAsset, KeptAnswer, SessionFilter, Standing
from services.gateway.reading.within import owned_by
from services.gateway.stored import Stored


class MemorySender:
    """Keeps what it was sent; `away` refuses everything."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Command]] = []
        self.headers: list[Sequence[tuple[str, bytes]]] = []
        self.away = False

    async def send(self, topic: str, command: Command, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        if self.away:
            raise Unavailable("kafka", "broker-7.internal:9092 does not answer")
        self.sent.append((topic, command))
        self.headers.append(headers)

    def commands(self, type_: str) -> list[Command]:
        """Those of one type."""
        return [command for _, command in self.sent if command.type == type_]


class MemoryDocuments:
    """Collections as dictionaries by `_id`; `away` refuses everything."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[str, dict[str, Any]]] = {}
        self.away = False

    def put(self, collection: str, document: Mapping[str, Any]) -> None:
        """Write a document, as a projector would."""
        self.collections.setdefault(collection, {})[document["_id"]] = dict(document)

    def rows(self, collection: str, tenant: str) -> list[Stored]:
        """All documents of a tenant."""
        if self.away:
            raise Unavailable("MongoDB", "mongo-3.internal:27017 does not answer")
        return [one for one in self.collections.get(collection, {}).values() if one["tenant"] == tenant]

    def within(self, collection: str, reach: Reach) -> list[Stored]:
        """All that the reach covers."""
        rows = self.rows(collection, reach.tenant)
        return rows if reach.only is None else [row for row in rows if _owned(collection, row, reach.only)]

    def one(self, collection: str, reach: Reach, id_: str) -> Stored | None:
        """One document that the reach covers."""
        return next((row for row in self.within(collection, reach) if row["_id"] == id_), None)

    async def session(self, reach: Reach, session_id: str, *, deleted: bool = False) -> Stored | None:
        found = self.one("sessions", reach, stream_id("session", reach.tenant, session_id))
        return None if found is None or (found["status"] == "deleted" and not deleted) else found

    async def sessions(self, reach: Reach, which: SessionFilter, after: Place | None, limit: int) -> Sequence[Stored]:
        rows = [row for row in self.within("sessions", reach) if _fits(row, which)]
        rows.sort(key=lambda row: (row["createdAt"], row["_id"]), reverse=True)
        return [row for row in rows if after is None or (row["createdAt"], row["_id"]) < after][:limit]

    async def count_sessions(self, reach: Reach, which: SessionFilter) -> int:
        return sum(_fits(row, which) for row in self.within("sessions", reach))

    async def history(self, reach: Reach, stream: str, *, after: int, limit: int) -> Sequence[Stored]:
        rows = self._history(reach, stream)
        return sorted((row for row in rows if row["version"] > after), key=_version)[:limit]

    async def history_before(self, reach: Reach, stream: str, *, before: int, limit: int) -> Sequence[Stored]:
        rows = self._history(reach, stream)
        return sorted((row for row in rows if row["version"] < before), key=_version, reverse=True)[:limit]

    def _history(self, reach: Reach, stream: str) -> list[Stored]:
        if reach.only is not None and self.one("sessions", reach, stream) is None:
            return []
        return [row for row in self.rows("session_history", reach.tenant) if row["stream"] == stream]

    async def job(self, reach: Reach, job_id: str) -> Stored | None:
        return self.one("jobs", reach, stream_id("job", reach.tenant, job_id))

    async def standing(self, tenant: str, job: Stored) -> Standing:
        rows = self.rows("jobs", tenant)
        waiting = [row for row in rows if row["status"] == "queued" and not row["held"]]
        place = (-job["priority"], job["createdAt"])
        ahead = sum((-row["priority"], row["createdAt"]) < place for row in waiting)
        return Standing(ahead, sum(row["status"] == "running" for row in rows))

    async def account(self, reach: Reach, account_id: str) -> Stored | None:
        return self.one("accounts", reach, stream_id("account", reach.tenant, account_id))

    async def preset(self, reach: Reach, preset_id: str) -> Stored | None:
        found = self.one("presets", reach, stream_id("preset", reach.tenant, preset_id))
        return None if found is None or found["deletedAt"] is not None else found

    async def presets(self, reach: Reach, after: Place | None, limit: int) -> Sequence[Stored]:
        rows = [row for row in self.within("presets", reach) if row["deletedAt"] is None]
        rows.sort(key=lambda row: (row["createdAt"], row["_id"]), reverse=True)
        return [row for row in rows if after is None or (row["createdAt"], row["_id"]) < after][:limit]

    async def by_digest(self, digest: str) -> Stored | None:
        rows = [row for tenant in self.tenants("credentials") for row in self.rows("credentials", tenant)]
        return next((row for row in rows for part in (*row["keys"], *row["logins"]) if part["digest"] == digest), None)

    async def by_identity(self, tenant: str, digest: str) -> Stored | None:
        rows = self.rows("credentials", tenant)
        return next((row for row in rows if any(one["digest"] == digest for one in row["identities"])), None)

    async def of_account(self, tenant: str, account: str) -> Stored | None:
        return self.one("credentials", Reach(tenant), stream_id("account", tenant, account))

    def tenants(self, collection: str) -> list[str]:
        """Whoever has a document there."""
        if self.away:
            raise Unavailable("MongoDB", "mongo-3.internal:27017 does not answer")
        return sorted({row["tenant"] for row in self.collections.get(collection, {}).values()})

    async def outcome(self, reach: Reach, command_id: UUID) -> Stored | None:
        for name in ("session_commands", "render_commands"):
            found = self.one(name, reach, str(command_id))
            if found is not None:
                return found
        return None

    async def sessions_with_video(
        self, reach: Reach, account_id: str, after: Place | None, limit: int
    ) -> Sequence[Stored]:
        whole = await self.sessions(reach, SessionFilter(), after, len(self.collections.get("sessions", {})) or 1)
        filmed = [row for row in whole if any(one["kind"] == "video" for one in row["assets"])]
        return [row for row in filmed if row["accountId"] == account_id][:limit]

    async def ended_jobs(self, reach: Reach, statuses: Sequence[str], before: datetime, limit: int) -> Sequence[Stored]:
        ended = [row for row in self.within("jobs", reach) if row["status"] in statuses and row["finishedAt"] < before]
        return sorted(ended, key=lambda row: row["finishedAt"])[:limit]

    async def assets(self, asset_id: str) -> Sequence[FoundAsset]:
        tenants = {row["tenant"] for row in self.collections.get("sessions", {}).values()}
        return [
            FoundAsset(tenant, row["accountId"], row["sessionId"], asset)
            for tenant in sorted(tenants)
            for row in self.rows("sessions", tenant)
            for asset in row["assets"]
            if asset["assetId"] == asset_id and row["status"] != "deleted"
        ] + [
            FoundAsset(row["tenant"], row["accountId"], "", {**row, "kind": "upload"})
            for row in await self.uploads(asset_id)
            if row["status"] == "ready"
        ]

    async def uploads(self, upload_id: str) -> Sequence[Stored]:
        if self.away:
            raise Unavailable("MongoDB", "mongo-3.internal:27017 does not answer")
        return [row for row in self.collections.get("uploads", {}).values() if row["assetId"] == upload_id]

    async def files(self, reach: Reach, after: Place | None, limit: int) -> Sequence[Stored]:
        rows = self.within("uploads", reach)
        rows.sort(key=lambda row: (row["createdAt"], row["_id"]), reverse=True)
        return [row for row in rows if after is None or (row["createdAt"], row["_id"]) < after][:limit]

    async def stock(self, tenant: str, account_id: str) -> Stock:
        mine = [row for row in self.rows("uploads", tenant) if row["accountId"] == account_id]
        came = [row["sizeBytes"] for row in mine if row["status"] == "ready"]
        return Stock(len(mine), sum(row["sizeBytes"] or 0 for row in mine), sum(came))


class MemoryAnswers:
    """Claims and answers by command id; `away` refuses everything."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, UUID], tuple[datetime, Claim]] = {}
        self.away = False

    async def claim(self, tenant: str, id_: UUID, digest: str, at: datetime) -> Claim:
        if self.away:
            raise Unavailable("MongoDB", "mongo-3.internal:27017 does not answer")
        since, found = self.kept.get((tenant, id_), (at, None))
        abandoned = found is not None and found.answer is None and since < at - timedelta(seconds=ABANDONED_SECONDS)
        if found is None or (abandoned and found.digest == digest):
            self.kept[tenant, id_] = at, Claim(False, digest)
            return Claim(mine=True)
        return found

    async def keep(self, tenant: str, id_: UUID, answer: KeptAnswer) -> None:
        since, claim = self.kept[tenant, id_]
        self.kept[tenant, id_] = since, claim._replace(answer=answer)

    async def release(self, tenant: str, id_: UUID) -> None:
        self.kept.pop((tenant, id_), None)


def _owned(collection: str, row: Stored, account: UUID) -> bool:
    """Whether MongoDB would find it by the same question."""
    asked = owned_by(collection, account)
    either: Sequence[Mapping[str, Any]] = asked.get("$or", [asked])
    return any(
        row[field] == (value["$eq"] if isinstance(value, Mapping) else value)
        for one in either
        for field, value in one.items()
    )


def _fits(row: Stored, which: SessionFilter) -> bool:
    text = "\n".join([row["prompt"], row["script"], row["title"]]).lower()
    shown = row["status"] in which.statuses if which.statuses else which.deleted or row["status"] != "deleted"
    young = which.created_after is None or row["createdAt"] > which.created_after
    old = which.created_before is None or row["createdAt"] < which.created_before
    return shown and young and old and all(word.lower() in text for word in which.words)


def _version(row: Stored) -> int:
    return row["version"]
