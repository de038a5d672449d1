"""Verifying: a store in memory against the log, and against an archive of it; the canonical encoding under both."""

from decimal import Decimal
from uuid import UUID

import pytest

from eventlog.archive.reading import ArchivedLog
from eventlog.archive.writing import Cut
from eventlog.memory import MemoryEventLog
from eventlog.read.canonical import Content, canonical
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.replay import Source
from eventlog.read.snapshot import SnapshotStore
from eventlog.read.verify import verify
from tests.eventlog.archive.logs import DictArchive, archived
from tests.eventlog.counting import CATALOG, OTHERS, OUTCOMES, TOPIC, TOTALS, Writer, memory_store, project
from tests.eventlog.verify_promises import VerifyPromises, verified


class TestVerifyMemory(VerifyPromises):
    @pytest.fixture
    def store(self) -> MemoryProjectionStore:
        return memory_store()

    async def tamper(self, store: SnapshotStore, name: str, id_: str, field: str, value: object) -> None:
        assert isinstance(store, MemoryProjectionStore)
        (row,) = store.views[name][id_]
        store.views[name][id_] = ({**row, field: value},)

    async def remove(self, store: SnapshotStore, name: str, id_: str) -> None:
        assert isinstance(store, MemoryProjectionStore)
        del store.views[name][id_]


async def test_an_archive_verifies_like_the_log() -> None:
    log, store, writer, kept = MemoryEventLog(TOPIC, 2), memory_store(), Writer(1), DictArchive()
    await log.append(1, [writer.commit(f"counter-{n % 7}", n + 1) for n in range(1_200)])
    await project(log, store, partition=1)
    copy = ArchivedLog(kept, await archived(kept, log, Cut()), TOPIC)
    report = await verify([Source(copy, [0, 1], CATALOG)], store, [TOTALS, OTHERS], [OUTCOMES])
    assert (report.findings, report.records) == ([], 1_200)
    assert await copy.record_at(1, 700) == log.partitions[1][700]
    assert await copy.record_at(1, 1_200) is None
    assert (copy.topic, await copy.end(0), await copy.end(1)) == (TOPIC, 0, 1_200)


async def test_a_gap_in_a_streams_versions_is_found_in_the_log() -> None:
    writer, store, log = Writer(), memory_store(), MemoryEventLog(TOPIC, 1)
    links = [writer.commit("counter-a", 1)]
    writer.versions["counter-a"] += 1
    await log.append(0, [*links, writer.commit("counter-a", 1)])
    await project(log, store)
    (found,) = (await verified(log, store)).findings
    assert (found.id, found.expected, found.actual) == ("offset 1", "1", "2")


def test_the_canonical_encoding_tells_apart_what_differs_and_nothing_else() -> None:
    row = {"a": 1, "b": [{"x": None, "y": 1.5}], "c": Decimal("1.50"), "d": UUID(int=7)}
    assert canonical(row) == canonical({name: row[name] for name in reversed(row)} | {"c": Decimal("1.5")})
    for other in ({"a": 1.0}, {"a": "1"}, {"b": [{"x": None, "y": 1}]}, {"b": [{"y": 1.5}]}, {"d": str(UUID(int=7))}):
        assert canonical(row) != canonical({**row, **other})


def test_content_does_not_depend_on_order_but_on_every_row() -> None:
    rows = [canonical({"n": n}) for n in range(50)]
    forward, backward, doubled = Content(), Content(), Content()
    for row in rows:
        forward.add(row)
    for row in reversed(rows):
        backward.add(row)
    for row in [*rows[:-1], rows[0]]:
        doubled.add(row)
    assert forward.digest == backward.digest != doubled.digest
    assert len(forward.digest) == 32
