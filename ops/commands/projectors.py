"""Every projector, and how its store and its log are reached by an operator."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from contracts.sealing import Keys
from eventlog.kafka.log import GATHER_SECONDS
from eventlog.read.mongo import MongoDatabase
from eventlog.read.mongo.store import MongoProjectionStore
from eventlog.read.postgres import Pool, PostgresProjectionStore
from eventlog.read.postgres.generations import PostgresGenerations
from eventlog.read.projection import Journal, Projection
from eventlog.read.rebuild.port import GenerationStore
from eventlog.read.replay import Source
from eventlog.roles import Projector
from ops.commands.reach import log_of, mongo, postgres, subject_keys
from ops.settings import OpsSettings
from services.analytics import handlers as analytics
from services.render import handlers as render
from services.session import handlers as session

Store: TypeAlias = MongoProjectionStore | PostgresProjectionStore


class Kept(NamedTuple):
    """A projector and the service that runs it."""

    service: str
    projector: Projector

    @property
    def name(self) -> str:
        """As its checkpoints are named."""
        return f"{self.service}.{self.projector.name}"

    @property
    def gathering(self) -> float:
        """Seconds for which its service lets news gather before it reads them: when all is well it is that late."""
        return GATHER_SECONDS if self.service == "analytics" else 0.0

    @property
    def folds(self) -> tuple[Sequence[Projection], Sequence[Journal]]:
        """What it makes of events."""
        return self.projector.projections, self.projector.journals

    def under(self, keys: Keys) -> "Kept":
        """The same, which opens what is sealed with these."""
        catalog = self.projector.catalog.under(keys)
        return self._replace(projector=replace(self.projector, catalog=catalog))


IN_MONGO = (Kept("session", session.DOCUMENTS), Kept("render", render.DOCUMENTS))
IN_POSTGRES = (
    *(Kept("render", projector) for projector in render.TABLES),
    *(Kept("analytics", projector) for projector in analytics.PROJECTORS),
)
KNOWN = {kept.name: kept for kept in (*IN_MONGO, *IN_POSTGRES)}


class Reached(NamedTuple):
    """One projector, connected."""

    kept: Kept
    kind: str
    generations: GenerationStore
    source: Source


def store_of(kept: Kept, database: MongoDatabase, pool: Pool) -> Store:
    """What it writes to."""
    if kept in IN_MONGO:
        return database.store(kept.name, *kept.folds)
    return PostgresProjectionStore(pool, kept.name, *kept.folds)


@asynccontextmanager
async def stores(settings: OpsSettings, application: str) -> AsyncGenerator[Sequence[tuple[Kept, Store]]]:
    """Every projector with its store; they may run meanwhile. Raises as `reached` does."""
    with subject_keys(settings) as opening:
        async with mongo(settings, application) as database, postgres(settings, application) as pool:
            yield [(kept.under(opening.keys), store_of(kept, database, pool)) for kept in KNOWN.values()]


@asynccontextmanager
async def reached(settings: OpsSettings, name: str) -> AsyncGenerator[Reached]:
    """The projector of that name. Raises `StackError` where nothing runs, `Unavailable` where a part is away."""
    kept = KNOWN[name]
    async with AsyncExitStack() as stack:
        opening = stack.enter_context(subject_keys(settings))
        if kept in IN_MONGO:
            database = await stack.enter_async_context(mongo(settings, "playhead-rebuild"))
            kind, generations = "MongoDB", database.generations(name, *kept.folds)
        else:
            pool = await stack.enter_async_context(postgres(settings, "playhead-rebuild"))
            kind, generations = "PostgreSQL", PostgresGenerations(pool, name, *kept.folds)
        log = await stack.enter_async_context(log_of(settings, kept.projector.topic.name))
        catalog = kept.projector.catalog.under(opening.keys)
        yield Reached(kept, kind, generations, Source(log, range(log.partitions()), catalog))
