"""What archiving, verifying and restoring cost, without a broker: beside the hashing and packing of the same bytes.

The log is in memory, the archive in a folder, flushed: what a broker adds is that of reading or appending, which P3 and
the others measure.
"""

import statistics
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import cramjam

from contracts.messages import SESSION_CATALOG
from contracts.topics import SESSION_EVENTS
from eventlog import clock
from eventlog.archive.checking import findings
from eventlog.archive.directory import DirectoryArchive
from eventlog.archive.reading import ArchivedLog, read_contents
from eventlog.archive.restoring import check_target, restore_log
from eventlog.archive.segment import RAW_BYTES
from eventlog.archive.writing import archive
from eventlog.commit import start
from eventlog.memory import MemoryEventLog
from eventlog.write.lane import Lane
from eventlog.write.ledger import SqliteLedger
from eventlog.write.processor import Processor
from ops.bench.commands import commands
from ops.bench.measure import Figure, in_turn
from services.session.deciders import DECIDERS

COUNT = 40_000
BATCH = 500
SEED = 20_261_121
TOPIC = SESSION_EVENTS.name


async def figures(folder: Path) -> list[Figure]:
    """One each for archiving, verifying and restoring, in records a second. `folder` is empty and may be filled."""
    log = await _log()
    raw = [record.key + record.value + record.id + record.prev for record in log.partitions[0]]
    megabytes = sum(map(len, raw)) / 1e6
    places = [folder / f"{n}" for n in range(100)]
    kept: list[DirectoryArchive] = []
    whole: list[bool] = []

    async def archiving() -> float:
        store = DirectoryArchive(places.pop())
        began = time.perf_counter()
        await archive(store, {TOPIC: log}, {TOPIC: {0: COUNT}}, "", clock.now, _quiet)
        kept.append(store)
        return COUNT / (time.perf_counter() - began)

    async def verifying() -> float:
        began = time.perf_counter()
        contents = await read_contents(kept[0])
        wrong = [sentence async for sentence in findings(kept[0], contents, _quiet)]
        whole.append(not wrong and contents.records == COUNT)
        return COUNT / (time.perf_counter() - began)

    async def restoring() -> float:
        empty = MemoryEventLog(TOPIC, 1)
        source = ArchivedLog(kept[0], await read_contents(kept[0]), TOPIC)
        began = time.perf_counter()
        await check_target(empty, source, {0: COUNT})
        await restore_log(empty, source, {0: COUNT}, _quiet)
        took = time.perf_counter() - began
        whole.append(empty.partitions == log.partitions)
        return COUNT / took

    async def packing() -> float:
        began = time.perf_counter()
        for segment in _segments(raw):
            sha256(cramjam.zstd.compress(segment, 3)).digest()
        return COUNT / (time.perf_counter() - began)

    packed = [bytes(cramjam.zstd.compress(segment, 3)) for segment in _segments(raw)]

    async def unpacking() -> float:
        began = time.perf_counter()
        for segment in packed:
            sha256(segment).digest()
            cramjam.zstd.decompress(segment)
        return COUNT / (time.perf_counter() - began)

    written = await in_turn(archiving, packing)
    checked = await in_turn(verifying, unpacking)
    restored = await in_turn(restoring, unpacking)
    told = await read_contents(kept[0])
    size = sum(segment.size for segment in told.segments)
    about = f"{COUNT} commits, {megabytes:.1f} MB; {size / 1e6:.1f} MB in {len(told.segments)} segment(s)"
    return [
        _figure("A1", "archive: chain, pack, hash, flush", "packing alone", written, megabytes, about, all(whole)),
        _figure(
            "A2", "verify an archive: hash, unpack, chain", "unpacking alone", checked, megabytes, about, all(whole)
        ),
        _figure("A3", "restore: append, read back, compare", "unpacking alone", restored, megabytes, about, all(whole)),
    ]


def _figure(
    id_: str,
    what: str,
    limit_name: str,
    measured: tuple[Sequence[float], Sequence[float]],
    megabytes: float,
    about: str,
    correct: bool,
) -> Figure:
    ours, limit = measured
    speed = statistics.median(ours) * megabytes / COUNT
    return Figure(
        id=id_,
        what=what,
        unit="records/s",
        ours=ours,
        limit_name=limit_name,
        limit=limit,
        goal_ratio=0.05,
        correct=correct,
        notes=[f"{speed:.0f} MB/s of records; {about}"],
    )


async def _log() -> MemoryEventLog:
    """What real rules make of the benchmarks' commands."""
    log = MemoryEventLog(TOPIC, 1)
    ledger = SqliteLedger(Path(":memory:"), "bench", start(TOPIC, 0))
    processor = Processor(log, 0, Lane(DECIDERS, SESSION_CATALOG, ledger, lambda _stream: True))
    await processor.start()
    given = commands(COUNT, SEED)
    for first in range(0, COUNT, BATCH):
        await processor.handle(given[first : first + BATCH])
    await processor.stop()
    ledger.close()
    return log


def _segments(raw: Sequence[bytes]) -> list[bytes]:
    joined = b"".join(raw)
    return [joined[n : n + RAW_BYTES] for n in range(0, len(joined), RAW_BYTES)]


def _quiet(_what: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""
