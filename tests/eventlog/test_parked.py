"""Parked streams, redriven and discarded: afterwards the store holds what a rebuild from the log would give."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from eventlog.commit import Link
from eventlog.errors import Conflict
from eventlog.memory import MemoryEventLog
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.parked import AT_ONCE, Act, Folder, Release, discard, redrive
from eventlog.read.projection import Fact, Projection, View
from eventlog.read.replay import Source
from eventlog.read.store import Checkpoint, refuse_other_folds
from eventlog.read.verify import verify
from tests.eventlog.counting import (
    CATALOG,
    OTHERS,
    OUTCOMES,
    TOPIC,
    TOTALS,
    Added,
    Writer,
    memory_store,
    project,
    total,
    totals,
)

ACT = Act("redriven", "ada", "", datetime(2026, 11, 21, 9, tzinfo=UTC))
GIVEN_UP = ACT._replace(action="discarded", reason="a test wrote it")


def mended(view: View, fact: Fact) -> View:
    """What today's code makes of a counter: thirteen is a number as any other."""
    assert isinstance(fact.body, Added)
    after = (view[0]["total"] if view else 0) + fact.body.amount
    row = {"_id": fact.stream, "stream": fact.stream, "tenant": fact.tenant, "total": after, "at": fact.at}
    return (row,) if after else ()


OLD = Folder([TOTALS, OTHERS], [OUTCOMES], CATALOG)
NEW = Folder([Projection("totals", 1, "counter", mended), Projection("others", 1, "lamp", mended)], [OUTCOMES], CATALOG)


async def a_log(*links: Link) -> MemoryEventLog:
    log = MemoryEventLog(TOPIC, 1)
    await log.append(0, links)
    return log


async def wrong_with(log: MemoryEventLog, store: MemoryProjectionStore, code: Folder) -> Sequence[Any]:
    return (await verify([Source(log, [0], CATALOG)], store, code.projections, code.journals)).findings


async def test_what_waits_is_applied_in_order_and_the_stream_is_live_again() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(*(writer.commit("counter-a", n) for n in (1, 12, 2)), writer.commit("counter-b", 5))
    await project(log, store)
    assert totals(store) == {"counter-a": 1, "counter-b": 5}
    outcome = await redrive(store, NEW, TOPIC, 0, "counter-a", ACT)
    assert (outcome.applied, outcome.failure) == (2, None)
    assert totals(store) == {"counter-a": 15, "counter-b": 5}
    await log.append(0, [writer.commit("counter-a", 4)])
    await project(log, store)
    assert totals(store)["counter-a"] == 19
    assert await wrong_with(log, store, NEW) == []
    assert [one.act for one in await store.acts(9)] == [ACT]


async def test_while_the_cause_persists_nothing_is_applied_and_it_is_told_where_it_breaks() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(*(writer.commit("counter-a", n) for n in (13, 2)))
    await project(log, store)
    outcome = await redrive(store, OLD, TOPIC, 0, "counter-a", ACT)
    assert outcome.applied == 0
    assert outcome.failure is not None
    assert (outcome.failure.record.offset, outcome.failure.reason) == (0, "ValueError: thirteen")
    assert outcome.failure.trace[-1].endswith(f"in {total.__name__}")
    assert [one.record.offset for one in store.parked[TOPIC, 0]] == [0, 1]
    assert (totals(store), await store.acts(9)) == ({}, [])


async def test_what_comes_before_the_first_that_cannot_be_applied_is_applied() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(*(writer.commit("counter-a", n) for n in (13, -5, 5, 1)))
    await project(log, store)
    assert (await discard(store, TOPIC, 0, "counter-a", GIVEN_UP)) is not None
    await log.append(0, [writer.commit("counter-a", 12)])
    await project(log, store)
    outcome = await redrive(store, OLD, TOPIC, 0, "counter-a", ACT)
    assert outcome.applied == 3
    assert outcome.failure is not None
    assert outcome.failure.record.offset == 4
    assert totals(store) == {"counter-a": 1}


