"""Commands of one partition, from their topic into the log: where a runner begins, and what it keeps."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from contracts.envelope import Command
from eventlog.commit import Link, Position, start
from eventlog.errors import Diverged, Unavailable
from eventlog.memory import MemoryEventLog, MemoryTail
from eventlog.offsets import MemoryOffsets
from eventlog.telemetry import Metric, Metrics
from eventlog.work import Work, keep_working
from eventlog.write.command_runner import CommandRunner
from eventlog.write.ledger import Ledger, MemoryLedger
from eventlog.write.processor import Bookmark
from tests.eventlog.toys import TOPIC, a_lane, accepted, add, command_id, until
from tests.waiting import eventually


class Watched(MemoryEventLog):
    """Remembers where its tails began."""

    def __init__(self) -> None:
        super().__init__("toy.commands", 1)
        self.tails_from: list[int] = []

    async def tail(self, partition: int, offset: int) -> MemoryTail:
        self.tails_from.append(offset)
        return await super().tail(partition, offset)


class Bench:
    """Everything around a runner that outlives it."""

    def __init__(self) -> None:
        self.commands = Watched()
        self.events = MemoryEventLog(TOPIC, 1)
        self.offsets = MemoryOffsets()
        self.ledger = MemoryLedger(start(TOPIC, 0))
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)

    async def send(self, *commands: Command) -> None:
        values = [msgspec.json.encode(command) for command in commands]
        await self.commands.append(0, [Link(b"toy-1", value, b"", b"") for value in values])

    @asynccontextmanager
    async def running(self, open_ledger: Callable[[int], Ledger] | None = None) -> AsyncGenerator[Work]:
        work = Work("toy.processor", "toy.commands", 0, self.metrics)
        runner = CommandRunner(
            self.commands,
            self.events,
            self.offsets,
            open_ledger or (lambda _partition: self.ledger),
            lambda _partition, ledger: a_lane(ledger),
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_working(work, runner.run))
            await until(lambda: work.ready)
            yield work
            work.stop()

    async def handled(self, count: int) -> list[object]:
        """The ids of the commands that have a commit, when there are so many."""

        async def enough() -> list[object] | None:
            commits = await accepted(self.events)
            return [commit.command_id for commit in commits] if len(commits) >= count else None

        return await eventually(enough)


def not_fresh(ledger: MemoryLedger) -> MemoryLedger:
    """As a ledger is that was found on the disk."""
    ledger.fresh = False
    return ledger


async def test_commands_become_commits_in_their_order() -> None:
    bench = Bench()
    async with bench.running():
        await bench.send(add("a"), add("b"))
        await bench.send(add("c"))
        assert await bench.handled(3) == [command_id("a"), command_id("b"), command_id("c")]


async def test_the_group_offset_carries_what_was_read_last_of_both_topics() -> None:
    bench = Bench()
    async with bench.running():
        await bench.send(add("a"), add("b"))
        await until(lambda: bool(bench.offsets.history) and bench.offsets.history[-1].offset == 2)
    bookmark = Bookmark.decode(bench.offsets.history[-1].metadata)
    assert bookmark is not None
    assert (bookmark.events_offset, bookmark.commands_offset) == (1, 1)
    assert bookmark.events_id == bench.events.partitions[0][1].id


async def test_the_offset_never_passes_a_command_without_a_commit() -> None:
    bench = Bench()
    async with bench.running():
        for n in range(30):
            await bench.send(add(n, 0))
            for kept in bench.offsets.history:
                assert kept.offset <= len(await accepted(bench.events))
        await bench.handled(30)


async def test_a_successor_goes_on_at_the_group_offset() -> None:
    bench = Bench()
    async with bench.running():
        await bench.send(add("a"))
        await bench.handled(1)
    not_fresh(bench.ledger)
    async with bench.running():
        await bench.send(add("b"))
        assert await bench.handled(2) == [command_id("a"), command_id("b")]
    assert bench.commands.tails_from == [0, 1]


async def test_a_ledger_that_was_thrown_away_starts_the_commands_at_the_earliest() -> None:
    bench = Bench()
    async with bench.running():
        await bench.send(add("a"))
        await bench.handled(1)
    bench.ledger = MemoryLedger(start(TOPIC, 0))
    async with bench.running():
        await bench.send(add("b"))
        assert await bench.handled(2) == [command_id("a"), command_id("b")]
    assert bench.commands.tails_from[-1] == 0


@pytest.mark.parametrize("lost", ["commands", "bookmark"])
async def test_a_group_offset_about_another_topic_or_log_is_not_believed(lost: str) -> None:
    bench = Bench()
    async with bench.running():
        await bench.send(add("a"))
        await bench.handled(1)
    not_fresh(bench.ledger)
    if lost == "commands":
        bench.commands = Watched()
        await bench.send(add("b"))
    else:
        await bench.offsets.commit(1, "written by somebody else")
        await bench.send(add("b"))
    async with bench.running():
        assert await bench.handled(2) == [command_id("a"), command_id("b")]
    assert bench.commands.tails_from[-1] == 0


async def test_a_topic_that_is_replaced_while_its_tail_is_opened_is_begun_anew() -> None:
    bench = Bench()
    async with bench.running():
        await bench.send(add("a"))
        await bench.handled(1)
    not_fresh(bench.ledger)
    await bench.send(add("b"))
    replaced = bench.commands

    class Replacing(Watched):
        async def tail(self, partition: int, offset: int) -> MemoryTail:
            if not self.tails_from:
                self.partitions[0][:] = [
                    replaced.partitions[0][1]._replace(offset=0),
                    replaced.partitions[0][0]._replace(offset=1, value=msgspec.json.encode(add("c"))),
                ]
            return await super().tail(partition, offset)

    bench.commands = Replacing()
    bench.commands.partitions[0][:] = replaced.partitions[0]
    async with bench.running():
        assert sorted(map(str, await bench.handled(3))) == sorted(str(command_id(name)) for name in "abc")
    assert bench.commands.tails_from == [1, 0]


async def test_what_is_no_command_is_counted_and_skipped() -> None:
    bench = Bench()
    async with bench.running():
        await bench.commands.append(0, [Link(b"k", b"\xff not json", b"", b""), Link(b"k", b"{}", b"", b"")])
        await bench.send(add("a"))
        assert await bench.handled(1) == [command_id("a")]
    labels = {"role": "toy.processor", "partition": "0"}
    assert bench.registry.get_sample_value(Metric.NOT_A_COMMAND, labels) == 2


async def test_refusals_are_counted_by_their_codes() -> None:
    bench = Bench()
    labels = {"role": "toy.processor", "code": "toy.full"}
    async with bench.running():
        await bench.send(add("a", 11), add("b", 1), add("c", 12))
        await bench.handled(3)
        await until(lambda: bench.registry.get_sample_value(Metric.REFUSED, labels) == 2)


async def test_a_part_that_was_away_is_waited_for_and_nothing_is_lost() -> None:
    bench = Bench()
    away = [Unavailable("disk", "away"), Unavailable("disk", "still away")]

    def open_ledger(_partition: int) -> MemoryLedger:
        if away:
            raise away.pop()
        return bench.ledger

    await bench.send(add("a"))
    async with bench.running(open_ledger):
        assert await bench.handled(1) == [command_id("a")]
    errors = {"role": "toy.processor", "error": "Unavailable"}
    assert bench.registry.get_sample_value(Metric.ERRORS, errors) == 2


async def test_a_ledger_of_another_log_ends_the_process() -> None:
    bench = Bench()
    elsewhere = Position(b"x" * 16, 4, 5, b"x" * 16, 4)
    bench.ledger.save(start(TOPIC, 0), elsewhere, {}, {})
    with pytest.raises(ExceptionGroup) as raised:
        async with bench.running():
            pass
    assert raised.group_contains(Diverged)
