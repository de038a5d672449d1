"""How far a job has come for good: what whoever takes it over does not do again."""

from bisect import bisect_right
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import asyncpg

from blobs.objects import open_blobs
from services.render.stages import parts
from tests.chaos.system import System

_LOOK = "SELECT stream, state, cardinality(stages_left) AS stages_left FROM render.queue WHERE session_id = $1"


class Reached(NamedTuple):
    """Grows while the job goes on. `stages`: 0, or how many are left, below 0; `parts`: of the one that is next."""

    over: bool
    stages: int
    parts: int


class Step(NamedTuple):
    """Seconds after the job was asked for, when so much was there for the first time."""

    seconds: float
    reached: Reached


class Eyes:
    """On the one job of a session."""

    def __init__(self, system: System, connection: "asyncpg.Connection[asyncpg.Record]", session: UUID) -> None:
        self._blobs = open_blobs(system.blobs)
        self._connection = connection
        self._session = session

    async def look(self) -> Reached | None:
        """None while there is no job."""
        row = await self._connection.fetchrow(_LOOK, self._session, timeout=10)
        if row is None:
            return None
        return Reached(row["state"] == "over", -row["stages_left"], await parts.count(self._blobs, row["stream"]))


@asynccontextmanager
async def eyes(system: System, session: UUID) -> AsyncGenerator[Eyes]:
    """On a connection of their own."""
    connection = await asyncpg.connect(system.endpoints.postgres, timeout=10)
    try:
        yield Eyes(system, connection, session)
    finally:
        await connection.close(timeout=10)


def since(steps: Sequence[Step], reached: Reached) -> float:
    """When a job that nothing happened to, and that took these steps, had come so far."""
    place = bisect_right(steps, reached, key=lambda step: step.reached)
    return steps[place - 1].seconds if place else 0.0
