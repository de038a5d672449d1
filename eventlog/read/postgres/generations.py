"""Generations of a projector's tables in PostgreSQL.

The current one has the names that everybody asks for; any other is in a schema beside: `analytics_g3.fact_job`. To
switch is to move tables between schemas, with the views that read them, the positions and the book of generations, in
one transaction: a reader waits for it for a moment, and then finds the new tables under the names that he asked for.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
import msgspec

from eventlog.errors import Conflict
from eventlog.read.postgres.pool import Connection, Pool, our_errors, our_errors_but_locks, statement
from eventlog.read.postgres.snapshot import position_of
from eventlog.read.postgres.store import PostgresProjectionStore, name_beside, table_beside
from eventlog.read.postgres.table import quoted
from eventlog.read.projection import Journal, Projection
from eventlog.read.rebuild.generations import Generations, RebuildRefused
from eventlog.read.rebuild.port import HOLD_SECONDS, POUR_SECONDS, Vector

LOCK_MILLISECONDS = 250
"""For which readers may be made to wait for a lock that others hold. Less than `deadlock_timeout`: so it is the switch
that gives way, never a reader."""

_READ = statement("read_generations")
_WRITE = statement("write_generations")
_HOLD = statement("hold_generations")
_RELEASE = statement("release_generations")
_STANDS = statement("stands")
_RENAME = (statement("rename_checkpoints"), statement("rename_parked"))
_FORGET = (statement("forget_checkpoints"), statement("forget_parked"))
_FORGET_DISCARDED = statement("forget_discarded")
_RELEASES = statement("releases")
_SHAPE = statement("shape")
_VIEWS = statement("views_on")
_BOUND = statement("bound_to")
_MOMENTS = statement("moments")


class PostgresGenerations:
    """`GenerationStore` of one projector. It has to be the owner of the tables."""

    def __init__(
        self,
        pool: Pool,
        projector: str,
        projections: Iterable[Projection],
        journals: Iterable[Journal] = (),
        untouched: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._pool = pool
        self._projector = projector
        self._folds = (tuple(projections), tuple(journals))
        self._untouched = untouched
        self._names = [one.name for folds in self._folds for one in folds]

    async def read(self) -> Generations:
        with our_errors():
            kept = await self._pool.fetchval(_READ, self._projector)
        return msgspec.convert(kept, Generations) if kept else Generations(self._projector)

    async def write(self, revision: int, after: Generations) -> None:
        with our_errors():
            async with self._pool.acquire() as connection:
                await self._write(connection, revision, after)

    async def hold(self, holder: str) -> bool:
        with our_errors():
            return (await self._pool.execute(_HOLD, self._projector, holder, HOLD_SECONDS)).endswith(" 1")

    async def release(self, holder: str) -> None:
        with our_errors():
            await self._pool.execute(_RELEASE, self._projector, holder)

    async def released(self) -> int:
        with our_errors():
            return await self._pool.fetchval(_RELEASES, self._projector)

    def live(self) -> PostgresProjectionStore:
        return PostgresProjectionStore(self._pool, self._projector, *self._folds, self._untouched, watching=True)

    def beside(self, generation: int) -> PostgresProjectionStore:
        return PostgresProjectionStore(
            self._pool, self._projector, *self._folds, self._untouched, POUR_SECONDS, beside=generation
        )

    async def make(self, generation: int) -> None:
        async with self._transaction() as connection:
            await self._refuse_bound(connection)
            await self._drop(connection, generation)
            for name in self._names:
                beside = quoted(table_beside(name, generation))
                await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_schema(beside)}")
                await connection.execute(f"CREATE TABLE {beside} (LIKE {_live(name)} INCLUDING ALL EXCLUDING INDEXES)")
                for row in await connection.fetch(_SHAPE, _live(name), beside):
                    await connection.execute(row["said"])

    async def drop(self, generation: int) -> None:
        if (await self.read()).current == generation:
            raise RebuildRefused(f"{self._projector}: generation {generation} is the current one: it is not dropped")
        async with self._transaction() as connection:
            await self._drop(connection, generation)

    async def switch(self, revision: int, after: Generations, catch_up: Callable[[Vector], Awaitable[object]]) -> None:
        before, new = after.previous, after.current
        assert before is not None
        try:
            async with self._transaction() as connection:
                stands = await _stands(connection, self._projector)
                await catch_up(stands)
                if await _stands(connection, name_beside(self._projector, new)) != stands:
                    raise Conflict(f"{self._projector}: the generations do not stand at the same place")
                await self._write(connection, revision, after)
                await self._rename(connection, self._projector, name_beside(self._projector, before), before)
                await self._rename(connection, name_beside(self._projector, new), self._projector, new)
                await connection.execute(_FORGET_DISCARDED, self._projector)
                await self._refuse_bound(connection)
                await self._move_tables(connection, before, new)
        except asyncpg.LockNotAvailableError as error:
            raise Conflict(
                f"{self._projector}: somebody reads one of its tables for longer than a switch may make others wait. "
                "pg_stat_activity tells who; try again when that has ended"
            ) from error

    async def _move_tables(self, connection: Connection, before: int, new: int) -> None:
        """Views first: who reads a view has it before its tables, and must get those."""
        if reader := await connection.fetchval(_MOMENTS):
            raise Conflict(f"{self._projector}: {reader} is in the middle of reading one moment: wait for its end")
        views = await connection.fetch(_VIEWS, [_live(name) for name in self._names])
        for view in views:
            await connection.execute(view["locked"])
        for name in self._names:
            old, beside = quoted(table_beside(name, before)), quoted(table_beside(name, new))
            await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_schema(old)}")
            await connection.execute(f"ALTER TABLE {_live(name)} SET SCHEMA {_schema(old)}")
            await connection.execute(f"ALTER TABLE {beside} SET SCHEMA {_schema(_live(name))}")
        for view in views:
            await connection.execute(view["made"])

    async def _write(self, connection: Connection, revision: int, after: Generations) -> None:
        kept = msgspec.to_builtins(after)
        written = await connection.execute(_WRITE, self._projector, revision, after.revision, kept)
        if not written.endswith(" 1"):
            raise Conflict(f"{self._projector}: its generations are not at revision {revision} any more: read them")

    async def _drop(self, connection: Connection, generation: int) -> None:
        for forget in _FORGET:
            await connection.execute(forget, name_beside(self._projector, generation))
        schemas: set[str] = set()
        for name in self._names:
            beside = quoted(table_beside(name, generation))
            await connection.execute(f"DROP TABLE IF EXISTS {beside}")
            schemas.add(_schema(beside))
        for schema in sorted(schemas):
            try:
                async with connection.transaction():
                    await connection.execute(f"DROP SCHEMA IF EXISTS {schema}")
            except asyncpg.DependentObjectsStillExistError:
                continue  # another projector has a generation of this number

    async def _rename(self, connection: Connection, name: str, after: str, generation: int) -> None:
        await connection.execute(_RENAME[0], name, after, generation)
        await connection.execute(_RENAME[1], name, after)

    async def _refuse_bound(self, connection: Connection) -> None:
        bound = [row["what"] for row in await connection.fetch(_BOUND, [_live(name) for name in self._names])]
        if bound:
            raise RebuildRefused(
                f"{self._projector}: {', '.join(bound)} would stay with the old tables: it is bound to them, not to "
                "their names. Make it anew so that it finds them by name, or drop it for the time of the rebuild."
            )

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Connection]:
        """Names are written out in full in it, and it waits for nobody for long."""
        with our_errors_but_locks():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
                await connection.execute("SET LOCAL search_path = pg_catalog")
                yield connection


def _live(name: str) -> str:
    return quoted(name if "." in name else f"public.{name}")


def _schema(table: str) -> str:
    """Of a quoted name; ours have no dot inside."""
    return table.partition(".")[0]


async def _stands(connection: Connection, projector: str) -> Vector:
    rows: Sequence[asyncpg.Record] = await connection.fetch(_STANDS, projector)
    return {(row["topic"], row["partition"]): position_of(row) for row in rows}
