"""P4 and P5: the fold of a rebuild into MongoDB and PostgreSQL, beside what each store takes of the same content when
nobody reads a log, verifies, decodes or folds: it is in memory, folded, and only written.

Into a database, or tables, of the benchmark's own, with the indexes, validators and rights of the real ones. After each
run, ours or the limit's, all that was written is read and hashed.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple

import msgspec

from eventlog import clock
from eventlog.commit import start
from eventlog.read.canonical import Content, canonical
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.mongo import MongoDatabase
from eventlog.read.mongo.current import physical
from eventlog.read.mongo.driver import CODECS, Database, InsertOne, connect
from eventlog.read.mongo.generations import MongoGenerations
from eventlog.read.postgres import Pool
from eventlog.read.postgres.generations import PostgresGenerations
from eventlog.read.postgres.store import table_beside
from eventlog.read.postgres.table import Table, read_table
from eventlog.read.projection import Journal, Projection, Row
from eventlog.read.rebuild.folding import Folding
from eventlog.read.rebuild.following import Following
from eventlog.read.rebuild.port import GenerationStore, Vector
from eventlog.read.replay import Source
from eventlog.read.snapshot import SnapshotStore
from eventlog.roles import Projector
from ops.bench.decided import decided
from ops.bench.measure import Figure, Round, in_turn
from ops.commands.reach import documents, endpoints, postgres
from ops.settings import OpsSettings
from services.analytics.handlers import WORKFLOWS
from services.session.handlers import DOCUMENTS
from services.session.stores import install

COUNT = 10_000
WRITTEN = 1_000
"""Documents that the limit writes at once."""
ROWS = 5_000
"""Rows that the limit writes at once, in a transaction with their position."""
GENERATION = 900_000_000
"""Far from any that a rebuild makes. Each run has one of its own, dropped before the next."""

Rows = Mapping[str, Sequence[Row]]


class Unwatched:
    """Nobody looks at it, and nothing makes it wait: that is measured elsewhere."""

    def went(self, what: str, done: int, of: int) -> None:
        """Nothing is drawn."""

    async def pause(self, records: int) -> None:
        """No waiting."""


class Rebuilt:
    """The rounds of one projector in one store: each begins with an empty generation and ends with its hash."""

    def __init__(
        self, store: GenerationStore, projector: Projector, source: Source, per_run: Callable[[Rows], int]
    ) -> None:
        self._store = store
        self._source = source
        self._kept: Sequence[Projection | Journal] = (*projector.projections, *projector.journals)
        self._folds = (projector.projections, projector.journals)
        self._per_run = per_run
        self._number = GENERATION
        self.rows: Rows = {}
        self.hashes: list[Mapping[str, str]] = []
        self.wanted: Mapping[str, str] = {}

    async def fold(self) -> None:
        """Once, in memory: what the limit writes, and what both have to come to."""
        store = MemoryProjectionStore(*self._folds)
        for partition in self._source.partitions:
            folding = Folding(self._source, partition, *self._folds, store, ())
            await folding.run(await self._source.log.end(partition), _unheard)
        self.rows = {name: [row for view in views.values() for row in view] for name, views in store.views.items()}
        self.rows |= {name: list(entries.values()) for name, entries in store.entries.items()}

    async def ours(self) -> float:
        """As `playhead rebuild` does it, from an empty generation to the end of the log."""

        async def follow(generation: int) -> None:
            await Following(self._store, self._source, self._folds, Unwatched(), _unbeaten).follow(
                generation, await self._end()
            )

        return await self.timed(follow)

    async def timed(self, write: Callable[[int], Awaitable[None]]) -> float:
        """Of one run; what was written is looked at, and gone afterwards."""
        generation, self._number = self._number, self._number + 1
        await self._store.make(generation)
        try:
            began = time.perf_counter()
            await write(generation)
            took = time.perf_counter() - began
            self.hashes.append(await self._hashed(self._store.beside(generation)))
        finally:
            await self._store.drop(generation)
        return self._per_run(self.rows) / took

    async def _end(self) -> Vector:
        log = self._source.log
        places = [(log.topic, n) for n in self._source.partitions]
        return {place: msgspec.structs.replace(start(*place), next_offset=await log.end(place[1])) for place in places}

    async def _hashed(self, store: SnapshotStore) -> Mapping[str, str]:
        async with store.snapshot() as snapshot:
            if not self.wanted:
                made = {
                    name: [canonical(snapshot.as_kept(name, row)) for row in rows] for name, rows in self.rows.items()
                }
                self.wanted = {name: _hash(encoded) for name, encoded in made.items()}
            return {one.name: _hash([canonical(row) async for row in snapshot.rows(one.name)]) for one in self._kept}

    @property
    def correct(self) -> bool:
        """Whether every run came to what the fold in memory came to."""
        return bool(self.hashes) and all(found == self.wanted for found in self.hashes)


class Goal(NamedTuple):
    """What a figure is measured against."""

    id: str
    what: str
    unit: str
    limit_name: str
    ratio: float
    floor: float


async def documents_rebuilt(settings: OpsSettings) -> list[Figure]:
    """P4: the session service's documents, in events a second."""
    source, events = await decided(COUNT)
    name = f"{documents(settings)}_bench_{clock.new_id().hex[-12:]}"
    client = connect(endpoints(settings).mongodb, "playhead-bench", 16, 60)
    database: Database = client.get_database(name, codec_options=CODECS)
    try:
        await install(MongoDatabase(client, name))
        store = MongoGenerations(client, database, "bench", DOCUMENTS.projections, DOCUMENTS.journals)
        rebuilt = Rebuilt(store, DOCUMENTS, source, lambda _rows: events)
        await rebuilt.fold()

        async def bulk() -> float:
            return await rebuilt.timed(lambda generation: _bulk(database, rebuilt.rows, generation))

        goal = Goal("P4", "rebuild of documents", "events/s", "folded, bulk write with checkpoint", 0.6, 25_000)
        return [await _figure(goal, rebuilt, bulk, f"{events} events of {COUNT} commands")]
    finally:
        await client.drop_database(name)
        client.close()


