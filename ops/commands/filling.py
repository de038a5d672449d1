"""Stores that hold nothing are filled from the log, by the fold of a rebuild, before any service runs.

A rebuild makes a generation beside what is read; here nothing is there to be read, so what is folded goes where readers
will look for it. It ends where the log ended when it began; services go on from there.

As many processes as there are processors fill one projector's store after another: no two write the same.
"""

import asyncio
import os
import signal
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import NamedTuple

from eventlog import collector
from eventlog.archive.writing import Progress
from eventlog.errors import PlayheadError
from eventlog.read.rebuild.folding import Folding
from eventlog.read.replay import Source
from eventlog.read.store import ProjectionStore
from eventlog.tasks import plain_errors
from ops.commands.projectors import KNOWN, Kept, stores
from ops.commands.reach import log_of
from ops.quiet import log_errors_alone
from ops.settings import OpsSettings
from ops.stack.child import tie

_PROCESSES = get_context("spawn")


class Filled(NamedTuple):
    """A projector, how many records it has read, and in how many seconds."""

    projector: str
    records: int
    seconds: float


class FillingEnded(PlayheadError):
    """A process that filled stores is gone, and did not say why."""


class _Told(NamedTuple):
    done: int
    of: int


async def fill(settings: OpsSettings, told: Progress) -> Sequence[Filled]:
    """Every projector's store; of each all partitions side by side.

    Whoever is stopped has written the fold of a beginning of the log: services, or the next one, go on from there.
    Raises `Conflict` where a service runs, `FillingEnded`, and what a fold raises.
    """
    waiting = await _longest_first(settings)
    filled: dict[str, Filled] = {}

    async def work() -> None:
        async with _process(settings) as filling:
            while waiting:
                name = waiting.popleft()
                filled[name] = await filling.fill(name, told)

    with plain_errors():
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(len(os.sched_getaffinity(0)), len(KNOWN))):
                tasks.create_task(work())
    return [filled[name] for name in KNOWN]


async def _longest_first(settings: OpsSettings) -> deque[str]:
    """So that at the end nobody waits for one that was begun late."""
    topics = {kept.projector.topic.name for kept in KNOWN.values()}
    records: dict[str, int] = {}
    for topic in topics:
        async with log_of(settings, topic) as log:
            records[topic] = sum([await log.end(partition) for partition in range(log.partitions())])
    return deque(sorted(KNOWN, key=lambda name: records[KNOWN[name].projector.topic.name], reverse=True))


class _Filling:
    """A process that fills what it is told to."""

    def __init__(self, process: SpawnProcess, ours: Connection) -> None:
        self._process = process
        self._ours = ours

    async def fill(self, name: str, told: Progress) -> Filled:
        try:
            self._ours.send(name)
            while True:
                match await asyncio.to_thread(self._ours.recv):
                    case _Told(done, of):
                        told(f"folding {name}", done, of)
                    case Filled() as filled:
                        return filled
                    case PlayheadError() as error:
                        raise error
                    case other:
                        raise TypeError(f"a process that fills stores has said {other!r}")
        except (EOFError, ConnectionError):
            self._process.join()
            raise FillingEnded(
                f"{name}: the process that filled its store is gone (exit {self._process.exitcode}). What it wrote is "
                "the fold of a beginning of the log: the next `playhead reset` begins anew."
            ) from None


@asynccontextmanager
async def _process(settings: OpsSettings) -> AsyncGenerator[_Filling]:
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_serve, args=(os.getpid(), settings, theirs), daemon=True)
    # Ctrl-C goes to every process of the terminal: it inherits that it is nothing to it, and we end it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, before)
    theirs.close()
    try:
        yield _Filling(process, ours)
    finally:
        process.kill()
        process.join()


def _serve(parent: int, settings: OpsSettings, asked: Connection) -> None:
    """What such a process does, until it is killed."""
    tie(parent)
    log_errors_alone()
    collector.settle()
    asyncio.run(_fill_all(settings, asked))


async def _fill_all(settings: OpsSettings, asked: Connection) -> None:
    async with stores(settings, "playhead-reset") as found:
        named = {kept.name: (kept, store) for kept, store in found}
        while True:
            name: str = await asyncio.to_thread(asked.recv)
            try:
                asked.send(await _fill_one(settings, *named[name], asked))
            except PlayheadError as error:
                asked.send(error)


async def _fill_one(settings: OpsSettings, kept: Kept, store: ProjectionStore, asked: Connection) -> Filled:
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
            asked.send(_Told(done, of))

        with plain_errors():
            async with asyncio.TaskGroup() as tasks:
                for partition, end in ends.items():
                    folding = Folding(source, partition, *kept.folds, store, ())
                    tasks.create_task(folding.run(end, beat))
    return Filled(kept.name, done, asyncio.get_running_loop().time() - began)
