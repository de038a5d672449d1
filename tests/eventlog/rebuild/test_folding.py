"""What is folded in memory is written once a stream, in bounded parts, and parked as its projector would park it."""

from collections.abc import Sequence

import pytest

from eventlog.commit import Position
from eventlog.memory import MemoryEventLog
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projector import Changes
from eventlog.read.rebuild import folding
from eventlog.read.rebuild.folding import Folding
from eventlog.read.replay import Source
from eventlog.read.store import TooMuch, Unkeepable
from tests.eventlog.counting import CATALOG, OTHERS, OUTCOMES, TOPIC, TOTALS, Writer, memory_store, project, totals

STREAMS = 7
COMMITS = 140


class Recording(MemoryProjectionStore):
    """What was poured; a pour of more than `most` entries is too much, and `unfit` is what it cannot keep."""

    def __init__(self, most: int = 1_000_000, unfit: str = "") -> None:
        super().__init__([TOTALS, OTHERS], [OUTCOMES])
        self.poured: list[Changes] = []
        self.most = most
        self.unfit = unfit

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        if len(changes.entries["outcomes"]) > self.most:
            raise TooMuch("memory", "no room")
        if ("totals", self.unfit) in changes.views:
            raise Unkeepable(("totals", self.unfit), "too wide")
        await super().commit(topic, partition, expected, position, changes)
        self.poured.append(changes)


class Growing:
    """A log of counters that are added to in turn."""

    def __init__(self) -> None:
        self.log = MemoryEventLog(TOPIC, 1)
        self._writer = Writer()

    async def say(self, commits: int = COMMITS) -> None:
        await self.log.append(0, [self._writer.commit(f"counter-{n % STREAMS}", 2) for n in range(commits)])

    async def fold(
        self, store: MemoryProjectionStore, until: int = COMMITS, discarded: Sequence[int] = (), at_once: int = 0
    ) -> Folding:
        one = Folding(Source(self.log, [0], CATALOG), 0, [TOTALS, OTHERS], [OUTCOMES], store, discarded, at_once)
        await one.run(until, heard)
        return one


async def heard(_records: int) -> None:
    """Nobody waits for it."""


@pytest.fixture
async def growing() -> Growing:
    made = Growing()
    await made.say()
    return made


async def projected(growing: Growing) -> MemoryProjectionStore:
    store = memory_store()
    await project(growing.log, store, batch=3)
    return store


def same(one: MemoryProjectionStore, other: MemoryProjectionStore) -> bool:
    return (one.views, one.entries, one.positions) == (other.views, other.entries, other.positions)


async def test_each_stream_is_written_once_however_many_commits_it_has(growing: Growing) -> None:
    store = Recording()
    await growing.fold(store)
    assert [len(changes.views) for changes in store.poured] == [STREAMS]
    assert len(store.poured[0].begun) == STREAMS
    assert same(store, await projected(growing))


async def test_what_waits_to_be_written_is_bounded_and_streams_that_come_again_are_read(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "BATCH_RECORDS", 5)
    monkeypatch.setattr(folding, "POURED_BYTES", 20 * len(growing.log.partitions[0][1].value))
    store = Recording()
    await growing.fold(store)
    assert len(store.poured) > 5
    assert max(len(changes.entries["outcomes"]) for changes in store.poured) <= 25
    assert sum(len(changes.begun) for changes in store.poured) == STREAMS
    assert same(store, await projected(growing))


async def test_a_rebuild_with_a_pace_writes_no_more_at_once_than_it_was_told(growing: Growing) -> None:
    store = Recording()
    await growing.fold(store, at_once=4)
    assert max(len(changes.entries["outcomes"]) for changes in store.poured) == 4
    assert same(store, await projected(growing))


async def test_what_is_too_much_at_once_is_written_in_parts(growing: Growing) -> None:
    store = Recording(most=30)
    one = await growing.fold(store)
    assert len(store.poured) > 4
    assert same(store, await projected(growing))
    await growing.say()
    await one.run(2 * COMMITS, heard)
    assert same(store, await projected(growing))


async def test_one_record_that_is_too_much_alone_stops_it(growing: Growing) -> None:
    store = Recording(most=0)
    with pytest.raises(TooMuch):
        await growing.fold(store)
    assert store.positions == {}


async def test_a_stream_that_the_store_never_takes_is_parked_and_no_other(growing: Growing) -> None:
    store = Recording(unfit="counter-3")
    await growing.fold(store)
    (parked,) = store.parked.values()
    assert {one.stream for one in parked} == {"counter-3"}
    assert len(parked) == COMMITS / STREAMS
    assert totals(store).keys() == {f"counter-{n}" for n in range(STREAMS)} - {"counter-3"}


async def test_what_was_discarded_is_left_out(growing: Growing) -> None:
    store = Recording()
    await growing.fold(store, discarded=range(0, COMMITS, STREAMS))
    assert "counter-0" not in totals(store)
    assert set(totals(store).values()) == {2 * COMMITS / STREAMS}


async def test_it_goes_on_where_the_store_stands(growing: Growing) -> None:
    store = Recording()
    await growing.fold(store, until=50)
    await growing.fold(store)
    assert sum(len(changes.entries["outcomes"]) for changes in store.poured) == COMMITS
    assert same(store, await projected(growing))