async def tables_rebuilt(settings: OpsSettings) -> list[Figure]:
    """P5: the tables of one of analytics' projectors, in rows a second."""
    source, events = await decided(COUNT)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(postgres(settings, "playhead-bench"))
        store = PostgresGenerations(pool, "bench", WORKFLOWS.projections, WORKFLOWS.journals)
        rebuilt = Rebuilt(store, WORKFLOWS, source, lambda rows: sum(map(len, rows.values())))
        await rebuilt.fold()
        keys = {one.name: one.key for one in (*WORKFLOWS.projections, *WORKFLOWS.journals)}

        async def upsert() -> float:
            return await rebuilt.timed(lambda generation: _insert(pool, keys, rebuilt.rows, generation, copied=False))

        async def copy() -> float:
            return await rebuilt.timed(lambda generation: _insert(pool, keys, rebuilt.rows, generation, copied=True))

        said = f"{sum(map(len, rebuilt.rows.values()))} rows of {events} events"
        upserted = Goal("P5", "rebuild of tables", "rows/s", "folded, upsert by unnest", 0.6, 20_000)
        copied = Goal("P5 copy", "rebuild of tables", "rows/s", "folded, COPY", 0.4, 20_000)
        return [
            await _figure(upserted, rebuilt, upsert, said),
            await _figure(copied, rebuilt, copy, said),
        ]


async def _figure(goal: Goal, rebuilt: Rebuilt, limit: Round, said: str) -> Figure:
    mine, theirs = await in_turn(rebuilt.ours, limit)
    return Figure(
        id=goal.id,
        what=goal.what,
        unit=goal.unit,
        ours=mine,
        limit_name=goal.limit_name,
        limit=theirs,
        goal_ratio=goal.ratio,
        floor=goal.floor,
        correct=rebuilt.correct,
        notes=[f"{said}; {', '.join(f'{name} {len(rows)}' for name, rows in rebuilt.rows.items() if rows)}"],
    )


async def _bulk(database: Database, rows: Rows, generation: int) -> None:
    """Each document inserted, unordered and in no transaction; then the position that says so."""
    checkpoints = database["checkpoints"]
    for name, found in rows.items():
        collection = database[physical(name, generation)]
        for first in range(0, len(found), WRITTEN):
            page = found[first : first + WRITTEN]
            await collection.bulk_write([InsertOne(dict(row)) for row in page], ordered=False)
            at = {"collection": name, "written": first + len(page)}
            await checkpoints.update_one({"_id": f"bench/{generation}"}, {"$set": at}, upsert=True)
    await checkpoints.delete_one({"_id": f"bench/{generation}"})


async def _insert(pool: Pool, keys: Mapping[str, Sequence[str]], rows: Rows, generation: int, *, copied: bool) -> None:
    async with pool.acquire() as connection:
        for name, found in rows.items():
            table: Table = await read_table(connection, table_beside(name, generation), keys[name], ())
            for first in range(0, len(found), ROWS):
                page = found[first : first + ROWS]
                async with connection.transaction():
                    if copied:
                        await table.copy(connection, page)
                    else:
                        await connection.execute(table.upsert, *table.arrays(page))
                    await connection.execute("SELECT pg_current_xact_id()")


def _hash(encoded: Sequence[bytes]) -> str:
    content = Content()
    for one in encoded:
        content.add(one)
    return f"{content.rows} {content.digest}"


async def _unheard(_records: int) -> None:
    """Nobody waits for it."""


async def _unbeaten() -> None:
    """Nobody else rebuilds it."""
