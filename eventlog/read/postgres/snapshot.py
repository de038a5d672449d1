"""Everything that a projector has written into PostgreSQL, as of one moment."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from eventlog.commit import Position, Record
from eventlog.read.postgres.pool import Connection, Pool, our_errors, statement
from eventlog.read.postgres.table import Table
from eventlog.read.projection import Row
from eventlog.read.snapshot import ParkedRecord, Partition, waiting_of
from eventlog.read.store import Checkpoint

SECONDS = 10.0
"""To open a snapshot."""
_PAGE = 2_000
_CHECKPOINTS = statement("checkpoints")
_PARKED = statement("parked")
_PAUSES = "SET LOCAL idle_in_transaction_session_timeout = '10min'"


def position_of(row: asyncpg.Record) -> Position:
    """The position in a row of `playhead.checkpoints`."""
    return Position(row["head"], row["head_offset"], row["next_offset"], row["last_id"], row["last_offset"])


class PostgresSnapshot:
    """Reads of one REPEATABLE READ transaction. It holds back vacuum as long as it is open."""

    def __init__(self, connection: Connection, names: tuple[str, str], tables: Mapping[str, Table]) -> None:
        self._connection = connection
        self._names = names
        self._tables = tables

    async def checkpoints(self) -> Mapping[Partition, Checkpoint]:
        parked = waiting_of([one async for one in self.parked()])
        with our_errors():
            kept = await self._connection.fetch(_CHECKPOINTS, self._names[0])
        return {
            partition: Checkpoint(position_of(row), parked.get(partition, {}))
            for row in kept
            for partition in [(row["topic"], row["partition"])]
        }

    async def parked(self) -> AsyncIterator[ParkedRecord]:
        with our_errors():
            async for row in self._connection.cursor(_PARKED, *self._names, prefetch=_PAGE):
                record = Record(row["offset"], row["key"], row["value"], row["id"], row["prev"])
                yield ParkedRecord(
                    row["topic"], row["partition"], row["stream"], record, row["reason"], row["discarded"]
                )

    async def rows(self, name: str) -> AsyncIterator[Row]:
        with our_errors():
            async for row in self._connection.cursor(self._tables[name].select, prefetch=_PAGE):
                yield dict(row)

    def as_kept(self, name: str, row: Row, /) -> Row:
        return self._tables[name].as_kept(row)


@asynccontextmanager
async def open_snapshot(
    pool: Pool, names: tuple[str, str], table: Callable[[Connection, str], Awaitable[Table]], kept: Sequence[str]
) -> AsyncGenerator[PostgresSnapshot]:
    """A transaction that reads one moment of the tables `kept`. Raises `Unavailable`.

    `names`: under which name this generation's positions are, and under which what was discarded of every generation.
    """
    async with AsyncExitStack() as stack:
        with our_errors():
            connection = await stack.enter_async_context(pool.acquire(timeout=SECONDS))
            # Whoever was cancelled between preparing a statement and running it has left the server in a transaction
            # of which the driver does not know, and in which no isolation can be chosen. Any simple query ends it.
            await connection.execute("SELECT 1")
            await stack.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
            async with asyncio.timeout(SECONDS):
                await connection.execute(_PAUSES)
                tables = {name: await table(connection, name) for name in kept}
        yield PostgresSnapshot(connection, names, tables)
