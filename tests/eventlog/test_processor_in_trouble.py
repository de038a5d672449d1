"""The processor when its log refuses, shrinks or changes behind it, and when its ledger runs ahead of it."""

import asyncio
from collections.abc import Sequence

import pytest

from eventlog.commit import Link, link, start
from eventlog.errors import Conflict, Diverged, Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.write.deciding import DETAIL_LENGTH
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from eventlog.write.processor import ATTEMPTS, Processor
from tests.eventlog.toys import TOPIC, accepted, add, commit_in
from tests.simulator import mutants_around
from tests.simulator.short import a_lane, proposed

BEGINNING = start(TOPIC, 0)


class ReadOnly(MemoryEventLog):
    """Answers every question, and refuses every append."""

    def __init__(self) -> None:
        super().__init__(TOPIC, 1)
        self.refused = 0

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        self.refused += 1
        raise Unavailable("kafka", "not enough in-sync replicas")


class Shrinking(MemoryEventLog):
    """Says once that it has three records more than it has the next time."""

    def __init__(self) -> None:
        super().__init__(TOPIC, 1)
        self.lost = 3

    async def end(self, partition: int) -> int:
        lost, self.lost = self.lost, 0
        return await super().end(partition) + lost


async def a_processor(log: MemoryEventLog, lane: Lane | None = None) -> Processor:
    processor = Processor(log, 0, lane or a_lane(Lane))
    await processor.start()
    return processor


async def test_a_log_that_refuses_every_append_is_told_to_the_caller() -> None:
    log = ReadOnly()
    processor = await a_processor(log)
    with pytest.raises(Unavailable, match="in-sync"):
        await processor.handle([add("a")])
    assert log.refused == ATTEMPTS


async def test_records_that_were_lost_before_they_were_read_are_not_waited_for() -> None:
    log = Shrinking()
    async with asyncio.timeout(10):
        processor = await a_processor(log)
    assert processor.position == BEGINNING


async def a_zombie_whose_successor_lost_its_commits(kind: type[Lane]) -> list[int]:
    """The versions in the log after a zombie came back to a log that ends where it stood; its ledger is ahead."""
    log, ledger = MemoryEventLog(TOPIC, 1), MemoryLedger(BEGINNING)
    zombie = await a_processor(log, a_lane(kind, ledger))
    successor = await a_processor(log, a_lane(Lane, ledger))
    await successor.handle([add("a"), add("b")])
    log.partitions[0].clear()
    with pytest.raises(Conflict):
        await zombie.handle([add("c")])
    return [commit.version for commit in await accepted(log)]


async def test_nothing_is_decided_on_states_that_another_process_moved() -> None:
    assert await a_zombie_whose_successor_lost_its_commits(Lane) == []
    assert await a_zombie_whose_successor_lost_its_commits(mutants_around.DecidesOnAnyLedger) == [3]


async def test_a_hole_behind_a_reader_is_noticed_when_nothing_counts_any_more() -> None:
    log = MemoryEventLog(TOPIC, 1)
    first, second = proposed(a_lane(Lane), "a", "b")
    await log.append(0, [first, first])
    processor = await a_processor(log)
    del log.partitions[0][1:]
    await log.append(0, [second, link(b"?" * 16, b"toy-1", b"{}")])
    with pytest.raises(Diverged):
        await processor.look()


def test_a_refusal_is_not_longer_than_what_it_refuses() -> None:
    lane = a_lane(Lane)
    refused = lane.propose(add("a", stream="elsewhere-" + "x" * 100_000))
    assert refused is not None
    refusal = commit_in(refused.value).refusal
    assert refusal is not None
    assert len(refusal.detail) <= DETAIL_LENGTH
