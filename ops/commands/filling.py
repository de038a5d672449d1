"""Stores that hold nothing are filled from the log, by the fold of a rebuild, before any service runs.

A rebuild makes a generation beside what is read; here nothing is there to be read, so what is folded goes where readers
will look for it. It ends where the log ended when it began; services go on from there.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from eventlog import collector
from eventlog.archive.writing import Progress
from eventlog.read.rebuild.folding import Folding
from eventlog.read.replay import Source
from eventlog.read.store import ProjectionStore
from eventlog.tasks import plain_errors
from ops.commands.projectors import Kept, stores
from ops.commands.reach import log_of
from ops.settings import OpsSettings


class Filled(NamedTuple):
    """A projector, how many records it has read, and in how many seconds."""

    projector: str
    records: int
    seconds: float


async def fill(settings: OpsSettings, told: Progress) -> Sequence[Filled]:
    """Every projector's store, one after the other, all partitions of each side by side.

    Whoever is stopped has written the fold of a beginning of the log: services, or the next one, go on from there.
    Raises `Conflict` where a service runs, and what a fold raises.
    """
    collector.settle()
    async with stores(settings, "playhead-reset") as found:
        return [await _one(settings, kept, store, told) for kept, store in found]


async def _one(settings: OpsSettings, kept: Kept, store: ProjectionStore, told: Progress) -> Filled:
    projector = kept.projector
    began = asyncio.get_running_loop().time()
    async with log_of(settings, projector.topic.name) as log:
        source = Source(log, range(log.partitions()), projector.catalog)
        ends = {partition: await log.end(partition) for partition in source.partitions}
        of = sum(ends.values())
        done = 0

        async def beat(records: int) -> None:
            nonlocal done
            done += records
            told(f"folding {kept.name}", done, of)

        with plain_errors():
            async with asyncio.TaskGroup() as tasks:
                for partition, end in ends.items():
                    folding = Folding(source, partition, *kept.folds, store, ())
                    tasks.create_task(folding.run(end, beat))
    return Filled(kept.name, done, asyncio.get_running_loop().time() - began)
