"""The log as it was: up to a time, of some streams; and what differs from that in a store."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from eventlog.memory import MemoryEventLog
from eventlog.read.as_of import Past, Scope
from eventlog.read.differences import ABSENT, Compared, compare
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.replay import Source
from tests.eventlog.counting import (
    CATALOG,
    NOON,
    OTHERS,
    OUTCOMES,
    TOPIC,
    TOTALS,
    Writer,
    memory_store,
    project,
    totals,
)

STORY = (("counter-a", 1), ("counter-b", 2), ("counter-a", 3), ("counter-c", 5), ("counter-a", 7), ("counter-b", 20))
"""(stream, what is added): the first at 12:00:01, then one a second."""


def second(n: int) -> datetime:
    return NOON + timedelta(seconds=n)


async def a_log(story: Sequence[tuple[str, int]] = STORY) -> MemoryEventLog:
    log, writer = MemoryEventLog(TOPIC, 1), Writer()
    await log.append(0, [writer.commit(stream, amount) for stream, amount in story])
    return log


async def past(log: MemoryEventLog, scope: Scope, *ends: int) -> Past:
    """Folded up to each of the ends, one after the other; to the end of the log where none is given."""
    made = Past(Source(log, [0], CATALOG), [TOTALS, OTHERS], [OUTCOMES], scope)
    for end in ends or (len(log.partitions[0]),):
        await made.run({0: end}, lambda _done, _of: None)
    return made


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), {"counter-a": 11, "counter-b": 22, "counter-c": 5}),
        (Scope(at=second(3)), {"counter-a": 4, "counter-b": 2}),
        (Scope(at=second(0)), {}),
        (Scope(stream="counter-b"), {"counter-b": 22}),
        (Scope(stream="counter-b", at=second(5)), {"counter-b": 2}),
        (Scope(tenant="acme"), {"counter-a": 11, "counter-b": 22, "counter-c": 5}),
        (Scope(tenant="another"), {}),
        (Scope(since=second(4), until=second(5)), {"counter-a": 11, "counter-c": 5}),
        (Scope(since=second(4), until=second(5), at=second(4)), {"counter-a": 4, "counter-c": 5}),
        (Scope(until=second(2)), {"counter-a": 11, "counter-b": 22}),
        (Scope(since=second(6)), {"counter-b": 22}),
    ],
)
async def test_each_stream_of_the_scope_is_folded_from_its_beginning_up_to_the_time(
    scope: Scope, expected: dict[str, int]
) -> None:
    assert totals((await past(await a_log(), scope)).store) == expected


@pytest.mark.parametrize("middle", range(7))
async def test_a_fold_that_is_continued_is_the_fold_at_once(middle: int) -> None:
    log = await a_log()
    for scope in (Scope(), Scope(at=second(4)), Scope(stream="counter-a")):
        twice, once = await past(log, scope, middle, 6), await past(log, scope)
        assert (twice.store.views, twice.store.entries) == (once.store.views, once.store.entries)


async def test_once_a_stream_is_past_the_time_nothing_later_of_it_counts_whatever_its_clock_said() -> None:
    log, on_time, late = MemoryEventLog(TOPIC, 1), Writer(), Writer()
    first = on_time.commit("counter-a", 1)
    for n in range(8):
        late.commit("counter-x", n)
    late.head, late.versions = on_time.head, {"counter-a": 1}
    second_late = late.commit("counter-a", 50)
    on_time.head, on_time.versions = late.head, {"counter-a": 2}
    await log.append(0, [first, second_late, on_time.commit("counter-a", 100)])
    assert totals((await past(log, Scope())).store) == {"counter-a": 151}
    assert totals((await past(log, Scope(at=second(5)))).store) == {"counter-a": 1}


async def test_what_this_code_cannot_apply_is_told_with_its_stream() -> None:
    log = await a_log((("counter-a", 1), ("counter-b", 13), ("counter-b", 1)))
    made = await past(log, Scope())
    assert made.parked == {"counter-b": "ValueError: thirteen"}
    assert totals(made.store) == {"counter-a": 1}


async def compared(log: MemoryEventLog, scope: Scope, live: MemoryProjectionStore) -> Compared:
    made = await past(log, scope)
    async with live.snapshot() as snapshot:
        return await compare(snapshot, made.store, [TOTALS, OTHERS, OUTCOMES], None if scope.is_whole else made.streams)


async def a_live_store(log: MemoryEventLog) -> MemoryProjectionStore:
    store = memory_store()
    await project(log, store)
    return store


async def test_a_replay_of_everything_equals_what_is_live() -> None:
    log = await a_log()
    found = await compared(log, Scope(), await a_live_store(log))
    assert (found.differing, found.counts["totals"]["equal"], found.counts["outcomes"]["equal"]) == (0, 3, 6)


async def test_what_was_added_removed_and_changed_is_told_by_document_and_field() -> None:
    log = await a_log()
    live = await a_live_store(log)
    (row,) = live.views["totals"]["counter-a"]
    without_tenant = {name: value for name, value in row.items() if name != "tenant"}
    live.views["totals"]["counter-a"] = ({**without_tenant, "total": 99},)
    live.views["totals"]["counter-z"] = ({**row, "_id": "counter-z", "stream": "counter-z"},)
    del live.views["totals"]["counter-b"]
    found = await compared(log, Scope(), live)
    told: dict[tuple[str, str], Any] = {(one.id, one.kind): list(one.fields) for one in found.listed}
    assert told == {
        ("counter-a", "changed"): [("tenant", ABSENT, "acme"), ("total", 99, 11)],
        ("counter-b", "added"): [],
        ("counter-z", "removed"): [],
    }


async def test_what_is_out_of_the_scope_is_not_compared() -> None:
    log = await a_log()
    live = await a_live_store(log)
    del live.views["totals"]["counter-b"]
    assert (await compared(log, Scope(stream="counter-a"), live)).differing == 0
    assert (await compared(log, Scope(stream="counter-b"), live)).differing == 1


async def test_what_began_later_is_told_as_not_there_then() -> None:
    log = await a_log()
    found = await compared(log, Scope(at=second(3), stream="counter-c"), await a_live_store(log))
    assert [(one.name, one.kind) for one in found.listed] == [("totals", "removed"), ("outcomes", "removed")]
