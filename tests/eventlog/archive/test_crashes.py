"""An archive is always a whole one, whatever cuts its writer off; and the next run goes on to the same end."""

import asyncio
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from eventlog.archive.manifest import Contents
from eventlog.archive.reading import ArchivedLog, read_contents
from eventlog.archive.store import ArchiveStore
from eventlog.commit import Record
from eventlog.errors import Conflict
from tests.eventlog.archive.logs import Deadly, DictArchive, Grown, Killed, archived, wrong_with

KINDS = st.lists(st.sampled_from(["commit", "commit", "refusal", "again", "rival"]), max_size=14)
RUNS = st.lists(st.tuples(KINDS, KINDS, st.integers(1, 12), st.booleans()), min_size=1, max_size=5)


async def records(store: ArchiveStore, contents: Contents, partition: int) -> list[Record]:
    """All that is archived of a partition, read as a log is read."""
    (topic,) = contents.topics
    log, found = ArchivedLog(store, contents, topic), list[Record]()
    while more := await log.records(partition, len(found)):
        found += more
    return found


async def is_a_beginning(store: ArchiveStore, grown: Grown) -> Contents:
    """What is archived is whole, and is how the log begins."""
    contents = await read_contents(store)
    assert await wrong_with(store) == []
    for partition, there in enumerate(grown.log.partitions if contents.topics else []):
        found = await records(store, contents, partition)
        assert found == there[: len(found)]
        assert len(found) == contents.position(grown.log.topic, partition).next_offset
    return contents


@settings(deadline=None, max_examples=60)
@given(RUNS)
async def test_killed_at_any_write_an_archive_is_whole_never_shrinks_and_comes_to_the_same_end(
    runs: list[tuple[list[str], list[str], int, bool]],
) -> None:
    store, grown, reached = DictArchive(), Grown(), 0
    for first, second, at, after in runs:
        await grown.grow(0, first)
        await grown.grow(1, second)
        with suppress(Killed):
            await archived(Deadly(store, at, after=after), grown.log)
        contents = await is_a_beginning(store, grown)
        assert contents.records >= reached
        reached = contents.records
    await archived(store, grown.log)
    whole = await is_a_beginning(store, grown)
    assert whole.records == sum(len(there) for there in grown.log.partitions)


@settings(deadline=None, max_examples=60)
@given(KINDS, st.integers(1, 12), st.booleans())
async def test_nothing_that_was_archived_is_written_again(kinds: list[str], at: int, after: bool) -> None:
    store, grown = DictArchive(), Grown()
    await grown.grow(0, kinds)
    with suppress(Killed):
        await archived(Deadly(store, at, after=after), grown.log)
    before = dict(store.kept)
    await grown.grow(0, ["commit"])
    await archived(store, grown.log)
    assert {name: store.kept[name] for name in before} == before


class Slow(DictArchive):
    """Lets others in between."""

    async def create(self, name: str, content: bytes) -> bool:
        await asyncio.sleep(0)
        return await super().create(name, content)


@settings(deadline=None, max_examples=60)
@given(KINDS, KINDS)
async def test_two_who_archive_at_once_leave_one_whole_archive(first: list[str], second: list[str]) -> None:
    store, grown = Slow(), Grown()
    await grown.grow(0, first)
    one = asyncio.ensure_future(archived(store, grown.log))  # noqa: TID251 - awaited below, beside its rival
    await asyncio.sleep(0)
    await grown.grow(1, second)
    two = archived(store, grown.log)
    outcomes = await asyncio.gather(one, two, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} <= {Contents, Conflict}
    assert Contents in {type(outcome) for outcome in outcomes}
    await archived(store, grown.log)
    contents = await is_a_beginning(store, grown)
    assert contents.records == sum(len(there) for there in grown.log.partitions)