async def test_a_dry_run_tells_and_writes_nothing() -> None:
    writer, store = Writer(), memory_store()
    await project(await a_log(writer.commit("counter-a", 13)), store)
    assert await redrive(store, NEW, TOPIC, 0, "counter-a", ACT, dry=True) == (1, None)
    assert (totals(store), await store.acts(9)) == ({}, [])
    assert len(store.parked[TOPIC, 0]) == 1


async def test_more_than_one_transaction_takes_is_released_piece_by_piece() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(writer.commit("counter-a", 13), *(writer.commit("counter-a", 1) for _ in range(AT_ONCE)))
    await project(log, store, batch=2000)
    assert (await redrive(store, NEW, TOPIC, 0, "counter-a", ACT)).applied == AT_ONCE + 1
    assert [len(one.offsets) for one in await store.acts(9)] == [1, AT_ONCE]
    assert await wrong_with(log, store, NEW) == []


async def test_what_was_discarded_is_left_out_for_good_and_is_no_difference_to_the_log() -> None:
    writer, store = Writer(), memory_store()
    log = await a_log(*(writer.commit("counter-a", n) for n in (1, 12, 2)))
    await project(log, store)
    record = await discard(store, TOPIC, 0, "counter-a", GIVEN_UP)
    assert record is not None
    assert record.offset == 1
    assert (await redrive(store, OLD, TOPIC, 0, "counter-a", ACT)).failure is None
    assert totals(store) == {"counter-a": 3}
    assert await wrong_with(log, store, OLD) == []
    assert [one.act for one in await store.acts(9)] == [ACT, GIVEN_UP]
    assert await discard(store, TOPIC, 0, "counter-a", GIVEN_UP) is None


async def test_two_operators_release_one_record_once() -> None:
    writer, store = Writer(), memory_store()
    await project(await a_log(writer.commit("counter-a", 13)), store)
    await redrive(store, NEW, TOPIC, 0, "counter-a", ACT)
    with pytest.raises(Conflict, match="is not what it was"):
        await store.release(TOPIC, 0, Release("counter-a", (0,), ACT))


class OtherwiseFolded(MemoryProjectionStore):
    """What stands there was written by another version of a fold."""

    async def checkpoint(self, topic: str, partition: int) -> Checkpoint | None:
        refuse_other_folds("counting", {"totals": 2}, {"totals": 1})
        return await super().checkpoint(topic, partition)


@pytest.mark.parametrize("dry", [False, True])
async def test_what_other_folds_have_written_is_left_alone_and_it_is_said(*, dry: bool) -> None:
    writer, store = Writer(), memory_store()
    await project(await a_log(writer.commit("counter-a", 13)), store)
    other = OtherwiseFolded([TOTALS, OTHERS], [OUTCOMES])
    other.parked = store.parked
    outcome = await redrive(other, NEW, TOPIC, 0, "counter-a", ACT, dry=dry)
    assert (outcome.applied, totals(other)) == (0, {})
    assert outcome.failure is not None
    assert "playhead rebuild counting" in outcome.failure.reason
    assert len(other.parked[TOPIC, 0]) == 1


AMOUNTS = some.tuples(some.sampled_from(("counter-a", "counter-b", "lamp-a")), some.sampled_from((1, 5, 6, 7, 12, 13)))


@given(some.lists(AMOUNTS, max_size=40), some.integers(1, 9), some.lists(some.integers(0, 40), max_size=3))
async def test_after_a_redrive_the_store_holds_what_a_rebuild_gives(
    said: Sequence[tuple[str, int]], batch: int, pauses: Sequence[int]
) -> None:
    """The projector runs in pieces and is upgraded at the end; whatever waits then is folded, the last stream first."""
    writer, store, log = Writer(), memory_store(), MemoryEventLog(TOPIC, 1)
    for n, (stream, amount) in enumerate(said):
        await log.append(0, [writer.commit(stream, amount)])
        if n in pauses:
            await project(log, store, batch=batch)
    await project(log, store, batch=batch)
    for stream in sorted({one.stream for one in store.parked.get((TOPIC, 0), ())}, reverse=True):
        assert (await redrive(store, NEW, TOPIC, 0, stream, ACT)).failure is None
    assert not store.parked.get((TOPIC, 0))
    assert await wrong_with(log, store, NEW) == []
