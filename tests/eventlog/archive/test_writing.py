"""What is archived, and what is refused."""

import pytest

from eventlog.archive.manifest import ArchiveError, Contents, Manifest, followed, next_manifest, sealed
from eventlog.archive.planning import Stretch, missing
from eventlog.archive.reading import read_contents
from eventlog.archive.segment import Cutter
from eventlog.commit import Record, start
from eventlog.errors import Corrupt, Diverged
from eventlog.memory import MemoryEventLog
from tests.eventlog.archive.logs import CATALOGUE, DictArchive, Grown, archived, wrong_with
from tests.eventlog.counting import NOON, TOPIC, Writer


@pytest.fixture
async def grown() -> Grown:
    grown = Grown()
    await grown.grow(0, ["commit"] * 10)
    return grown


async def test_an_archive_of_an_empty_log_says_so_and_grows_later() -> None:
    store, grown = DictArchive(), Grown()
    contents = await archived(store, grown.log)
    assert (contents.number, contents.records, contents.topics) == (0, 0, {TOPIC: 2})
    await grown.grow(1, ["commit"] * 3)
    assert (await archived(store, grown.log)).records == 3


async def test_a_run_that_finds_nothing_new_writes_nothing(grown: Grown) -> None:
    store = DictArchive()
    first = await archived(store, grown.log)
    kept = dict(store.kept)
    assert await archived(store, grown.log) == first
    assert store.kept == kept


async def test_a_manifest_tells_where_each_chain_stands_and_what_its_writer_knew(grown: Grown) -> None:
    contents = await archived(DictArchive(), grown.log)
    last = grown.log.partitions[0][-1]
    position = contents.position(TOPIC, 0)
    assert (position.head, position.head_offset, position.next_offset) == (last.id, last.offset, last.offset + 1)
    assert contents.position(TOPIC, 1) == start(TOPIC, 1)
    assert (contents.catalogue, contents.written_at) == (CATALOGUE, NOON)
    assert len(contents.segments) > 2


async def test_a_log_that_lost_its_tail_is_not_archived_any_more(grown: Grown) -> None:
    store = DictArchive()
    await archived(store, grown.log)
    del grown.log.partitions[0][7:]
    with pytest.raises(Diverged, match=r"ends at offset 7, but it is archived up to 10"):
        await archived(store, grown.log)


async def test_another_log_of_the_same_shape_is_not_archived_behind_this_one(grown: Grown) -> None:
    store, other = DictArchive(), MemoryEventLog(TOPIC, 2)
    await archived(store, grown.log)
    writer = Writer(0)
    await other.append(0, [writer.commit("counter-9", n + 1) for n in range(20)])
    with pytest.raises(Diverged, match="at offset 9"):
        await archived(store, other)


async def test_a_log_of_another_shape_is_refused(grown: Grown) -> None:
    store = DictArchive()
    await archived(store, grown.log)
    with pytest.raises(ArchiveError, match=r"with 2 partition.*with 3 partition"):
        await archived(store, MemoryEventLog(TOPIC, 3))
    with pytest.raises(ArchiveError, match="another log"):
        await archived(store, MemoryEventLog("other.events", 2))


async def test_an_altered_record_is_not_archived_and_what_was_archived_before_stays(grown: Grown) -> None:
    store = DictArchive()
    await archived(store, grown.log)
    await grown.grow(0, ["commit"] * 3)
    grown.log.partitions[0][12] = grown.log.partitions[0][12]._replace(value=b"altered")
    with pytest.raises(Corrupt, match=r"\[0\]: the record at offset 12 "):
        await archived(store, grown.log)
    assert (await read_contents(store)).records == 10
    assert await wrong_with(store) == []


def test_records_with_a_hole_between_them_are_refused() -> None:
    cutter = Cutter(TOPIC, 0, start(TOPIC, 0))
    with pytest.raises(Corrupt, match="offset 5 where 0 was to come"):
        cutter.take([Record(5, b"k", b"v", b"", b"")])


def test_the_plan_is_what_the_archive_lacks() -> None:
    assert missing(Contents(), {TOPIC: {0: 3, 1: 0}}) == [Stretch(TOPIC, 0, 0, 3)]


async def test_segments_are_small_enough_to_be_read_at_once(grown: Grown) -> None:
    contents = await archived(DictArchive(), grown.log)
    assert all(segment.last - segment.first < 4 for segment in contents.segments)


async def test_a_manifest_that_skips_or_repeats_records_does_not_follow(grown: Grown) -> None:
    contents = await archived(DictArchive(), grown.log)
    for segments in (contents.segments[1:], (contents.segments[0], contents.segments[0])):
        told = next_manifest(Contents(), segments, {TOPIC: 2}, CATALOGUE, NOON)
        with pytest.raises(Corrupt, match="comes next there"):
            followed(Contents(), sealed(told))
    elsewhere = next_manifest(Contents(), contents.segments, {TOPIC: 0}, CATALOGUE, NOON)
    with pytest.raises(Corrupt, match="topics do not have"):
        followed(Contents(), sealed(elsewhere))


def test_a_manifest_of_a_newer_format_is_not_guessed_at() -> None:
    newer = Manifest(0, "", NOON, CATALOGUE, {TOPIC: 2}, (), format=2)
    with pytest.raises(ArchiveError, match="format 2, this version of Playhead reads 1"):
        followed(Contents(), sealed(newer))
