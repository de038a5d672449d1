"""The rival eventsourcing at work: its two processes, and wishes for them."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from eventlog import clock
from eventlog.errors import Unavailable
from ops.bench.rivals.counting import Wish
from ops.bench.rivals.processes import Respawned, respawned
from ops.bench.rivals.sourced import Studio
from ops.bench.rivals.tables import Tables, tables
from ops.bench.rivals.waiting import until

ANSWER_SECONDS = 30.0
START_SECONDS = 30.0
_MODULE = ("-m", "ops.bench.rivals.sourced")
_BEHIND = """
SELECT (SELECT max(notification_id) FROM {schema}.studio_events)
     - coalesce((SELECT max(notification_id) FROM {schema}.effects_tracking WHERE application_name = 'Studio'), 0)
"""
_LISTENING = """
SELECT count(*) FROM pg_stat_activity WHERE application_name = '{schema}' AND state = 'idle' AND query LIKE 'LISTEN%'
"""


class Sourced:
    """Wishes go one by one to a process that saves an aggregate; another one projects. A kill kills both."""

    def __init__(self, kept: Tables, decider: Respawned, projector: Respawned) -> None:
        self._tables = kept
        self._decider = decider
        self._projector = projector
        self._whole = asyncio.Lock()
        self.name = "eventsourcing"
        self.how = (
            "each wish reads, changes and saves an aggregate in PostgreSQL, is then acknowledged, and is sent again"
            " until it is; a projection follows by subscription and writes its row and its tracking in one transaction;"
            " both processes are killed"
        )

    async def send(self, wish: Wish) -> bool:
        while not await self._saved(wish):
            pass  # it was killed: whether it had saved is unknown, and the library knows no id of a wish
        return True

    async def done(self) -> int:
        return await self._tables.done()

    async def idle(self) -> bool:
        return await self._tables.number(_BEHIND) == 0

    async def kill(self) -> None:
        self._decider.strike()  # whoever waits for its answer hears of it before the next one is there
        async with self._whole:
            await self._projector.kill()
            await _listening(self._tables)
            await self._decider.kill()

    async def effects(self) -> Sequence[UUID]:
        return await self._tables.effects()

    async def _saved(self, wish: Wish) -> bool:
        async with self._whole:
            process = self._decider.process
            if process.stdin is None or process.stdout is None:
                raise Unavailable(self.name, "the process has no pipes")
            try:
                process.stdin.write(f"{wish.id} {wish.stream} {wish.number}\n".encode())
                await process.stdin.drain()
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await process.stdout.readline()
            except (BrokenPipeError, ConnectionResetError):
                answer = b""
            if not answer and (code := await process.wait()) != -signal.SIGKILL:
                raise Unavailable(self.name, f"its process that saves ended by itself, with code {code}")
            return answer == f"{wish.id}\n".encode()


@asynccontextmanager
async def sourced(url: str, streams: Sequence[UUID]) -> AsyncGenerator[Sourced]:
    """Both processes over a fresh schema, every session open."""
    async with tables(url) as kept:
        await asyncio.to_thread(_opened, kept, streams)
        async with (
            projecting(kept) as projector,
            respawned(*_MODULE, "decide", told=kept.for_eventsourcing()) as decider,
        ):
            yield Sourced(kept, decider, projector)


@asynccontextmanager
async def projecting(kept: Tables) -> AsyncGenerator[Respawned]:
    """The process that projects, once it hears of what is saved."""
    async with respawned(*_MODULE, "project", told=kept.for_eventsourcing()) as projector:
        await _listening(kept)
        yield projector


async def _listening(kept: Tables) -> None:
    """Return when the projection hears of what is saved. Raises `Unavailable`.

    The library makes its tables as it starts, which two processes must not do at once; and it looks for events before
    it listens for them, so what is saved in between is projected only after the next one.
    """

    async def so() -> bool:
        return bool(await kept.number(_LISTENING))

    await until(so, START_SECONDS, "eventsourcing", "its projection did not begin")


def _opened(kept: Tables, streams: Sequence[UUID]) -> None:
    studio = Studio(env=dict(kept.for_eventsourcing()))
    for session in streams:
        studio.open(session, clock.new_id(), clock.new_id(), "Why is the sea salt?")
    studio.close()
