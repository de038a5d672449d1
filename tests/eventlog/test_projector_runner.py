"""Projections of one partition: what is written, and what a runner does when the store is not as it hoped."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from eventlog.commit import Position, link
from eventlog.errors import Diverged, Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.offsets import MemoryOffsets
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.parked import Act, Folder, redrive
from eventlog.read.projection import Fact, Projection, View
from eventlog.read.projector import Changes, ProjectorLane
from eventlog.read.projector_runner import ProjectorRunner
from eventlog.read.store import Unkeepable
from eventlog.telemetry import Metric, Metrics
from eventlog.work import READ_SECONDS, Work, keep_working
from tests.eventlog.counting import CATALOG, NOON, OTHERS, OUTCOMES, TOPIC, TOTALS, Added, Writer, totals
from tests.eventlog.toys import until


class Restless(MemoryProjectionStore):
    """Fails so many times: first before it writes, then after it has written."""

    def __init__(self, failures: int) -> None:
        super().__init__([TOTALS, OTHERS], [OUTCOMES])
        self.failures = failures
        self.cannot_keep: str | None = None

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        for name, stream in changes.views:
            if self.cannot_keep in (stream, ""):
                raise Unkeepable((name, self.cannot_keep or ""), "too large")
        self.failures -= 1
        if self.failures >= 0 and self.failures % 2:
            raise Unavailable("mongodb", "away")
        await super().commit(topic, partition, expected, position, changes)
        if self.failures >= 0:
            raise Unavailable("mongodb", "written, but nobody heard of it")


class Bench:
    def __init__(self, failures: int = 0) -> None:
        self.log = MemoryEventLog(TOPIC, 1)
        self.store = Restless(failures)
        self.offsets = MemoryOffsets()
        self.writer = Writer()

    async def write(self, *amounts: int, stream: str = "counter-1") -> None:
        await self.log.append(0, [self.writer.commit(stream, amount) for amount in amounts])

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Work]:
        work = Work("counting.projector", TOPIC, 0, Metrics())
        runner = ProjectorRunner(
            self.log,
            self.offsets,
            self.store,
            lambda kept: ProjectorLane([TOTALS, OTHERS], [OUTCOMES], CATALOG, kept.position, kept.parked),
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_working(work, runner.run))
            yield work
            work.stop()


async def test_what_counts_is_folded_and_written() -> None:
    bench = Bench()
    await bench.write(1, 2)
    async with bench.running():
        await until(lambda: totals(bench.store) == {"counter-1": 3})
        await bench.write(4)
        await until(lambda: totals(bench.store) == {"counter-1": 7})


async def test_a_batch_whose_fate_is_unknown_is_not_applied_twice() -> None:
    bench = Bench(failures=4)
    await bench.write(1, 2, 4)
    async with bench.running():
        await until(lambda: totals(bench.store) == {"counter-1": 7})
        await bench.write(1)
        await until(lambda: totals(bench.store) == {"counter-1": 8})
    assert bench.store.failures == 0


async def test_a_second_projector_of_the_same_partition_changes_nothing() -> None:
    bench = Bench()
    async with bench.running(), bench.running():
        for n in range(40):
            await bench.write(1, stream=f"counter-{n % 4}")
        await until(lambda: sum(totals(bench.store).values()) >= 40)
    assert totals(bench.store) == {f"counter-{n}": 10 for n in range(4)}


async def test_a_group_offset_follows_for_those_who_watch_the_lag() -> None:
    bench = Bench()
    await bench.write(1, 2)
    async with bench.running():
        await until(lambda: bool(bench.offsets.history) and bench.offsets.history[-1].offset == 2)


async def test_records_that_change_nothing_are_noted_together_when_there_is_time() -> None:
    bench = Bench()
    await bench.write(1)
    async with bench.running() as work:
        await until(lambda: totals(bench.store) == {"counter-1": 1})
        left = bench.store.failures
        for offset in range(1, 6):
            await bench.log.append(0, [link(b"somebody else's.", b"counter-1", b"{}")])
            await until(lambda offset=offset: work.next_offset == offset + 1)
        await until(lambda: bench.store.positions[TOPIC, 0].next_offset == 6)
    assert left - bench.store.failures < 5


async def test_a_wait_for_records_is_over_when_the_work_is_to_stop() -> None:
    bench = Bench()
    loop = asyncio.get_running_loop()
    async with bench.running() as work:
        await until(lambda: work.ready)
        began = loop.time()
    assert loop.time() - began < READ_SECONDS / 2


async def test_a_breaker_stops_this_partition_loudly_and_writes_nothing_more() -> None:
    bench = Bench()
    await bench.log.append(0, [bench.writer.commit(f"counter-{n}", 13) for n in range(12)])
    async with bench.running() as work:
        await until(lambda: work.state == "stopped")
    assert "bad deploy" in work.detail
    assert bench.store.positions == {}


async def test_a_stream_that_the_store_cannot_keep_is_parked_and_all_others_flow() -> None:
    bench = Bench()
    bench.store.cannot_keep = "counter-2"
    await bench.write(1, stream="counter-1")
    await bench.write(2, 2, stream="counter-2")
    await bench.write(4, stream="counter-3")
    async with bench.running():
        await until(lambda: totals(bench.store) == {"counter-1": 1, "counter-3": 4})
        await bench.write(8, stream="counter-2")
        await bench.write(1, stream="counter-1")
        await until(lambda: totals(bench.store) == {"counter-1": 2, "counter-3": 4})
    kept = await bench.store.checkpoint(TOPIC, 0)
    assert kept is not None
    assert kept.parked == {"counter-2": 3}


def told(work: Work) -> tuple[float, ...]:
    """What the metrics say of parked streams: how many, how many commits, since when."""
    place = {"role": work.role, "partition": "0"}
    names = (Metric.PARKED_STREAMS, Metric.PARKED_RECORDS, Metric.PARKED_SINCE)
    return tuple(work.metrics.registry.get_sample_value(str(name), place) or 0 for name in names)


async def test_what_is_parked_is_told_with_its_age_and_a_redrive_is_noticed_without_news() -> None:
    bench = Bench()
    await bench.write(13, 2, stream="counter-2")
    folder = Folder([Projection("totals", 1, "counter", lenient)], [OUTCOMES], CATALOG)
    async with bench.running() as work:
        await until(lambda: told(work) == (1, 2, (NOON + timedelta(seconds=1)).timestamp()))
        act = Act("redriven", "ada", "", NOON)
        assert (await redrive(bench.store, folder, TOPIC, 0, "counter-2", act)).failure is None
        await until(lambda: told(work) == (0, 0, 0))
        await bench.write(5, stream="counter-2")
        await until(lambda: totals(bench.store) == {"counter-2": 20})
    assert not bench.store.parked[TOPIC, 0]


async def test_a_process_that_gives_a_partition_back_tells_nothing_of_it_any_more() -> None:
    bench = Bench()
    await bench.write(13)
    async with bench.running() as work:
        await until(lambda: told(work)[0] == 1)
    assert told(work) == (0, 0, 0)


def lenient(view: View, fact: Fact) -> View:
    """The fold of the code that is deployed next: no number is unlucky."""
    assert isinstance(fact.body, Added)
    before = view[0]["total"] if view else 0
    return ({"_id": fact.stream, "stream": fact.stream, "total": before + fact.body.amount},)


async def test_a_value_that_nobody_can_name_the_stream_of_stops_the_partition() -> None:
    bench = Bench()
    bench.store.cannot_keep = ""
    await bench.write(1)
    async with bench.running() as work:
        await until(lambda: work.state == "stopped")
    assert bench.store.positions == {}


async def test_a_checkpoint_of_another_log_ends_the_process() -> None:
    bench = Bench()
    await bench.write(1, 2)
    async with bench.running():
        await until(lambda: totals(bench.store) == {"counter-1": 3})
    bench.log.partitions[0].clear()
    with pytest.raises(ExceptionGroup) as raised:
        async with bench.running() as work:
            await until(lambda: work.ready)
    assert raised.group_contains(Diverged)
