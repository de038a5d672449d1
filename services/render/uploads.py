"""What is due of the users' own files: those that never came go, those that nothing uses go, the others stay on.

A file is used while a project has it as its video, or a timeline that was ever saved of it has it as a source: each
of them can be read, restored and rendered again. Each command is for the version that was read, and its id is made of
when the file was due: a sweep that runs twice changes nothing.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

from contracts.catalog import as_command
from contracts.envelope import Command
from contracts.messages.upload import ExpireUpload, KeepUpload
from eventlog.clock import Clock
from eventlog.read.mongo import MongoDatabase
from eventlog.write.policy_runner import Sender

AT_ONCE = 200


class Uploads(Protocol):
    """What is known of uploads, and who uses them. Every method may raise `Unavailable`."""

    async def due(self, at: datetime) -> Sequence[Mapping[str, Any]]:
        """Some of every tenant's whose planned time has come, longest due first."""
        ...

    async def used(self, tenant: str, asset_id: str) -> bool:
        """Whether a project of the tenant's has the file, or had it in a timeline that was saved."""
        ...


class MongoUploads:
    """`Uploads`, from the documents of the projectors."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def due(self, at: datetime) -> Sequence[Mapping[str, Any]]:
        where = {"expiresAt": {"$lte": at}}
        return await self._database.collection("uploads").find(where, sort=[("expiresAt", 1)], limit=AT_ONCE)

    async def used(self, tenant: str, asset_id: str) -> bool:
        named = {"$regex": re.escape(asset_id), "$options": "i"}
        projects = self._database.of_tenant("projects", tenant)
        if await projects.find_one({"$or": [{"videoPath": named}, {"timelineState.layers.source": named}]}):
            return True
        return await self._database.of_tenant("timeline_states", tenant).find_one({"layers.source": named}) is not None


class UploadSweep:
    """`unused`: so long a file is kept that nothing uses, each time anew."""

    def __init__(self, uploads: Uploads, sender: Sender, clock: Clock, unused: timedelta) -> None:
        self._uploads = uploads
        self._sender = sender
        self._clock = clock
        self._unused = unused

    async def once(self) -> int:
        """How many were due. Raises `Unavailable`."""
        commands = [await self._command(one) for one in await self._uploads.due(self._clock())]
        if commands:
            await self._sender.send(commands)
        return len(commands)

    async def _command(self, upload: Mapping[str, Any]) -> Command:
        due: datetime = upload["expiresAt"]
        body: KeepUpload | ExpireUpload
        if upload["status"] == "waiting":
            body = ExpireUpload(reason="it never came")
        elif await self._uploads.used(upload["tenant"], upload["assetId"]):
            body = KeepUpload(expires_at=due + self._unused)
        else:
            body = ExpireUpload(reason="nothing used it")
        stream: str = upload["_id"]
        return as_command(
            body,
            id_=uuid5(UUID(stream.partition("-")[2]), f"due/{body.TYPE}/{due.isoformat()}/{upload['version']}"),
            stream=stream,
            at=self._clock(),
            tenant=upload["tenant"],
            actor="sweep:render",
            expected_version=upload["version"],
        )
