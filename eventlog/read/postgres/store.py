"""A projector's rows in PostgreSQL: views, journals, parked records and its checkpoint, in one transaction."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import asyncpg

from eventlog.commit import Position, Record
from eventlog.errors import Conflict
from eventlog.read.parked import Release, Told
from eventlog.read.postgres.parked import ParkedRows
from eventlog.read.postgres.pool import Connection, Pool, our_errors, statement
from eventlog.read.postgres.snapshot import PostgresSnapshot, open_snapshot, position_of
from eventlog.read.postgres.table import STREAM, Table, read_table, replace_views
from eventlog.read.projection import Journal, Projection, Row, View
from eventlog.read.projector import Changes, Parked, Place
from eventlog.read.snapshot import ParkedRecord, Partition
from eventlog.read.store import Checkpoint, Unkeepable, refuse_other_folds

SECONDS = 20.0
"""For one commit of a batch."""

_CHECKPOINT = statement("checkpoint")
_COUNTS = statement("parked_counts")
_CURRENT = statement("current_generation")
_BEGIN = statement("begin_checkpoint")
_MOVE = statement("move_checkpoint")
_PARK = statement("park")
_UNFIT = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.CardinalityViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
)


class PostgresProjectionStore:
    """The store of one projector. A projection is a table with a column `stream` and a key, a journal one with a key.

    Names are `schema.table`. `untouched` names columns of a table that belong to somebody else (a lease, say): they
    are neither read nor written here. Generated columns never are.

    `beside` is the number of a generation that is not the current one; without it the store is of the current one, and
    what is written after another has become that is refused. `watching`: it reads only, whatever folds have written.
    """

    def __init__(
        self,
        pool: Pool,
        projector: str,
        projections: Iterable[Projection],
        journals: Iterable[Journal] = (),
        untouched: Mapping[str, Collection[str]] | None = None,
        seconds: float = SECONDS,
        *,
        beside: int | None = None,
        watching: bool = False,
    ) -> None:
        self._pool = pool
        self._of = projector
        self._beside = beside
        self._watching = watching
        self.projector = projector if beside is None else name_beside(projector, beside)
        kept = [*projections, *journals]
        self._keys = {one.name: one.key for one in kept}
        self._folds = {one.name: one.version for one in kept}
        self._began: dict[Partition, int] = {}
        self._untouched = untouched or {}
        self._seconds = seconds
        self._tables: dict[str, Table] = {}
        self._parked = ParkedRows(pool, self.projector, seconds)
        self._released: dict[tuple[str, int], int] = {}

    async def checkpoint(self, topic: str, partition: int) -> Checkpoint | None:
        mine = (self.projector, topic, partition)
        with our_errors():
            async with asyncio.timeout(self._seconds), self._pool.acquire() as connection:
                kept = await connection.fetchrow(_CHECKPOINT, *mine)
                self._released[topic, partition] = kept["released"] if kept else 0
                if kept is None:
                    self._began[topic, partition] = self._beside or await connection.fetchval(_CURRENT, mine[0]) or 0
                    return None
                if not self._watching:
                    refuse_other_folds(self.projector, kept["folds"], self._folds)
                self._began[topic, partition] = kept["generation"]
                parked = {row["stream"]: row["waiting"] for row in await connection.fetch(_COUNTS, *mine)}
        return Checkpoint(position_of(kept), parked)

    async def oldest_parked(self, topic: str, partition: int) -> Record | None:
        return await self._parked.oldest(topic, partition)

    async def waiting(self, topic: str, partition: int, stream: str, limit: int) -> Sequence[ParkedRecord]:
        return await self._parked.waiting(topic, partition, stream, limit)

    async def release(self, topic: str, partition: int, release: Release) -> None:
        async def write(connection: Connection) -> None:
            await self._write(connection, release.changes)

        generation = self._began.get((topic, partition), 0) if release.changes else None
        try:
            await self._parked.release(topic, partition, release, write, generation)
        except _UNFIT as error:
            raise await self._unkeepable(release.changes, error) from error

    async def acts(self, limit: int) -> Sequence[Told]:
        return await self._parked.acts(limit)

    async def load(self, places: Sequence[Place]) -> Mapping[Place, View]:
        streams: dict[str, list[str]] = {}
        for name, stream in places:
            streams.setdefault(name, []).append(stream)
        views: dict[Place, list[Row]] = {}
        with our_errors():
            async with asyncio.timeout(self._seconds), self._pool.acquire() as connection:
                for name, wanted in streams.items():
                    table = await self._table(connection, name)
                    for row in await connection.fetch(table.load, wanted):
                        views.setdefault((name, row[STREAM]), []).append(dict(row))
        return {place: tuple(rows) for place, rows in views.items()}

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        try:
            with our_errors():
                async with asyncio.timeout(self._seconds), self._pool.acquire() as connection:
                    if not changes:  # one statement is a transaction
                        await self._move(connection, topic, partition, expected, position)
                        return
                    async with connection.transaction():
                        await self._move(connection, topic, partition, expected, position)
                        await self._write(connection, changes)
                        if changes.parked:
                            await connection.execute(_PARK, self.projector, topic, partition, *_arrays(changes.parked))
        except _UNFIT as error:
            raise await self._unkeepable(changes, error) from error

    def snapshot(self) -> AbstractAsyncContextManager[PostgresSnapshot]:
        """Everything that this projector has written, as of one moment."""
        names = (self.projector, self._of)
        return open_snapshot(self._pool, names, self._table, list(self._keys))

    async def _move(
        self, connection: Connection, topic: str, partition: int, expected: Position | None, position: Position
    ) -> None:
        began = self._began.get((topic, partition), self._beside or 0)
        place = (self.projector, topic, partition, *_fields(position), self._folds, began)
        if expected is None:
            moved = await connection.execute(_BEGIN, *place)
        else:
            released = self._released.get((topic, partition))
            moved = await connection.execute(_MOVE, *place, *_fields(expected), released)
        if not moved.endswith(" 1"):
            raise Conflict(
                f"{self.projector} does not stand at {expected or 'no position'} in {topic}[{partition}]: "
                "another process moved it, or dealt with what it had parked; read the checkpoint"
            )

    async def _write(self, connection: Connection, changes: Changes) -> None:
        views: dict[str, dict[str, View]] = {}
        for (name, stream), view in changes.views.items():
            views.setdefault(name, {})[stream] = view
        for name, by_stream in views.items():
            begun = {stream for stream in by_stream if (name, stream) in changes.begun}
            await replace_views(connection, await self._table(connection, name), by_stream, begun)
        for (name, field), streams in changes.forgotten.items():
            await connection.execute((await self._table(connection, name)).forget(field), streams)
        for name, rows in changes.entries.items():
            if rows:
                table = await self._table(connection, name)
                if not await table.copy(connection, rows):
                    await connection.execute(table.add, *table.arrays(rows))

    async def _table(self, connection: Connection, name: str) -> Table:
        """As the catalogue described it when it was first needed: a changed table needs a restart."""
        if name not in self._tables:
            untouched = self._untouched.get(name, ())
            where = name if self._beside is None else table_beside(name, self._beside)
            self._tables[name] = await read_table(connection, where, self._keys[name], untouched)
        return self._tables[name]

    async def _unkeepable(self, changes: Changes, error: Exception) -> Unkeepable:
        """Find whose rows it was by writing them again one by one, in a transaction that is undone."""
        alone = [Changes(views={place: view}) for place, view in changes.views.items()]
        alone += [Changes(entries={name: [row]}) for name, rows in changes.entries.items() for row in rows]
        with our_errors():
            async with self._pool.acquire(timeout=self._seconds) as connection:
                for one in alone:
                    attempt = connection.transaction()
                    await attempt.start()
                    try:
                        await self._write(connection, one)
                    except _UNFIT as found:
                        return Unkeepable(_place(one), _reason(found))
                    finally:
                        await attempt.rollback()
        return Unkeepable((next((name for name, _ in changes.views), "?"), ""), _reason(error))


def name_beside(projector: str, generation: int) -> str:
    """Under which name the positions of a generation are kept that is not the current one."""
    return f"{projector}@{generation}"


def table_beside(name: str, generation: int) -> str:
    """Where a table is as long as its generation is not the current one: in a schema beside."""
    schema, _, table = name.rpartition(".")
    return f"{schema or 'public'}_g{generation}.{table}"


def _fields(position: Position) -> tuple[bytes, int, int, bytes, int]:
    return position.head, position.head_offset, position.next_offset, position.last_id, position.last_offset


def _arrays(parked: Sequence[Parked]) -> list[list[object]]:
    """The columns of `park.sql`; PostgreSQL has no text with a zero byte in it."""
    rows = [(one.record.offset, _text(one.stream), _text(one.reason), *one.record[1:]) for one in parked]
    return [list(column) for column in zip(*rows, strict=True)]


def _text(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _place(one: Changes) -> Place:
    for place in one.views:
        return place
    return next((name, str(rows[0].get(STREAM, ""))) for name, rows in one.entries.items())


def _reason(error: Exception) -> str:
    """What is wrong, without the value: that may be a person's."""
    if isinstance(error, asyncpg.PostgresError):
        where = error.column_name or error.constraint_name or ""
        return f"{type(error).__name__} {where}".rstrip()
    return str(error) if type(error) is ValueError else type(error).__name__
