"""Both stores against the log: every document and row is the fold of all of it, and no checkpoint ever went back."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from eventlog.kafka import KafkaAccess, KafkaEventLog
from eventlog.read.mongo import MongoDatabase
from eventlog.read.postgres import open_pool
from eventlog.read.replay import Source
from eventlog.read.snapshot import Partition, SnapshotStore
from eventlog.read.verify import Report, verify
from ops.commands.projectors import KNOWN, Kept, store_of
from ops.stack.endpoints import Endpoints
from tests.chaos.system import LOOK_SECONDS, System
from tests.waiting import eventually

SETTLE_SECONDS = 60.0

Places = Mapping[Partition, int]
"""The next offset of one projector in each partition."""


async def stores_equal_the_log(system: System) -> None:
    """Every projector comes to the end of its topic, and what it keeps is the fold of all of it.

    The last time that this was so is remembered: a projector that is behind it has lost what it had.
    """
    async with stores_of(system) as stores:
        for kept, store in stores:
            never_back(system.places.get(kept.name, {}), await places_of(store))
            report = await _caught_up(system.endpoints, kept, store)
            assert not report.findings, f"{kept.name}: {'; '.join(map(str, report.findings[:3]))}"
            assert report.parked == 0, f"{kept.name} has parked {report.parked} records"
            system.places[kept.name] = await places_of(store)


def never_back(before: Places, now: Places) -> None:
    """No partition stands before where it stood."""
    gone = {place: (offset, now.get(place, 0)) for place, offset in before.items() if now.get(place, 0) < offset}
    assert not gone, f"from and to: {gone}"


async def places_of(store: SnapshotStore) -> Places:
    async with store.snapshot() as snapshot:
        return {place: kept.position.next_offset for place, kept in (await snapshot.checkpoints()).items()}


async def _caught_up(endpoints: Endpoints, kept: Kept, store: SnapshotStore) -> Report:
    projector = kept.projector
    log = KafkaEventLog(KafkaAccess(endpoints.kafka), projector.topic.name)
    await log.start()
    try:
        partitions = range(log.partitions())
        source = Source(log, partitions, projector.catalog)

        async def at_the_end() -> bool:
            end = {(log.topic, partition): await log.end(partition) for partition in partitions}
            places = await places_of(store)
            return all(places.get(place, 0) >= offset for place, offset in end.items())

        await eventually(at_the_end, SETTLE_SECONDS, LOOK_SECONDS)
        return await verify([source], store, *kept.folds)
    finally:
        await log.close()


@asynccontextmanager
async def stores_of(system: System) -> AsyncGenerator[Sequence[tuple[Kept, SnapshotStore]]]:
    """Every projector, which opens what is sealed, and its store."""
    endpoints = system.endpoints
    async with AsyncExitStack() as stack:
        keys = stack.enter_context(system.keys())
        database = MongoDatabase.connect(endpoints.mongodb, "playhead", application="playhead-chaos")
        stack.callback(database.close)
        pool = await open_pool(endpoints.postgres, application="playhead-chaos", seconds=60)
        stack.push_async_callback(pool.close)
        yield [(kept.under(keys), store_of(kept, database, pool)) for kept in KNOWN.values()]
