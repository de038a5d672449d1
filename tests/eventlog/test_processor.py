"""The processor over the log in memory: what it does when the log, the ledger or a rival are not as it hoped."""

import asyncio
from collections.abc import Sequence

import pytest

from eventlog.commit import Link, start
from eventlog.errors import Conflict, Diverged, Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.write.ledger import Ledger, MemoryLedger
from eventlog.write.processor import BATCH_LINKS, Bookmark, Processor
from tests.eventlog.toys import TOPIC, a_lane, accepted, add, command_id, commit_in
from tests.waiting import eventually

BEGINNING = start(TOPIC, 0)


async def a_processor(log: MemoryEventLog, ledger: Ledger | None = None) -> Processor:
    processor = Processor(log, 0, a_lane(ledger))
    await processor.start()
    return processor


class Flaky(MemoryEventLog):
    """Answers the first appends with `Unavailable`: the first was executed, the second was lost."""

    def __init__(self) -> None:
        super().__init__(TOPIC, 1)
        self.calls = 0

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        self.calls += 1
        if self.calls == 1:
            await super().append(partition, links)
        if self.calls <= 2:
            raise Unavailable("kafka", "no answer")
        return await super().append(partition, links)


class Racing(MemoryEventLog):
    """A rival's commit gets in before each of the first three appends."""

    def __init__(self) -> None:
        super().__init__(TOPIC, 1)
        self.rival = a_lane()
        self.won = 0

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        if self.won < 3:
            self.won += 1
            for record in self.partitions[0][self.rival.position.next_offset :]:
                self.rival.see(record)
            theirs = self.rival.propose(add(f"rival {self.won}", stream="toy-9"))
            assert theirs is not None
            await super().append(partition, [theirs])
        return await super().append(partition, links)


async def test_each_command_gets_one_commit_in_the_order_they_came() -> None:
    log = MemoryEventLog(TOPIC, 1)
    processor = await a_processor(log)
    await processor.handle([add(n, 0) for n in range(600)])
    assert [commit.command_id for commit in await accepted(log)] == [command_id(n) for n in range(600)]


async def test_handling_again_appends_nothing() -> None:
    log = MemoryEventLog(TOPIC, 1)
    processor = await a_processor(log)
    await processor.handle([add("a")])
    await processor.handle([add("a"), add("a")])
    assert await log.end(0) == 1


async def test_a_time_out_is_not_a_failure_and_no_command_is_decided_twice() -> None:
    log = Flaky()
    processor = await a_processor(log)
    await processor.handle([add("a")])
    await processor.handle([add("b")])
    assert [commit.command_id for commit in await accepted(log)] == [command_id("a"), command_id("b")]


async def test_a_lost_race_is_decided_anew_until_it_is_won() -> None:
    log = Racing()
    processor = await a_processor(log)
    await processor.handle([add("a"), add("b")])
    commits = await accepted(log)
    assert [commit.command_id for commit in commits][-2:] == [command_id("a"), command_id("b")]
    assert len(commits) == 5
    assert processor.lane.ignored > 0


async def test_two_live_writers_share_a_partition_without_gap_or_double() -> None:
    log = MemoryEventLog(TOPIC, 1)
    batches = [[add(n, 0) for n in range(at, at + 5)] for at in range(0, 100, 5)]

    async def write() -> None:
        processor = await a_processor(log)
        for batch in batches:
            await processor.handle(batch)

    await asyncio.gather(write(), write())
    assert [commit.command_id for commit in await accepted(log)] == [command_id(n) for n in range(100)]


async def test_the_ledger_is_caught_up_with_the_log_at_the_start() -> None:
    log = MemoryEventLog(TOPIC, 1)
    first = await a_processor(log)
    await first.handle([add("a", 6)])
    second = await a_processor(log, MemoryLedger(BEGINNING))
    await second.handle([add("a", 6), add("b", 5)])
    refusal = commit_in(log.partitions[0][-1].value).refusal
    assert refusal is not None
    assert refusal.code == "toy.full"
    assert await log.end(0) == 2


async def test_a_ledger_of_another_log_is_not_believed() -> None:
    ledger = MemoryLedger(BEGINNING)
    processor = await a_processor(MemoryEventLog(TOPIC, 1), ledger)
    await processor.handle([add("a")])
    with pytest.raises(Diverged):
        await a_processor(MemoryEventLog(TOPIC, 1), ledger)


async def test_a_zombie_cannot_move_a_ledger_that_its_successor_moved() -> None:
    log, ledger = MemoryEventLog(TOPIC, 1), MemoryLedger(BEGINNING)
    zombie, successor = await a_processor(log, ledger), await a_processor(log, ledger)
    await successor.handle([add("a")])
    with pytest.raises(Conflict):
        await zombie.handle([add("b")])


async def test_a_bookmark_is_known_in_its_own_log_alone() -> None:
    log = MemoryEventLog(TOPIC, 1)
    processor = await a_processor(log)
    await processor.handle([add("a")])
    position = processor.position
    bookmark = Bookmark(position.last_offset, position.last_id, 0, b"")
    assert Bookmark.decode(bookmark.encode()) == bookmark
    assert await processor.knows(bookmark)
    assert not await processor.knows(None)
    assert not await processor.knows(Bookmark(position.last_offset, b"other", 0, b""))
    assert not await processor.knows(Bookmark(99, position.last_id, 0, b""))
    assert Bookmark.decode("") is None


async def test_a_zombie_that_reads_what_its_successor_wrote_does_not_call_the_log_corrupt() -> None:
    log, ledger = MemoryEventLog(TOPIC, 1), MemoryLedger(BEGINNING)
    zombie, successor = await a_processor(log, ledger), await a_processor(log, ledger)
    await successor.handle([add("a"), add("b")])
    with pytest.raises(Conflict, match="another process moved the ledger"):
        await zombie.handle([add("a"), add("c")])


class Patient(MemoryEventLog):
    """Takes the first append only when more is proposed than it was given."""

    def __init__(self) -> None:
        super().__init__(TOPIC, 1)
        self.lane = a_lane()
        self.sizes: list[int] = []

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        async def more() -> bool:
            return self.lane.pending > len(links)

        if not self.sizes:
            await eventually(more)
        self.sizes.append(len(links))
        return await super().append(partition, links)


async def test_the_next_piece_is_decided_while_the_log_takes_one() -> None:
    log = Patient()
    processor = Processor(log, 0, log.lane)
    await processor.start()
    await processor.handle([add(n, 0) for n in range(600)])
    assert log.sizes == [BATCH_LINKS, BATCH_LINKS, 100]


class Beaten(MemoryEventLog):
    """A rival's commit gets in before the first append, and is seen before the append is answered."""

    def __init__(self) -> None:
        super().__init__(TOPIC, 1)
        self.lane = a_lane()

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        async def seen() -> bool:
            return self.lane.accepted > 0

        if not self.partitions[0]:
            theirs = a_lane().propose(add("rival", stream="toy-9"))
            assert theirs is not None
            await super().append(partition, [theirs])
            await eventually(seen)
        return await super().append(partition, links)


async def test_what_lost_a_race_is_not_overtaken_by_later_pieces_of_its_batch() -> None:
    log = Beaten()
    processor = Processor(log, 0, log.lane)
    await processor.start()
    await processor.handle([add(n, 0) for n in range(1_000)])
    assert [commit.command_id for commit in (await accepted(log))[1:]] == [command_id(n) for n in range(1_000)]
