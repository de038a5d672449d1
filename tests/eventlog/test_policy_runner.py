"""Policies of one partition: commands are sent first, the position is kept afterwards."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager

import pytest

from contracts.envelope import Command
from eventlog.commit import Position, Record, link, start
from eventlog.errors import Diverged, Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.offsets import MemoryOffsets
from eventlog.telemetry import Metrics
from eventlog.work import Work, keep_working
from eventlog.write.policy import Ask, Heard, PolicyLane
from eventlog.write.policy_runner import PolicyRunner
from tests.eventlog.toys import CATALOG, TOPIC, Add, Added, a_lane, add, until


def copy_to_the_next_box(heard: Heard) -> Iterable[Ask]:
    if isinstance(heard.body, Added):
        yield Ask("copy", "toy-2", Add(things=heard.body.things))


class Outbox:
    """Takes commands; the first `failures` times it is away, after it has taken them."""

    def __init__(self, offsets: MemoryOffsets, failures: int = 0) -> None:
        self.taken: list[Command] = []
        self.kept_when_taken: list[int] = []
        self.failures = failures
        self._offsets = offsets

    async def send(self, commands: Sequence[Command]) -> None:
        self.taken.extend(commands)
        self.kept_when_taken.append(self._offsets.history[-1].offset if self._offsets.history else 0)
        if self.failures:
            self.failures -= 1
            raise Unavailable("kafka", "no acknowledgement")


class Bench:
    def __init__(self, failures: int = 0) -> None:
        self.log = MemoryEventLog(TOPIC, 1)
        self.offsets = MemoryOffsets()
        self.outbox = Outbox(self.offsets, failures)
        self.writer = a_lane()
        self.work = Work("toy.policies", TOPIC, 0, Metrics())

    async def write(self, *things: int) -> None:
        """One commit each, by a processor of the toy."""
        for record in self.log.partitions[0][self.writer.position.next_offset :]:
            self.writer.see(record)
        count = len(self.log.partitions[0])
        links = [self.writer.propose(add(count + n, many)) for n, many in enumerate(things)]
        await self.log.append(0, [one for one in links if one is not None])

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Work]:
        self.work = Work("toy.policies", TOPIC, 0, Metrics())
        runner = PolicyRunner(
            self.log,
            self.offsets,
            self.outbox,
            lambda position: PolicyLane([copy_to_the_next_box], CATALOG, position, "policy"),
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_working(self.work, runner.run))
            yield self.work
            self.work.stop()


async def test_what_is_heard_is_asked_and_then_kept() -> None:
    bench = Bench()
    await bench.write(4, 0, 3)
    async with bench.running():
        await until(lambda: bool(bench.offsets.history) and bench.offsets.history[-1].offset == 3)
    assert [bytes(command.data) for command in bench.outbox.taken] == [b'{"things":4}', b'{"things":3}']
    assert bench.outbox.kept_when_taken[0] == 0, "the position is kept after the acknowledgement"


async def test_commands_without_acknowledgement_are_sent_again_under_the_same_ids() -> None:
    bench = Bench(failures=2)
    await bench.write(4)
    async with bench.running():
        await until(lambda: bool(bench.offsets.history) and bench.offsets.history[-1].offset == 1)
    assert len(bench.outbox.taken) == 3
    assert len({command.id for command in bench.outbox.taken}) == 1


async def test_a_successor_goes_on_where_the_position_was_kept() -> None:
    bench = Bench()
    await bench.write(4)
    async with bench.running():
        await until(lambda: bool(bench.offsets.history))
    await bench.write(3)
    async with bench.running():
        await until(lambda: bench.offsets.history[-1].offset == 2)
    assert len(bench.outbox.taken) == 2


async def test_an_event_that_only_newer_code_knows_stops_the_policies_and_keeps_nothing() -> None:
    bench = Bench()
    await bench.write(4)
    made = bench.log.partitions[0].pop()
    newer = link(made.prev, made.key, made.value.replace(b'"toy.added"', b'"toy.doubled"'))
    await bench.log.append(0, [newer])
    async with bench.running() as work:
        await until(lambda: work.state == "stopped")
    assert "Upgrade this service: policies go on from there" in work.detail
    assert not work.ready
    assert bench.offsets.history == []


async def test_a_position_of_another_log_ends_the_process() -> None:
    bench = Bench()
    await bench.write(4)
    async with bench.running():
        await until(lambda: bool(bench.offsets.history))
    bench.log.partitions[0].clear()
    with pytest.raises(ExceptionGroup) as raised:
        async with bench.running() as work:
            await until(lambda: work.ready)
    assert raised.group_contains(Diverged)


async def test_the_last_record_that_was_read_is_found_again_though_it_did_not_count() -> None:
    bench = Bench()
    await bench.write(4)
    stranger, another = (link(prev, b"toy-1", b"{}") for prev in (b"x" * 16, b"y" * 16))
    await bench.log.append(0, [stranger])

    async def lose_it() -> None:
        async with bench.running() as work:
            await until(lambda: work.next_offset == 2)
            bench.log.partitions[0][1:] = [Record(offset, *another) for offset in (1, 2)]
            await until(lambda: work.next_offset == 3)

    with pytest.raises(ExceptionGroup) as raised:
        await lose_it()
    assert raised.group_contains(Diverged)


def test_the_beginning_is_offset_zero() -> None:
    assert start(TOPIC, 0) == Position(start(TOPIC, 0).head, -1, 0, b"", -1)
