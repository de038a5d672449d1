"""Playhead under the same kills: the running service `session`, which its supervisor starts again."""

import os
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from contracts.envelope import stream_id
from contracts.messages.files import OpenSession
from contracts.messages.session_life import EditSession
from contracts.topics import COMMANDS_OF
from eventlog import clock
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaSender
from eventlog.read.mongo import MongoDatabase
from ops.bench.commands import TENANT, command
from ops.bench.rivals.counting import Wish
from ops.commands.reach import kafka, mongo
from ops.settings import OpsSettings
from ops.stack.part import StackError
from ops.state import live_state

SERVICE: Final = "session"
MANY: Final = 100_000


class Ours:
    """Wishes are commands that give a session another title; effects are the events that its history shows."""

    def __init__(
        self, settings: OpsSettings, sender: KafkaSender, documents: MongoDatabase, streams: list[str]
    ) -> None:
        self._settings = settings
        self._sender = sender
        self._documents = documents
        self._streams = streams
        self._sent = 0
        self.name = "Playhead"
        self.how = (
            "as `playhead up` runs it; acknowledged: Kafka has the command (acks=all); effects: documents of the events"
            " in MongoDB; killed: the service `session`, which decides, projects and runs the policies"
        )

    async def send(self, wish: Wish) -> bool:
        self._sent += 1
        asked = command(wish.id, "session", wish.stream, EditSession(title=f"Take {wish.number}"))
        try:
            await self._sender.send([asked])
        except Unavailable:
            return False
        return True

    async def done(self) -> int:
        return await self._documents.of_tenant("session_history", TENANT).count(self._retitled(), limit=MANY)

    async def idle(self) -> bool:
        outcomes = self._documents.of_tenant("session_commands", TENANT)
        where = {"streamId": {"$in": self._streams}, "type": EditSession.TYPE}
        return await outcomes.count(where, limit=MANY) == self._sent

    async def kill(self) -> None:
        os.kill(_pid(self._settings), signal.SIGKILL)

    async def effects(self) -> Sequence[UUID]:
        """In the order of their streams' versions."""
        sort = [("stream", 1), ("version", 1)]
        history = self._documents.of_tenant("session_history", TENANT)
        found: list[dict[str, Any]] = [*await history.find(self._retitled(), sort=sort, limit=MANY, without=("data",))]
        return [UUID(one["commandId"]) for one in found]

    def _retitled(self) -> dict[str, Any]:
        return {"stream": {"$in": self._streams}, "type": "session.retitled"}


@asynccontextmanager
async def ours(settings: OpsSettings, streams: Sequence[UUID]) -> AsyncGenerator[Ours]:
    """Over the running services; every session is open. `StackError` where `playhead up` did not start them."""
    _pid(settings)
    sender = KafkaSender(kafka(settings), COMMANDS_OF)
    await sender.start()
    try:
        async with mongo(settings, "playhead-bench") as documents:
            await sender.send([command(clock.new_id(), "session", stream, _open(stream)) for stream in streams])
            yield Ours(settings, sender, documents, [_stream(stream) for stream in streams])
    finally:
        await sender.close()


def _pid(settings: OpsSettings) -> int:
    for process in (live_state(settings.data_dir) or {}).get("processes", []):
        if process["name"] == SERVICE:
            return int(process["pid"])
    raise StackError(f"the service `{SERVICE}` does not run in {settings.data_dir}. `playhead up` starts it.")


def _open(session: UUID) -> OpenSession:
    return OpenSession(session_id=session, account_id=clock.new_id(), prompt="Why is the sea salt?")


def _stream(session: UUID) -> str:
    return stream_id("session", TENANT, str(session))
