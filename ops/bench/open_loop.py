"""Commands at their intended moments, and when the documents that show them could be read.

Open loop: each command has a moment of its own, and its latency counts from there, whether or not the one before was
done. A store that stands still is seen in the latencies of all who would have come meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple
from uuid import UUID

from contracts.envelope import Command
from contracts.topics import COMMANDS_OF
from eventlog.kafka import KafkaSender
from eventlog.read.mongo import MongoDatabase
from ops.commands.reach import documents, endpoints, kafka
from ops.settings import OpsSettings

FIRST_AFTER = 0.2
"""Seconds before the first moment: the tasks begin."""


class Seen(NamedTuple):
    """A command, when it was to be sent and when its outcome was seen, in the loop's seconds; None: not seen."""

    intended: float
    visible: float | None

    @property
    def milliseconds(self) -> float:
        return float("inf") if self.visible is None else (self.visible - self.intended) * 1_000


class OpenLoop:
    """Sends to the running services and watches MongoDB, from `opened` on."""

    def __init__(self, sender: KafkaSender, rate: float) -> None:
        self._sender = sender
        self._rate = rate
        self._intended: dict[UUID, float] = {}
        self._visible: dict[UUID, float] = {}
        self._all_seen = asyncio.Event()

    async def send(self, given: Iterable[Command], ended: asyncio.Event | None = None) -> None:
        """Each at its moment, `rate` a second, until there is none left or it has `ended`."""
        loop = asyncio.get_running_loop()
        start = loop.time() + FIRST_AFTER
        async with asyncio.TaskGroup() as tasks:
            for number, command in enumerate(given):
                if ended is not None and ended.is_set():
                    return
                self._intended[command.id] = start + number / self._rate
                self._all_seen.clear()
                await asyncio.sleep(max(0.0, self._intended[command.id] - loop.time()))
                tasks.create_task(self._sender.send([command]))

    async def until_all_are_seen(self, seconds: float) -> None:
        """After something was sent. Returns after `seconds` at the latest: what is missing then, `seen` tells."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._all_seen.wait()

    def seen(self, ids: Iterable[UUID] | None = None) -> list[Seen]:
        """Of all that were sent, or of those, in the order of their moments."""
        chosen = self._intended if ids is None else ids
        return [Seen(self._intended[one], self._visible.get(one)) for one in chosen]

    def tell(self, id_: UUID, moment: float) -> None:
        """An outcome was read."""
        if id_ in self._intended:
            self._visible.setdefault(id_, moment)
            if len(self._visible) == len(self._intended):
                self._all_seen.set()


@asynccontextmanager
async def opened(settings: OpsSettings, rate: float) -> AsyncGenerator[OpenLoop]:
    """On the running services: the watch stands before the first command is sent."""
    loop = asyncio.get_running_loop()
    sender = KafkaSender(kafka(settings), COMMANDS_OF)
    await sender.start()
    database = MongoDatabase.connect(endpoints(settings).mongodb, documents(settings), application="playhead-bench")
    sending = OpenLoop(sender, rate)
    try:
        async with database.watch(["session_commands"]) as watch:

            async def look() -> None:
                while True:
                    if (change := await watch.next()) is not None:
                        sending.tell(UUID(change.document["_id"]), loop.time())

            async with asyncio.TaskGroup() as tasks:
                looking = tasks.create_task(look())
                try:
                    yield sending
                finally:
                    looking.cancel()
    finally:
        database.close()
        await sender.close()
