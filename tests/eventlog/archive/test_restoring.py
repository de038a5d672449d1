"""What comes back from an archive is the same log; and an archive with the log's tail is the log."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from eventlog.archive.manifest import ArchiveError
from eventlog.archive.reading import ArchivedLog, joined, read_contents
from eventlog.archive.restoring import check_target, cut_at, heads, restore_log
from eventlog.commit import Link, Record
from eventlog.errors import Diverged, Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.read.replay import ReadableLog, Source
from eventlog.read.verify import verify
from tests.eventlog.archive.logs import DictArchive, Grown, archived, quiet
from tests.eventlog.counting import CATALOG, NOON, OTHERS, OUTCOMES, TOPIC, TOTALS, memory_store, project


async def an_archived_log() -> tuple[Grown, ArchivedLog, dict[int, int]]:
    store, grown = DictArchive(), Grown()
    await grown.grow(0, ["commit", "again", "commit", "rival", "refusal"] * 4)
    await grown.grow(1, ["commit"] * 5)
    contents = await archived(store, grown.log)
    return grown, ArchivedLog(store, contents, TOPIC), contents.ends(TOPIC)


async def test_a_restored_log_has_the_same_offsets_bytes_and_heads() -> None:
    grown, source, ends = await an_archived_log()
    empty = MemoryEventLog(TOPIC, 2)
    assert await check_target(empty, source, ends) == 0
    assert await restore_log(empty, source, ends, quiet) == 25
    assert empty.partitions == grown.log.partitions
    assert await heads(empty, ends, quiet) == await heads(grown.log, ends, quiet)


class Dying(MemoryEventLog):
    """Takes a few records more, and answers no more."""

    def __init__(self, topic: str, partitions: int, takes: int) -> None:
        super().__init__(topic, partitions)
        self.left = takes

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        taken, self.left = links[: self.left], self.left - len(links)
        first = await super().append(partition, taken)
        if self.left < 0:
            raise Unavailable("kafka", "killed in the middle of a batch")
        return first


@pytest.mark.parametrize("takes", range(0, 26, 3))
async def test_a_restore_that_was_cut_off_anywhere_goes_on(takes: int) -> None:
    grown, source, ends = await an_archived_log()
    target = Dying(TOPIC, 2, takes)
    with pytest.raises(Unavailable):
        await restore_log(target, source, ends, quiet)
    target.left = 1_000
    there = await check_target(target, source, ends)
    assert there == takes
    assert await restore_log(target, source, ends, quiet) == 25 - takes
    assert target.partitions == grown.log.partitions


async def test_a_log_that_holds_anything_else_is_refused() -> None:
    _, source, ends = await an_archived_log()
    other, longer = MemoryEventLog(TOPIC, 2), MemoryEventLog(TOPIC, 2)
    other.partitions[1] = [Record(0, b"k", b"another log", b"", b"")]
    with pytest.raises(ArchiveError, match=r"\[1\] is not empty \(another record at offset 0\)"):
        await check_target(other, source, ends)
    longer.partitions[0] = [Record(n, b"k", b"more", b"", b"") for n in range(30)]
    with pytest.raises(ArchiveError, match="30 records, 20 would be restored"):
        await check_target(longer, source, ends)


async def test_a_point_in_time_is_where_each_partition_stood_then() -> None:
    _, source, ends = await an_archived_log()
    assert await cut_at(source, source.partitions(), NOON + timedelta(days=1)) == ends
    assert await cut_at(source, source.partitions(), NOON + timedelta(seconds=2)) == {0: 4, 1: 2}
    assert await cut_at(source, source.partitions(), NOON - timedelta(days=1)) == {0: 2, 1: 1}


async def contents_of(log: ReadableLog, grown: Grown) -> dict[str, str]:
    """The hash of every collection, as a fold of this log from its beginning finds it in a store that is up to date."""
    store = memory_store()
    await project(grown.log, store)
    await project(grown.log, store, partition=1)
    report = await verify([Source(log, [0, 1], CATALOG)], store, [TOTALS, OTHERS], [OUTCOMES])
    assert report.findings == []
    assert report.records == 27
    return {name: content.digest for name, content in report.contents.items()}


async def test_a_cold_rebuild_from_archive_and_tail_equals_one_from_the_log() -> None:
    store, grown = DictArchive(), Grown()
    await grown.grow(0, ["commit", "again", "commit", "rival", "refusal"] * 4)
    contents = await archived(store, grown.log)
    await grown.grow(0, ["refusal", "commit"])
    await grown.grow(1, ["commit"] * 5)
    both = await joined(ArchivedLog(store, contents, TOPIC), contents, grown.log)
    assert await contents_of(both, grown) == await contents_of(grown.log, grown)
    assert [await both.record_at(0, n) for n in range(22)] == grown.log.partitions[0]


async def test_the_tail_of_another_log_is_not_taken_for_this_ones() -> None:
    store, grown = DictArchive(), Grown()
    await grown.grow(0, ["commit"] * 5)
    contents = await archived(store, grown.log)
    del grown.log.partitions[0][2:]
    with pytest.raises(Diverged, match="ends at offset 2"):
        await joined(ArchivedLog(store, await read_contents(store), TOPIC), contents, grown.log)
