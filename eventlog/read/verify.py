"""Whether a store holds exactly what the log says: every position, document, row and entry, while services run.

The log is read from its beginning and folded in memory; the store is read as of one moment, together with the
checkpoints of that moment; both must be equal, byte for byte in one canonical encoding.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from eventlog.commit import Record
from eventlog.read.canonical import Content, canonical
from eventlog.read.differences import differences, shown
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projection import Journal, Projection, Row
from eventlog.read.replay import Replay, Source
from eventlog.read.snapshot import Partition, Snapshot, SnapshotStore

FINDINGS = 1_000
"""More are counted, not listed."""
CLOSE = 5_000
"""Records that may still be missing from the fold when the snapshot is opened: it is not kept for long."""
ROUNDS = 5

Progress = Callable[[int, int], None]
"""(records done, records in all)."""


class Finding(NamedTuple):
    """One difference. `partition` is None where a document is of no stream in the log; personal text is shortened."""

    partition: Partition | None
    name: str
    id: str
    field: str
    expected: str
    actual: str

    def __str__(self) -> str:
        where = f"{self.partition[0]}[{self.partition[1]}] " if self.partition else ""
        return f"{where}{self.name} {self.id} {self.field}: the log says {self.expected}, there is {self.actual}"


@dataclass(slots=True)
class Report:
    """What was found. `contents` are hashes of what the store holds, for a comparison with a rebuild."""

    findings: list[Finding] = field(default_factory=list[Finding])
    unlisted: int = 0
    records: int = 0
    ignored: int = 0
    parked: int = 0
    contents: dict[str, Content] = field(default_factory=dict[str, Content])

    def add(self, finding: Finding) -> None:
        """List it, or count it where too many are listed."""
        if len(self.findings) < FINDINGS:
            self.findings.append(finding)
        else:
            self.unlisted += 1


async def verify(
    sources: Sequence[Source],
    store: SnapshotStore,
    projections: Sequence[Projection],
    journals: Sequence[Journal],
    progress: Progress = lambda _done, _total: None,
) -> Report:
    """Compare everything that one projector has written with the log.

    Raises `Corrupt` or `Diverged` where the log itself cannot be read to the store's checkpoint, `Unavailable`,
    and `Poison` where this version of the code is not the one that wrote the store.
    """
    memory = MemoryProjectionStore(projections, journals)
    replays = {
        replay.place: replay
        for source in sources
        for partition in source.partitions
        for replay in [Replay(source, partition, projections, journals, memory)]
    }
    report = Report()
    await _catch_up(store, replays, report, progress)
    async with store.snapshot() as snapshot:
        await _fold_to(snapshot, replays, report, progress)
        await _positions(snapshot, replays, report)
        _log(memory, replays, report)
        homes = {stream: place for place, replay in replays.items() for stream in replay.streams()}
        for one in (*projections, *journals):
            await _compare(snapshot, memory, one, homes, report)
    return report


async def _catch_up(
    store: SnapshotStore, replays: Mapping[Partition, Replay], report: Report, progress: Progress
) -> None:
    """Fold nearly all of it before the snapshot that counts is opened."""
    for _ in range(ROUNDS):
        done = report.records
        async with store.snapshot() as snapshot:
            looked = await _look(snapshot)
        await _fold(looked, replays, report, progress)
        if report.records - done < CLOSE:
            return


_Looked = Mapping[Partition, tuple[int, Mapping[int, Record]]]
"""Up to which offset a partition was read, and what was parked of it."""


async def _look(snapshot: Snapshot) -> _Looked:
    parked: dict[Partition, dict[int, Record]] = {}
    async for one in snapshot.parked():
        parked.setdefault((one.topic, one.partition), {})[one.record.offset] = one.record
    checkpoints = await snapshot.checkpoints()
    return {place: (kept.position.next_offset, parked.get(place, {})) for place, kept in checkpoints.items()}


async def _fold_to(snapshot: Snapshot, replays: Mapping[Partition, Replay], report: Report, progress: Progress) -> None:
    looked = await _look(snapshot)
    report.parked = sum([not one.discarded async for one in snapshot.parked()])
    await _fold(looked, replays, report, progress)


async def _fold(looked: _Looked, replays: Mapping[Partition, Replay], report: Report, progress: Progress) -> None:
    total = sum(until for place, (until, _) in looked.items() if place in replays)

    def went_on(records: int) -> None:
        report.records += records
        progress(report.records, max(total, report.records))

    for place, replay in replays.items():
        until, parked = looked.get(place, (0, {}))
        await replay.run(until, parked, went_on)


async def _positions(snapshot: Snapshot, replays: Mapping[Partition, Replay], report: Report) -> None:
    checkpoints = await snapshot.checkpoints()
    for place, kept in checkpoints.items():
        replay = replays.get(place)
        if replay is None:
            report.add(
                Finding(place, "checkpoint", "", "partition", "no such partition", f"{kept.position.next_offset}")
            )
            continue
        for name in kept.position.__struct_fields__:
            expected, actual = getattr(replay.lane.position, name), getattr(kept.position, name)
            if expected != actual:
                report.add(Finding(place, "checkpoint", "", name, shown(expected), shown(actual)))
        report.ignored += replay.lane.ignored


def _log(memory: MemoryProjectionStore, replays: Mapping[Partition, Replay], report: Report) -> None:
    for place, replay in replays.items():
        for one in replay.suspects:
            report.add(Finding(place, "log", f"offset {one.offset}", one.field, one.expected, one.actual))
        for one in memory.parked.get(place, ()):
            reason = f"cannot be applied: {one.reason}"
            report.add(Finding(place, "log", f"offset {one.record.offset}", one.stream, reason, "not parked"))


async def _compare(
    snapshot: Snapshot,
    memory: MemoryProjectionStore,
    one: Projection | Journal,
    homes: Mapping[str, Partition],
    report: Report,
) -> None:
    key = one.key or ("_id",)
    expected = _expected(memory, one, key)
    content = report.contents[one.name] = Content()
    async for row in snapshot.rows(one.name):
        encoded = canonical(row)
        content.add(encoded)
        id_ = tuple(row.get(name) for name in key)
        home, wanted = expected.pop(id_, (str(row.get("stream", id_[0])), None))
        if wanted is None:
            report.add(Finding(homes.get(home), one.name, _id(id_), "", "nothing", "a document or row"))
            continue
        kept = snapshot.as_kept(one.name, wanted)
        if canonical(kept) != encoded:
            for path, should, is_ in differences("", kept, row):
                report.add(Finding(homes.get(home), one.name, _id(id_), path, shown(should), shown(is_)))
    for id_, (home, _) in expected.items():
        report.add(Finding(homes.get(home), one.name, _id(id_), "", "a document or row", "nothing"))


def _expected(
    memory: MemoryProjectionStore, one: Projection | Journal, key: Sequence[str]
) -> dict[tuple[object, ...], tuple[str, Row | None]]:
    """By key: the stream it is of, and the row that the log gives."""
    if isinstance(one, Journal):
        return {id_: (str(row.get("stream", "")), row) for id_, row in memory.entries[one.name].items()}
    return {
        tuple(row[name] for name in key): (stream, row)
        for stream, view in memory.views[one.name].items()
        for row in view
    }


def _id(key: Sequence[object]) -> str:
    return "/".join(str(part) for part in key)
