"""Parked records in PostgreSQL: what waits, and taking it out of parking together with what it became."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from eventlog.commit import Record
from eventlog.errors import Conflict
from eventlog.read.parked import Act, Release, Told
from eventlog.read.postgres.pool import Connection, Pool, our_errors, statement
from eventlog.read.snapshot import ParkedRecord

_OLDEST = statement("oldest_parked")
_WAITING = statement("waiting")
_UNPARK = statement("unpark")
_KEEP = statement("keep_discarded")
_RELEASED = statement("released")
_ADD_ACT = statement("add_act")
_ACTS = statement("acts")


class ParkedRows:
    """The parked records of one projector."""

    def __init__(self, pool: Pool, projector: str, seconds: float) -> None:
        self._pool = pool
        self._projector = projector
        self._seconds = seconds

    async def oldest(self, topic: str, partition: int) -> Record | None:
        """See `ProjectionStore.oldest_parked`."""
        with our_errors():
            async with asyncio.timeout(self._seconds), self._pool.acquire() as connection:
                row = await connection.fetchrow(_OLDEST, self._projector, topic, partition)
        return Record(row["offset"], row["key"], row["value"], row["id"], row["prev"]) if row else None

    async def waiting(self, topic: str, partition: int, stream: str, limit: int) -> Sequence[ParkedRecord]:
        """See `ParkedStore.waiting`."""
        with our_errors():
            async with asyncio.timeout(self._seconds), self._pool.acquire() as connection:
                rows = await connection.fetch(_WAITING, self._projector, topic, partition, stream, limit)
        return [
            ParkedRecord(
                topic,
                partition,
                stream,
                Record(row["offset"], row["key"], row["value"], row["id"], row["prev"]),
                row["reason"],
            )
            for row in rows
        ]

    async def release(
        self,
        topic: str,
        partition: int,
        release: Release,
        write: Callable[[Connection], Awaitable[None]],
        generation: int | None = None,
    ) -> None:
        """See `ParkedStore.release`. `write` writes what the records became, in the same transaction.

        `generation` is the one that it writes into; None where nothing is written, as every generation leaves out what
        was discarded.
        """
        place = (self._projector, topic, partition)
        these = (*place, release.stream, list(release.offsets))
        with our_errors():
            async with asyncio.timeout(self._seconds), self._pool.acquire() as connection, connection.transaction():
                # The row that the projector moves is taken first: whatever it parks comes before this, or after.
                if not (await connection.execute(_RELEASED, *place, generation)).endswith(" 1"):
                    raise Conflict(
                        f"{self._projector} has no position in {topic}[{partition}], or another generation of its "
                        "tables has become the current one: look again"
                    )
                first = await connection.fetch(_WAITING, *place, release.stream, len(release.offsets))
                if tuple(row["offset"] for row in first) != release.offsets:
                    raise Conflict(f"what waits of {release.stream} is not what it was: look again")
                if release.act.action == "discarded":
                    await connection.execute(_KEEP, *these)
                await connection.execute(_UNPARK, *these)
                await write(connection)
                act = release.act
                await connection.execute(_ADD_ACT, *these, act.action, act.by, act.reason, act.at)

    async def acts(self, limit: int) -> Sequence[Told]:
        """See `ParkedStore.acts`."""
        with our_errors():
            async with asyncio.timeout(self._seconds), self._pool.acquire() as connection:
                rows = await connection.fetch(_ACTS, self._projector, limit)
        return [
            Told(
                self._projector,
                row["topic"],
                row["partition"],
                row["stream"],
                tuple(row["offsets"]),
                Act(row["action"], row["actor"], row["reason"], row["happened_at"]),
            )
            for row in rows
        ]
