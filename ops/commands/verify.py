"""`playhead verify`: is every chain whole, and is every document and row exactly what the log says?"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from eventlog.errors import Diverged
from eventlog.kafka import KafkaEventLog
from eventlog.read.mongo import MongoDatabase
from eventlog.read.parked import ParkedStore
from eventlog.read.postgres import Pool, PostgresProjectionStore, open_pool
from eventlog.read.projection import Journal, Projection
from eventlog.read.replay import Source
from eventlog.read.snapshot import SnapshotStore
from eventlog.read.verify import Report
from eventlog.read.verify import verify as compare
from eventlog.roles import Projector
from ops.commands.log import verify_logs
from ops.commands.reach import documents, endpoints, kafka, keys
from ops.settings import OpsSettings
from services.analytics import handlers as analytics
from services.render import handlers as render
from services.session import handlers as session

FINE, WRONG = 0, 1


class Kept(NamedTuple):
    """A projector and the service that runs it."""

    service: str
    projector: Projector

    @property
    def name(self) -> str:
        """As its checkpoints are named."""
        return f"{self.service}.{self.projector.name}"


IN_MONGO = (Kept("session", session.DOCUMENTS), Kept("render", render.DOCUMENTS))
IN_POSTGRES = (
    *(Kept("render", projector) for projector in render.TABLES),
    *(Kept("analytics", projector) for projector in analytics.PROJECTORS),
)


async def verify(projector: str = "") -> int:
    """Verify every chain, and every document and row against the fold of the log. Services may run meanwhile.

    Exit 0: all is as it should be. Exit 1: something is not, and is named.

    Parameters
    ----------
    projector
        One projector only, such as session.mongo-projector.
    """
    known = [kept.name for kept in (*IN_MONGO, *IN_POSTGRES)]
    if projector and projector not in known:
        print(f"there is no projector {projector!r}; there are {', '.join(known)}")
        return 2
    settings = OpsSettings()
    wrong = 0 if projector else await verify_logs()
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(parked_stores(settings))
        for kept, store in stores:
            if projector in ("", kept.name):
                wrong += await _verify(settings, kept, store)
    return WRONG if wrong else FINE


@asynccontextmanager
async def parked_stores(settings: OpsSettings) -> AsyncGenerator[Sequence[tuple[Kept, ParkedStore]]]:
    """The store of every projector, as an operator: the projectors themselves may run meanwhile."""
    where = endpoints(settings)
    database = MongoDatabase.connect(where.mongodb, documents(settings), application="playhead-ops")
    try:
        async with _pool(where.postgres) as pool:
            yield [
                *((kept, database.store(kept.name, *_folded(kept))) for kept in IN_MONGO),
                *((kept, PostgresProjectionStore(pool, kept.name, *_folded(kept))) for kept in IN_POSTGRES),
            ]
    finally:
        database.close()


def _folded(kept: Kept) -> tuple[Sequence[Projection], Sequence[Journal]]:
    return kept.projector.projections, kept.projector.journals


@asynccontextmanager
async def _pool(dsn: str) -> AsyncGenerator[Pool]:
    pool = await open_pool(dsn, application="playhead-verify", seconds=60)
    try:
        yield pool
    finally:
        await pool.close()


async def _verify(settings: OpsSettings, kept: Kept, store: SnapshotStore) -> int:
    """How many things are wrong with it."""
    projector = kept.projector
    log = KafkaEventLog(kafka(settings), projector.topic.name)
    await log.start()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task(kept.name, total=None)
            report = await compare(
                [Source(log, range(log.partitions()), projector.catalog.under(keys(settings).keys))],
                store,
                projector.projections,
                projector.journals,
                lambda done, total: progress.update(bar, completed=done, total=total),
            )
    except Diverged as error:
        print(f"{kept.name}: {error}")
        return 1
    finally:
        await log.close()
    _tell(kept, report)
    return len(report.findings) + report.unlisted


def _tell(kept: Kept, report: Report) -> None:
    found = len(report.findings) + report.unlisted
    rows = sum(content.rows for content in report.contents.values())
    print(f"{kept.name}: {report.records} records, {rows} documents or rows, {report.parked} parked, {found} wrong")
    for finding in report.findings:
        print(f"    {finding}")
    if report.unlisted:
        print(f"    … and {report.unlisted} more")
