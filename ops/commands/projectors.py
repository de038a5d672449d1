"""Every projector, and how its store and its log are reached by an operator."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from eventlog.read.postgres.generations import PostgresGenerations
from eventlog.read.rebuild.port import GenerationStore
from eventlog.read.replay import Source
from ops.commands.reach import keys, log_of, mongo, postgres
from ops.commands.verify import IN_MONGO, IN_POSTGRES, Kept
from ops.settings import OpsSettings

KNOWN = {kept.name: kept for kept in (*IN_MONGO, *IN_POSTGRES)}


class Reached(NamedTuple):
    """One projector, connected."""

    kept: Kept
    kind: str
    generations: GenerationStore
    source: Source


@asynccontextmanager
async def reached(settings: OpsSettings, name: str) -> AsyncGenerator[Reached]:
    """The projector of that name. Raises `StackError` where nothing runs, `Unavailable` where a part is away."""
    kept = KNOWN[name]
    folds = (kept.projector.projections, kept.projector.journals)
    async with AsyncExitStack() as stack:
        if kept in IN_MONGO:
            database = await stack.enter_async_context(mongo(settings, "playhead-rebuild"))
            kind, generations = "MongoDB", database.generations(name, *folds)
        else:
            pool = await stack.enter_async_context(postgres(settings, "playhead-rebuild"))
            kind, generations = "PostgreSQL", PostgresGenerations(pool, name, *folds)
        log = await stack.enter_async_context(log_of(settings, kept.projector.topic.name))
        yield Reached(
            kept,
            kind,
            generations,
            Source(log, range(log.partitions()), kept.projector.catalog.under(keys(settings).keys)),
        )
