"""Verifying: a store in memory against the log, and against a copy of it; the canonical encoding under both."""

from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from eventlog.copy import FileEventLog, export
from eventlog.errors import Corrupt
from eventlog.memory import MemoryEventLog
from eventlog.read.canonical import Content, canonical
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.replay import Source
from eventlog.read.snapshot import SnapshotStore
from eventlog.read.verify import verify
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


async def a_copy(path: Path) -> tuple[MemoryEventLog, MemoryProjectionStore]:
    log, store, writer = MemoryEventLog(TOPIC, 2), memory_store(), Writer(1)
    await log.append(1, [writer.commit(f"counter-{n % 7}", n + 1) for n in range(1_200)])
    await project(log, store, partition=1)
    with path.open("wb") as file:
        assert await export(log, [0, 1], file) == 1_200
    return log, store


async def test_a_copy_verifies_like_the_log(tmp_path: Path) -> None:
    log, store = await a_copy(tmp_path / "copy")
    copy = FileEventLog(tmp_path / "copy")
    report = await verify([Source(copy, [0, 1], CATALOG)], store, [TOTALS, OTHERS], [OUTCOMES])
    assert (report.findings, report.records) == ([], 1_200)
    assert await copy.record_at(1, 700) == log.partitions[1][700]
    assert await copy.record_at(1, 1_200) is None
    assert (copy.topic, await copy.end(0), await copy.end(1)) == (TOPIC, 0, 1_200)


@pytest.mark.parametrize("seed", range(40))
async def test_one_altered_byte_of_a_copy_is_named(tmp_path: Path, seed: int) -> None:
    _, store = await a_copy(tmp_path / "copy")
    text = bytearray((tmp_path / "copy").read_bytes())
    place = text.index(b"\n") + 1 + seed * 7_919 % (len(text) - text.index(b"\n") - 1)
    text[place] ^= 1
    offset = text[:place].count(b"\n") - 1
    (tmp_path / "copy").write_bytes(text)
    with pytest.raises(Corrupt) as found:
        await verified_copy(tmp_path / "copy", store)
    assert TOPIC in str(found.value)
    assert any(f"{n}" in str(found.value) for n in (offset, offset - 1))


async def verified_copy(path: Path, store: MemoryProjectionStore) -> None:
    report = await verify([Source(FileEventLog(path), [0, 1], CATALOG)], store, [TOTALS, OTHERS], [OUTCOMES])
    if log := [found for found in report.findings if found.name == "log"]:
        raise Corrupt(str(log[0]))


async def test_a_copy_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    await a_copy(tmp_path / "copy")
    lines = (tmp_path / "copy").read_bytes().splitlines(keepends=True)
    (tmp_path / "copy").write_bytes(b"".join(lines[:-3]))
    with pytest.raises(Corrupt, match="ends at offset 1197, it was written up to 1200"):
        FileEventLog(tmp_path / "copy")
    (tmp_path / "copy").write_bytes(b"something else\n")
    with pytest.raises(Corrupt, match="no copy"):
        FileEventLog(tmp_path / "copy")


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
