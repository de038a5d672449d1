"""What is due by the clock: deleted sessions are purged after their grace, old ones deleted where that is asked for.

Whoever has partition 0 of the commands sweeps. The id of each command is made of the session's stream and of when it
was due, and it is for the version that was read alone: two sweeps at once, the same one again, or one that reads an
old document, change nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

import structlog

from contracts.catalog import as_command
from contracts.documents import SessionStatus
from contracts.envelope import Command
from contracts.messages.session import DeleteSession, PurgeSession
from eventlog.clock import Clock
from eventlog.errors import Unavailable
from eventlog.read.mongo import MongoDatabase
from eventlog.write.policy_runner import Sender

EVERY_SECONDS = 60.0
AT_ONCE = 500


class Sessions(Protocol):
    """The documents of sessions. Every method may raise `Unavailable`."""

    async def deleted(self, before: datetime) -> Sequence[Mapping[str, Any]]:
        """Some that were deleted before then."""
        ...

    async def untouched(self, since: datetime) -> Sequence[Mapping[str, Any]]:
        """Some to which nothing has happened since, and which nothing is at work for."""
        ...


class MongoSessions:
    """`Sessions`, of all tenants: each command goes to its own session alone."""

    def __init__(self, database: MongoDatabase) -> None:
        self._sessions = database.collection("sessions")

    async def deleted(self, before: datetime) -> Sequence[Mapping[str, Any]]:
        return await self._sessions.find({"status": SessionStatus.DELETED, "updatedAt": {"$lt": before}}, limit=AT_ONCE)

    async def untouched(self, since: datetime) -> Sequence[Mapping[str, Any]]:
        idle = {"status": {"$ne": SessionStatus.DELETED}, "activeJob": None, "updatedAt": {"$lt": since}}
        return await self._sessions.find(idle, limit=AT_ONCE)


@dataclass(frozen=True)
class Retention:
    """How long a deleted session can be brought back, and how long one is kept that nobody touches; None: for ever."""

    restorable: timedelta
    untouched: timedelta | None = None


class Sweep:
    """`is_mine` tells whether this process is the one to sweep."""

    def __init__(
        self, sessions: Sessions, sender: Sender, clock: Clock, retention: Retention, is_mine: Callable[[], bool]
    ) -> None:
        self._sessions = sessions
        self._sender = sender
        self._clock = clock
        self._retention = retention
        self._is_mine = is_mine

    async def run(self) -> None:
        """Every minute, until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            if self._is_mine():
                try:
                    await self.once()
                except Unavailable as error:
                    structlog.get_logger().warning("not swept", detail=str(error))

    async def once(self) -> int:
        """How many sessions are due. Raises `Unavailable`."""
        commands = await self.due()
        if commands:
            await self._sender.send(commands)
        return len(commands)

    async def due(self) -> Sequence[Command]:
        """What a sweep would ask for now; nothing is sent. Raises `Unavailable`."""
        now, kept = self._clock(), self._retention
        gone = await self._sessions.deleted(now - kept.restorable)
        commands = [self._command(one, PurgeSession(), kept.restorable) for one in gone]
        if kept.untouched is not None:
            old = await self._sessions.untouched(now - kept.untouched)
            commands += [self._command(one, DeleteSession(), kept.untouched) for one in old]
        return commands

    def _command(self, session: Mapping[str, Any], body: PurgeSession | DeleteSession, kept: timedelta) -> Command:
        stream: str = session["_id"]
        due: datetime = session["updatedAt"] + kept
        return as_command(
            body,
            id_=uuid5(UUID(stream.partition("-")[2]), f"due/{body.TYPE}/{due.isoformat()}"),
            stream=stream,
            at=self._clock(),
            tenant=session["tenant"],
            actor="sweep:session",
            expected_version=session["version"],
        )
