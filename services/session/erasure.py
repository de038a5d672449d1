"""Whoever asked to be erased is: first the key goes, then every stream that is about him, then who the account was.

An account is closed as soon as it asks (`account.erasure_requested`). From then on whoever has partition 0 of the
commands looks after it every five seconds until nothing is left: it destroys the key, asks every stream that the
account began to be erased, and, when none of them is left and every process has long heard of the key, the account
itself. All of this may be done again at any time, by two processes at once too: each command has one id for ever.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID, uuid5

import structlog

from contracts.catalog import as_command
from contracts.envelope import Command, category_of, stream_id
from contracts.messages.erasure import EraseAccount, EraseJob, ErasePreset, EraseProject, EraseSession, EraseUpload
from contracts.model import CommandBody
from eventlog.clock import Clock
from eventlog.errors import Unavailable
from eventlog.read.mongo import MongoDatabase
from eventlog.write.policy_runner import Sender

EVERY_SECONDS: Final = 5.0
SETTLED_SECONDS: Final = 15.0
"""So long after the key went nothing is written any more under it: every process has forgotten it, and what was
proposed before stands in the log."""
AT_ONCE: Final = 500
ENDS: Final[Mapping[str, type[CommandBody]]] = {
    "session": EraseSession,
    "project": EraseProject,
    "preset": ErasePreset,
    "job": EraseJob,
    "upload": EraseUpload,
}
"""Category of a stream to how it is asked to be forgotten."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """An account that asked to be erased."""

    tenant: str
    account: str

    @property
    def stream(self) -> str:
        """Its stream, which is the subject of its key."""
        return stream_id("account", self.tenant, self.account)


class Traces(Protocol):
    """Where something of an account may stand. Every method may raise `Unavailable`."""

    async def leaving(self, without: Collection[str]) -> Sequence[Leaving]:
        """Accounts that are closed; those of the streams in `without` need no look."""
        ...

    async def streams(self, whose: Leaving) -> Sequence[str]:
        """Streams that the account began and that were not erased yet, some at a time; its own among them.

        Default presets are their tenant's: they stay.
        """
        ...

    async def drop(self, whose: Leaving, streams: Collection[str]) -> int:
        """Delete what the gateway keeps of it: messages to webhooks, answers to repeated calls. How many went."""
        ...


class Destroys(Protocol):
    """Where keys can be destroyed. May raise `Unavailable`."""

    def destroy(self, subject: str) -> bool:
        """Whether there was one."""
        ...


class MongoTraces:
    """`Traces`, by the histories of both services: they hold every event, whatever else was forgotten since."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def leaving(self, without: Collection[str]) -> Sequence[Leaving]:
        where = {"closed": True, "_id": {"$nin": sorted(without)}}
        found = await self._database.collection("credentials").find(where, limit=AT_ONCE)
        return [Leaving(one["tenant"], one["accountId"]) for one in found]

    async def streams(self, whose: Leaving) -> Sequence[str]:
        first = {"accountId": whose.account, "version": 1}
        found = [
            row
            for name in ("session_history", "render_history")
            for row in await self._database.of_tenant(name, whose.tenant).find(first, limit=AT_ONCE)
        ]
        return [row["stream"] for row in found if not row["data"].get("isDefault")]

    async def drop(self, whose: Leaving, streams: Collection[str]) -> int:
        gone = await self._database.owned("webhook_deliveries", whose.tenant).clear({"accountId": whose.account})
        for name in ("session_commands", "render_commands"):
            asked = await self._database.of_tenant(name, whose.tenant).find(
                {"streamId": {"$in": sorted(streams)}}, limit=AT_ONCE * 20
            )
            ids = [one["_id"] for one in asked]
            gone += await self._database.owned("idempotency", whose.tenant).clear({"_id": {"$in": ids}}) if ids else 0
        return gone


class Erasure:
    """`is_mine` tells whether this process is the one to look after those who leave."""

    def __init__(
        self,
        traces: Traces,
        keys: Destroys | None,
        sender: Sender,
        clock: Clock,
        is_mine: Callable[[], bool],
        settled_seconds: float = SETTLED_SECONDS,
    ) -> None:
        self._settled_seconds = settled_seconds
        self._traces = traces
        self._keys = keys
        self._sender = sender
        self._clock = clock
        self._is_mine = is_mine
        self._done: set[str] = set()
        self._since: dict[str, float] = {}

    async def run(self) -> None:
        """Every five seconds, until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            if self._is_mine():
                try:
                    await self.once()
                except Unavailable as error:
                    structlog.get_logger().warning("nobody was erased this time", detail=str(error))

    async def once(self) -> int:
        """One step for each account that leaves; how many are not done. Raises `Unavailable`."""
        leaving = await self._traces.leaving(self._done)
        for whose in leaving:
            if await self._step(whose):
                self._done.add(whose.stream)
        return sum(whose.stream not in self._done for whose in leaving)

    async def _step(self, whose: Leaving) -> bool:
        """Whether nothing of it is left."""
        if whose.stream not in self._since:
            # Also of whom was erased long ago: an older copy of the store of keys may have been brought back.
            if self._keys is not None and await asyncio.to_thread(self._keys.destroy, whose.stream):
                structlog.get_logger().info("the key of an account was destroyed", account=whose.account)
            self._since[whose.stream] = asyncio.get_running_loop().time()
        streams = await self._traces.streams(whose)
        if not streams:
            return True
        await self._traces.drop(whose, streams)
        others = [one for one in streams if category_of(one) in ENDS]
        settled = asyncio.get_running_loop().time() - self._since[whose.stream] >= self._settled_seconds
        if others:
            await self._sender.send([self._command(whose, one, ENDS[category_of(one)]()) for one in others])
        elif settled:
            await self._sender.send([self._command(whose, whose.stream, EraseAccount())])
        return False

    def _command(self, whose: Leaving, stream: str, body: CommandBody) -> Command:
        return as_command(
            body,
            id_=erasing(stream),
            stream=stream,
            at=self._clock(),
            tenant=whose.tenant,
            actor="erasure:session",
        )


def erasing(stream: str) -> UUID:
    """The id of the one command that erases a stream."""
    return uuid5(UUID(stream.partition("-")[2]), "erase")
