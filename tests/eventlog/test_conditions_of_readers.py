"""Each condition that readers stand on: with it a scenario ends well, without it the same scenario does not."""

from collections.abc import Iterable

import pytest

from eventlog.commit import Position, Record, link, start
from eventlog.errors import Conflict, Diverged
from eventlog.read.projector import ProjectorLane
from eventlog.read.store import Checkpoint, ProjectionStore
from eventlog.reader import Reader
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from eventlog.write.policy import Ask, Heard, PolicyLane
from tests.eventlog.counting import CATALOG as COUNTERS
from tests.eventlog.counting import OUTCOMES, TOTALS, Writer, memory_store, totals
from tests.eventlog.counting import TOPIC as COUNTING
from tests.eventlog.toys import CATALOG, TOPIC, Add
from tests.simulator import mutants
from tests.simulator.changing import ChangingLog
from tests.simulator.domain import genesis
from tests.simulator.short import BEGINNING, a_lane, proposed, seen


def a_projector(at: Checkpoint | None) -> ProjectorLane:
    position, parked = at or Checkpoint(start(COUNTING, 0), {})
    return ProjectorLane([TOTALS], [OUTCOMES], COUNTERS, position, parked)


async def written(store: ProjectionStore, at: Checkpoint | None, records: list[Record]) -> ProjectorLane:
    lane = a_projector(at)
    position, counted = lane.take(records)
    changes = lane.fold(counted, await store.load(lane.places(counted)))
    await store.commit(COUNTING, 0, at.position if at else None, position, changes)
    return lane


def counting(*amounts: int) -> list[Record]:
    writer = Writer()
    return [Record(offset, *writer.commit("counter-a", amount)) for offset, amount in enumerate(amounts)]


async def test_a_projector_writes_only_upon_the_checkpoint_that_it_loaded() -> None:
    store, records = memory_store(), counting(1, 2)
    await written(store, None, records)
    with pytest.raises(Conflict):
        await written(store, None, records[:1])
    assert totals(store) == {"counter-a": 3}


async def test_an_unguarded_projector_writes_an_old_view_over_a_new_one() -> None:
    records = counting(1, 2)
    store = mutants.UnguardedStore([TOTALS], [OUTCOMES])
    stale = await store.load([("totals", "counter-a")])
    await written(store, None, records)
    lane = a_projector(None)
    position, counted = lane.take(records[:1])
    await store.commit(COUNTING, 0, None, position, lane.fold(counted, stale))
    assert totals(store) == {"counter-a": 1}
    assert store.positions[COUNTING, 0].next_offset == 1


@pytest.mark.parametrize(("cached", "total"), [(False, 7), (True, 5)])
async def test_after_a_failed_guard_the_documents_are_loaded_anew_too(cached: bool, total: int) -> None:
    store, records = memory_store(), counting(1, 2, 4)
    mine: ProjectionStore = mutants.CachingStore(store) if cached else store
    await written(mine, None, records[:1])
    first = await mine.checkpoint(COUNTING, 0)
    await written(store, first, records[1:2])
    with pytest.raises(Conflict):
        await written(mine, first, records[1:2])
    await written(mine, await mine.checkpoint(COUNTING, 0), records[2:])
    assert totals(store) == {"counter-a": total}


def copy(heard: Heard) -> Iterable[Ask]:
    yield Ask("copy", "toy-2", Add(things=1))


def greet(heard: Heard) -> Iterable[Ask]:
    yield Ask("greet", "toy-3", Add(things=1))


@pytest.mark.parametrize(("kind", "commands"), [(PolicyLane, 1), (mutants.NumbersItsCommands, 2)])
def test_two_versions_of_a_policy_ask_under_the_same_ids(kind: type[PolicyLane], commands: int) -> None:
    (made,) = proposed(a_lane(Lane), "a")
    older = kind([copy], CATALOG, BEGINNING, "policy")
    newer = kind([greet, copy], CATALOG, BEGINNING, "policy")
    asked = [one for lane in (older, newer) for one in lane.see(Record(0, *made)) if one.stream == "toy-2"]
    assert len({one.id for one in asked}) == commands


@pytest.mark.mutant("no head check at a fetch")
async def test_whoever_lost_its_tail_does_not_accept_its_own_orphan() -> None:
    assert await reads_on_after_a_lost_tail(mutants.NeverLooksBack) == [True]
    with pytest.raises(Diverged):
        await reads_on_after_a_lost_tail(Reader)


async def reads_on_after_a_lost_tail(kind: type[Reader]) -> list[bool]:
    """What counts of a late append that chains on what the log has lost, for a reader that has read it."""
    log, lane = ChangingLog(TOPIC), a_lane(Lane)
    first, second, late = proposed(lane, "a", "b", "c")
    await log.append(0, [first, second])
    seen(lane, first, second)
    reader = await kind.open(log, 0, lane.position)
    log.lose(1)
    await log.append(0, [link(first.id, b"toy-9", b"{}"), late])
    return [lane.see(record) for record in await reader.read(lane.position, 0)]


async def test_an_ignored_record_is_found_again_too_or_a_hole_is_never_read() -> None:
    assert await skips_a_hole(mutants.KnowsTheHeadAlone) == []
    with pytest.raises(Diverged):
        await skips_a_hole(Reader)


async def skips_a_hole(kind: type[Reader]) -> list[Record]:
    """What a reader still gets of a commit that took the place of a duplicate which it has read."""
    log, lane = ChangingLog(TOPIC), a_lane(Lane)
    first, second = proposed(lane, "a", "b")
    await log.append(0, [first, first])
    seen(lane, first, first)
    log.lose(1)
    await log.append(0, [second])
    reader = await kind.open(log, 0, lane.position)
    return list(await reader.read(lane.position, 0))


async def test_the_position_is_checked_after_the_tail_is_open_not_before() -> None:
    with pytest.raises(Diverged):
        await opens_on_a_changing_log(Reader)
    assert await opens_on_a_changing_log(mutants.ChecksBeforeItOpens) == [True]


async def opens_on_a_changing_log(kind: type[Reader]) -> list[bool]:
    """What counts, of its own orphan, for a reader whose log loses its tail while it is opened."""
    log, lane = ChangingLog(TOPIC), a_lane(Lane)
    first, second, late = proposed(lane, "a", "b", "c")
    await log.append(0, [first, second])
    seen(lane, first, second)
    log.when_opened = (1, [link(first.id, b"toy-9", b"{}"), late])
    reader = await kind.open(log, 0, lane.position)
    return [lane.see(record) for record in await reader.read(lane.position, 0)]


@pytest.mark.parametrize(("lives", "counts"), [((0, 1), [True, False]), ((0, 0), [True, True])])
def test_a_recreated_topic_is_another_log(lives: tuple[int, int], counts: list[bool]) -> None:
    old, new = (genesis(TOPIC, 0, life) for life in lives)
    writer = a_lane(Lane)
    seen(writer, old)
    (late,) = proposed(writer, "a")
    assert seen(a_lane(Lane), new, late) == counts


async def test_a_reader_without_a_position_starts_at_offset_0() -> None:
    links = proposed(a_lane(Lane), "a", "b", "c")
    latest = Position(BEGINNING.head, -1, 2, b"", -1)
    assert seen(a_lane(Lane), *links) == [True] * 3
    lane = a_lane(Lane, MemoryLedger(latest))
    assert seen(lane, links[2], first=2) == [False]
    assert lane.ignored_in_a_row == 1
