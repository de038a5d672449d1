"""The rival eventsourcing at work: its two processes, and wishes for them."""

import asyncio
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
_TRACKED = "SELECT count(to_regclass('{schema}.effects_tracking'))"


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
                    return await process.stdout.readline() == f"{wish.id}\n".encode()
            except (BrokenPipeError, ConnectionResetError):
                return False


@asynccontextmanager
async def sourced(url: str, streams: Sequence[UUID]) -> AsyncGenerator[Sourced]:
    """Both processes over a fresh schema, every session open."""
    async with tables(url) as kept:
        await asyncio.to_thread(_opened, kept, streams)
        told = kept.for_eventsourcing()
        async with (
            respawned(*_MODULE, "decide", told=told) as decider,
            projecting(kept) as projector,
        ):
            yield Sourced(kept, decider, projector)


@asynccontextmanager
async def projecting(kept: Tables) -> AsyncGenerator[Respawned]:
    """The process that projects, once it has its table."""
    async with respawned(*_MODULE, "project", told=kept.for_eventsourcing()) as projector:

        async def begun() -> bool:
            return bool(await kept.number(_TRACKED))

        await until(begun, START_SECONDS, "eventsourcing", "its projection did not begin")
        yield projector


def _opened(kept: Tables, streams: Sequence[UUID]) -> None:
    studio = Studio(env=dict(kept.for_eventsourcing()))
    for session in streams:
        studio.open(session, clock.new_id(), clock.new_id(), "Why is the sea salt?")
    studio.close()
