"""The projector's lane: every record through the accept rule, every batch one commit, no stream held up by another."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from eventlog.commit import Link, start
from eventlog.errors import Conflict, Corrupt, Poison
from eventlog.memory import MemoryEventLog
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projector import BREAKER_IN_A_ROW, BREAKER_STREAMS, BREAKER_WINDOW, Place, ProjectorLane
from tests.eventlog.counting import CATALOG, OTHERS, OUTCOMES, TOPIC, TOTALS, Writer, memory_store, project, totals


async def a_log(*links: Link) -> MemoryEventLog:
    log = MemoryEventLog(TOPIC, 1)
    await log.append(0, links)
    return log


async def test_events_become_documents_and_every_commit_an_outcome() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(
        writer.commit("counter-a", 2, 3), writer.commit("counter-a", refusal="full"), writer.commit("counter-b")
    )
    lane = await project(log, store)
    assert totals(store) == {"counter-a": 5}
    assert [(row["events"], row["refused"]) for row in store.entries["outcomes"].values()] == [
        (2, None),
        (0, "full"),
        (0, None),
    ]
    assert (lane.accepted, lane.ignored, lane.position.next_offset) == (3, 0, 3)


@given(
    commits=some.lists(
        some.tuples(some.sampled_from("abc"), some.lists(some.integers(-9, 9), max_size=3)), max_size=30
    ),
    batch=some.integers(1, 7),
)
async def test_how_the_log_is_cut_into_batches_changes_nothing(
    commits: Sequence[tuple[str, list[int]]], batch: int
) -> None:
    writer = Writer()
    log = await a_log(*(writer.commit(f"counter-{name}", *amounts) for name, amounts in commits))
    whole, pieces = memory_store(), memory_store()
    await project(log, whole, batch=1_000)
    await project(log, pieces, batch=batch)
    assert (whole.views, whole.entries, whole.positions) == (pieces.views, pieces.entries, pieces.positions)
    assert list(whole.parked.values()) == list(pieces.parked.values())


async def test_duplicates_and_writers_that_lost_the_race_are_not_projected() -> None:
    winner, loser, store = Writer(), Writer(), memory_store()
    first, second = winner.commit("counter-a", 1), winner.commit("counter-a", 10)
    late = [loser.commit("counter-a", 100), loser.commit("counter-a", 1_000)]
    lane = await project(await a_log(first, *late, first, second, second), store)
    assert totals(store) == {"counter-a": 11}
    assert (lane.accepted, lane.ignored) == (2, 4)


async def test_an_event_that_only_newer_code_knows_parks_its_stream_and_no_other() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(
        writer.commit("counter-a", 1),
        writer.commit("counter-a", 2, type_version=2),
        writer.commit("counter-b", 5),
        writer.commit("counter-a", 3),
    )
    lane = await project(log, store, batch=3)
    assert totals(store) == {"counter-a": 1, "counter-b": 5}
    assert [(one.record.offset, one.record.value) for one in store.parked[TOPIC, 0]] == [
        (1, log.partitions[0][1].value),
        (3, log.partitions[0][3].value),
    ]
    assert lane.accepted == 4, "accepting comes before understanding"


async def test_a_parked_stream_stays_parked_for_the_next_process() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(writer.commit("counter-a", 1, type_version=2))
    await project(log, store)
    await log.append(0, [writer.commit("counter-a", 2), writer.commit("counter-b", 2)])
    await project(log, store)
    assert totals(store) == {"counter-b": 2}
    assert [one.record.offset for one in store.parked[TOPIC, 0]] == [0, 1]


async def test_a_fold_that_breaks_parks_the_whole_commit() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(writer.commit("counter-a", 6, 7), writer.commit("counter-b", 1))
    await project(log, store)
    assert totals(store) == {"counter-b": 1}
    assert [one.reason for one in store.parked[TOPIC, 0]] == ["ValueError: thirteen"]
    assert len(store.entries["outcomes"]) == 1


async def test_an_envelope_that_cannot_be_read_parks_the_stream_of_its_key() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(writer.raw("counter-a", b"{"), writer.commit("counter-a", 1), writer.commit("counter-b", 1))
    await project(log, store)
    assert totals(store) == {"counter-b": 1}
    assert [one.stream for one in store.parked[TOPIC, 0]] == ["counter-a", "counter-a"]


async def test_when_parking_becomes_the_rule_the_projector_stops_and_writes_nothing() -> None:
    writer, store = Writer(), memory_store()
    await project(await a_log(*(writer.commit(f"counter-{n}", 13) for n in range(BREAKER_IN_A_ROW - 1))), store)
    assert len(store.parked[TOPIC, 0]) == BREAKER_IN_A_ROW - 1
    worse, empty = Writer(), memory_store()
    with pytest.raises(Poison, match="thirteen"):
        await project(await a_log(*(worse.commit(f"counter-{n}", 13) for n in range(BREAKER_IN_A_ROW))), empty)
    assert empty.positions == {}


@pytest.mark.parametrize(("apart", "trips"), [(20, True), (2 * BREAKER_WINDOW // BREAKER_STREAMS, False)])
async def test_what_was_applied_long_ago_does_not_excuse_what_is_parked_now(apart: int, trips: bool) -> None:
    """One stream in twenty, as where others deployed code that writes newer events: never two in a row."""
    writer, store = Writer(), memory_store()
    links = [writer.commit("counter-a", 0) for _ in range(3 * BREAKER_WINDOW)]
    for n in range(2 * BREAKER_STREAMS):
        links += [writer.commit(f"lamp-{n}", 13), *(writer.commit("counter-a", 0) for _ in range(apart))]
    reading = project(await a_log(*links), store)
    if not trips:
        await reading
        return
    with pytest.raises(
        Poison, match=f"{BREAKER_STREAMS + 1} of the last {BREAKER_WINDOW} commits do not apply, 1 in a"
    ):
        await reading
    assert len(store.parked[TOPIC, 0]) <= BREAKER_STREAMS


async def test_one_stream_that_waits_long_does_not_trip_the_breaker() -> None:
    writer, store = Writer(), memory_store()
    await project(await a_log(*(writer.commit("counter-a", 13) for _ in range(3 * BREAKER_IN_A_ROW))), store)
    assert len(store.parked[TOPIC, 0]) == 3 * BREAKER_IN_A_ROW


async def test_an_altered_record_stops_the_projector() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(writer.commit("counter-a", 1), writer.commit("counter-a", 2))
    log.partitions[0][1] = log.partitions[0][1]._replace(value=log.partitions[0][1].value.replace(b"2", b"3"))
    with pytest.raises(Corrupt, match="offset 1"):
        await project(log, store)
    assert totals(store) == {}


async def test_a_second_projector_loses_its_write_and_goes_on_from_what_the_first_has_written() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(writer.commit("counter-a", 1), writer.commit("counter-a", 2), writer.commit("counter-a", 4))
    zombie = ProjectorLane([TOTALS], [OUTCOMES], CATALOG, start(TOPIC, 0), {})
    position, counted = zombie.take(log.partitions[0][:1])
    changes = zombie.fold(counted, await store.load(zombie.places(counted)))
    await project(log, store)
    with pytest.raises(Conflict):
        await store.commit(TOPIC, 0, None, position, changes)
    await log.append(0, [writer.commit("counter-a", 8)])
    await project(log, store)
    assert totals(store) == {"counter-a": 15}


async def test_a_zombie_that_remembers_its_views_writes_none_of_them_over_newer_ones() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(writer.commit("counter-a", 1))
    zombie = await project(log, store)
    await log.append(0, [writer.commit("counter-a", 2)])
    await project(log, store)
    await log.append(0, [writer.commit("counter-a", 4)])
    before = zombie.position
    position, counted = zombie.take(log.partitions[0][before.next_offset :])
    with pytest.raises(Conflict):
        await store.commit(TOPIC, 0, before, position, zombie.fold(counted, {}))
    assert totals(store) == {"counter-a": 3}


async def test_only_views_that_changed_are_written() -> None:
    writer = Writer()
    log = await a_log(
        writer.commit("counter-a", 1), writer.commit("lamp-a", 1), writer.commit("counter-b", refusal="full")
    )
    lane = ProjectorLane([TOTALS, OTHERS], [OUTCOMES], CATALOG, start(TOPIC, 0), {})
    _, counted = lane.take(log.partitions[0])
    assert set(lane.fold(counted, {}).views) == {("totals", "counter-a"), ("others", "lamp-a")}


async def seen(lane: ProjectorLane, log: MemoryEventLog, store: MemoryProjectionStore, *links: Link) -> list[Place]:
    """What the lane asks the store for when these are appended."""
    await log.append(0, links)
    position, counted = lane.take(log.partitions[0][-len(links) :])
    places = lane.places(counted)
    lane.fold(counted, await store.load(places))
    lane.moved(position, len(links), len(counted))
    return places


async def test_views_are_asked_for_once_and_those_of_streams_that_begin_never() -> None:
    writer, store, log = Writer(), memory_store(), await a_log()
    await project(log, store)
    writer.versions["counter-old"] = 7
    lane = ProjectorLane([TOTALS, OTHERS], [OUTCOMES], CATALOG, start(TOPIC, 0), {})
    new, old = writer.commit("counter-new", 1, 2), writer.commit("counter-old", 1)
    assert await seen(lane, log, store, new, old) == [("totals", "counter-old")]
    assert await seen(lane, log, store, writer.commit("counter-new", 3), writer.commit("counter-old", 2)) == []


@pytest.mark.parametrize(("room", "streams"), [(100, 2), (50, 1)])
async def test_what_there_is_no_room_to_remember_is_asked_for_again(
    room: int, streams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, store, log = Writer(), memory_store(), await a_log()
    names = [f"counter-{n}" for n in range(streams)]
    monkeypatch.setattr("eventlog.read.projector.REMEMBERED_BYTES", room)  # a view has about 65
    lane = ProjectorLane([TOTALS, OTHERS], [OUTCOMES], CATALOG, start(TOPIC, 0), {})
    for name in names:
        await seen(lane, log, store, writer.commit(name, 1))
    assert await seen(lane, log, store, writer.commit(names[0], 1)) == [("totals", names[0])]


async def test_a_view_that_becomes_nothing_is_written_as_nothing() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(writer.commit("counter-a", 4))
    await project(log, store)
    await log.append(0, [writer.commit("counter-a", -4)])
    await project(log, store)
    assert totals(store) == {}
