"""Commands at their intended moments, and when the documents that show them could be read.

Open loop: each command has a moment of its own, and its latency counts from there, whether or not the one before was
done. A store that stands still is seen in the latencies of all who would have come meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, NamedTuple
from uuid import UUID

from contracts.envelope import Command
from contracts.topics import COMMANDS_OF
from eventlog.errors import Conflict
from eventlog.kafka import KafkaSender
from eventlog.read.mongo import MongoDatabase
from ops.commands.reach import documents, endpoints, kafka
from ops.settings import OpsSettings

FIRST_AFTER = 0.2
"""Seconds before the first moment: the tasks begin."""
OUTCOMES: Final = "session_commands"


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

    def waiting(self) -> Sequence[UUID]:
        """What was to be sent and was not seen yet."""
        return [one for one in self._intended if one not in self._visible]

    def tell(self, id_: UUID, moment: float) -> None:
        """An outcome was read."""
        if id_ in self._intended:
            self._visible.setdefault(id_, moment)
            if len(self._visible) == len(self._intended):
                self._all_seen.set()


@asynccontextmanager
async def opened(settings: OpsSettings, rate: float) -> AsyncGenerator[OpenLoop]:
    """On the running services: the watch stands before the first command is sent."""
    sender = KafkaSender(kafka(settings), COMMANDS_OF)
    await sender.start()
    database = MongoDatabase.connect(endpoints(settings).mongodb, documents(settings), application="playhead-bench")
    sending = OpenLoop(sender, rate)
    try:
        async with asyncio.TaskGroup() as tasks:
            begun = asyncio.Event()
            looking = tasks.create_task(_look(database, sending, begun))
            await begun.wait()
            try:
                yield sending
            finally:
                looking.cancel()
    finally:
        database.close()
        await sender.close()


async def _look(database: MongoDatabase, sending: OpenLoop, begun: asyncio.Event) -> None:
    """Until cancelled. A switch to another generation ends a watch: what came before the next one is read."""
    loop = asyncio.get_running_loop()
    while True:
        async with database.watch([OUTCOMES]) as watch:
            begun.set()
            waiting = [str(one) for one in sending.waiting()]
            for outcome in await database.collection(OUTCOMES).find({"_id": {"$in": waiting}}, limit=len(waiting) + 1):
                sending.tell(UUID(outcome["_id"]), loop.time())
            with suppress(Conflict):
                while True:
                    if (change := await watch.next()) is not None:
                        sending.tell(UUID(change.document["_id"]), loop.time())
