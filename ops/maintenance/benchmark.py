"""How long the stores take for what the services ask of them: connecting, a point read, a list, a write.

Writes are made in transactions that are taken back, so nothing is left behind. The questions are those of the
gateway, asked of what is there: an empty store answers faster than a full one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import asyncpg

from eventlog.clock import new_id
from eventlog.read.mongo import MongoDatabase
from eventlog.read.postgres.pool import Connection, Pool, our_errors

CONNECTS = 10
SECONDS = 10.0
LISTED = 50
_POINT = "SELECT * FROM analytics.fact_session WHERE stream = $1"
_LIST = """
SELECT * FROM analytics.fact_session WHERE tenant_id = (SELECT min(tenant_id) FROM analytics.fact_session)
ORDER BY created_at DESC LIMIT $1
"""
_WRITE = """
INSERT INTO playhead.checkpoints (projector, topic, partition, head, head_offset, next_offset, last_id, last_offset)
VALUES ($1, 'benchmark', 0, '', 0, 0, '', 0)
"""

Operation: TypeAlias = Callable[[], Awaitable[object]]


class Timing(NamedTuple):
    """Milliseconds of one operation of one store, over `runs`; `missing` says why there are none."""

    store: str
    operation: str
    runs: int
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    most: float = 0.0
    missing: str = ""


class Takes(NamedTuple):
    """One thing to time."""

    store: str
    operation: str
    runs: int
    run: Operation


def operations(dsn: str, pool: Pool, uri: str, name: str, database: MongoDatabase, runs: int) -> Sequence[Takes]:
    """Everything that is timed, in order."""
    some = f"session-{new_id()}"
    sessions = database.collection("sessions")

    async def connect_mongo() -> None:
        fresh = MongoDatabase.connect(uri, name, application="playhead-maintenance")
        try:
            await fresh.ping()
        finally:
            fresh.close()

    return (
        Takes("PostgreSQL", "connect", min(runs, CONNECTS), lambda: _connect_postgres(dsn)),
        Takes("PostgreSQL", "point read", runs, lambda: pool.fetchrow(_POINT, some, timeout=SECONDS)),
        Takes("PostgreSQL", f"list of {LISTED}", runs, lambda: pool.fetch(_LIST, LISTED, timeout=SECONDS)),
        Takes("PostgreSQL", "write, taken back", runs, lambda: _write_postgres(pool)),
        Takes("MongoDB", "connect", min(runs, CONNECTS), connect_mongo),
        Takes("MongoDB", "point read", runs, lambda: sessions.find_one({"_id": some})),
        Takes("MongoDB", f"list of {LISTED}", runs, lambda: sessions.find({}, sort=[("_id", -1)], limit=LISTED)),
        Takes(
            "MongoDB", "write, taken back", runs, lambda: database.try_writing("checkpoints", {"_id": str(new_id())})
        ),
    )


async def measure(takes: Takes, progress: Callable[[int], None]) -> Timing:
    """Run it one time after another, after one run that does not count. Raises `Unavailable`."""
    loop = asyncio.get_running_loop()
    taken: list[float] = []
    try:
        with our_errors():
            await takes.run()
            for number in range(takes.runs):
                begun = loop.time()
                await takes.run()
                taken.append((loop.time() - begun) * 1000)
                progress(number + 1)
    except asyncpg.UndefinedTableError as error:
        return Timing(takes.store, takes.operation, 0, missing=f"{error}: run `playhead migrate`")
    taken.sort()
    p50, p95, p99, most = (round(_at(taken, part), 3) for part in (50, 95, 99, 100))
    return Timing(takes.store, takes.operation, takes.runs, p50, p95, p99, most)


def as_dict(timing: Timing) -> Mapping[str, object]:
    """For programs."""
    return {
        "store": timing.store,
        "operation": timing.operation,
        "runs": timing.runs,
        "p50Ms": timing.p50,
        "p95Ms": timing.p95,
        "p99Ms": timing.p99,
        "maxMs": timing.most,
        "missing": timing.missing,
    }


def _at(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that at least so many percent do not exceed."""
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)]


async def _connect_postgres(dsn: str) -> None:
    connection = await asyncpg.connect(
        dsn, timeout=SECONDS, command_timeout=SECONDS, server_settings={"application_name": "playhead-maintenance"}
    )
    await connection.close()


async def _write_postgres(pool: Pool) -> None:
    async with pool.acquire(timeout=SECONDS) as connection:
        await _write(connection)


async def _write(connection: Connection) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(_WRITE, f"benchmark.{new_id()}", timeout=SECONDS)
    finally:
        await transaction.rollback()
