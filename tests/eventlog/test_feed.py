"""Readers of one partition that fetch together: each reads everything, in order, and the broker is asked seldom."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from eventlog.commit import Record
from eventlog.errors import Unavailable
from eventlog.kafka.batches import Fetched
from eventlog.kafka.feed import REMEMBERED_ANSWERS, REMEMBERED_BYTES, Answer, Feed

LONG = 5.0
SHORT = 0.01


class Partition:
    """Records that come while somebody waits for them; it counts how often it was asked."""

    def __init__(self, count: int = 0, size: int = 100) -> None:
        self.records = [_record(offset) for offset in range(count)]
        self.size = size
        self.connection = 1
        self.asked: list[int] = []
        self.error: Exception | None = None
        self._news = asyncio.Condition()

    async def fetch(self, offset: int, wait: float) -> Answer:
        try:
            async with asyncio.timeout(wait), self._news:
                self.asked.append(offset)
                self._news.notify_all()
                await self._news.wait_for(lambda: self.error or len(self.records) > offset)
        except TimeoutError:
            pass  # an answer without records is what a broker gives then
        if self.error:
            raise self.error
        found = self.records[offset:]
        return Answer(offset, Fetched(found, offset + len(found), [0], self.size * len(found)), self.connection)

    async def append(self, count: int = 1) -> None:
        async with self._news:
            self.records += [_record(len(self.records) + n) for n in range(count)]
            self._news.notify_all()

    async def until_asked(self, times: int) -> None:
        async with asyncio.timeout(LONG), self._news:
            await self._news.wait_for(lambda: len(self.asked) >= times)

    async def fail(self, error: Exception) -> None:
        async with self._news:
            self.error = error
            self._news.notify_all()


def _record(offset: int) -> Record:
    return Record(offset, b"toy-1", b"%d" % offset, b"%d" % offset, b"")


def _offsets(answer: Answer | None) -> Sequence[int]:
    assert answer is not None
    return [record.offset for record in answer.fetched.records]


async def test_readers_at_one_place_ask_once() -> None:
    partition = Partition()
    feed = Feed(partition.fetch)
    async with asyncio.TaskGroup() as group:
        reading = [group.create_task(feed.read(0, LONG)) for _ in range(5)]
        await partition.until_asked(1)
        await partition.append(2)
    assert [_offsets(one.result()) for one in reading] == [[0, 1]] * 5
    assert partition.asked == [0]


async def test_who_is_a_little_late_gets_all_that_he_missed_without_asking() -> None:
    partition = Partition(1)
    feed = Feed(partition.fetch)
    for offset in range(3):
        assert _offsets(await feed.read(offset, LONG)) == [offset]
        await partition.append()
    assert _offsets(await feed.read(0, LONG)) == [0, 1, 2]
    assert _offsets(await feed.read(2, LONG)) == [2]
    assert partition.asked == [0, 1, 2]


async def test_who_begins_in_the_middle_of_an_answer_gets_its_rest() -> None:
    partition = Partition(5)
    feed = Feed(partition.fetch)
    await feed.read(0, LONG)
    assert _offsets(await feed.read(3, LONG)) == [3, 4]


async def test_who_is_far_behind_asks_for_himself() -> None:
    partition = Partition(10)
    feed = Feed(partition.fetch)
    await feed.read(5, LONG)
    assert await feed.read(2, LONG) is None
    assert partition.asked == [5]


async def test_who_is_ahead_of_an_answer_that_is_waited_for_asks_for_himself() -> None:
    partition = Partition()
    feed = Feed(partition.fetch)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(feed.read(0, LONG))
        await partition.until_asked(1)
        assert await feed.read(3, LONG) is None
        await partition.append()
    assert _offsets(waiting.result()) == [0]


async def test_a_short_wait_ends_while_others_go_on_waiting() -> None:
    partition = Partition()
    feed = Feed(partition.fetch)
    async with asyncio.TaskGroup() as group:
        patient = group.create_task(feed.read(0, LONG))
        await partition.until_asked(1)
        assert _offsets(await feed.read(0, SHORT)) == []
        assert not patient.done()
        await partition.append()
    assert _offsets(patient.result()) == [0]


async def test_a_long_wait_outlives_the_short_one_that_it_joined() -> None:
    partition = Partition()
    feed = Feed(partition.fetch)
    async with asyncio.TaskGroup() as group:
        short = group.create_task(feed.read(0, SHORT))
        await partition.until_asked(1)
        patient = group.create_task(feed.read(0, LONG))
        assert _offsets(await short) == []
        await partition.until_asked(2)
        await partition.append()
    assert _offsets(patient.result()) == [0]


async def test_who_is_cancelled_takes_nothing_from_those_who_joined_him() -> None:
    partition = Partition()
    feed = Feed(partition.fetch)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(feed.read(0, LONG))
        await partition.until_asked(1)
        second = group.create_task(feed.read(0, LONG))
        await asyncio.sleep(0)
        first.cancel()
        await partition.until_asked(2)
        await partition.append()
    assert first.cancelled()
    assert _offsets(second.result()) == [0]


async def test_an_error_reaches_everybody_who_waits_and_is_forgotten_then() -> None:
    partition = Partition()
    feed = Feed(partition.fetch)
    async with asyncio.TaskGroup() as group:
        reading = [group.create_task(_failed(feed)) for _ in range(3)]
        await partition.until_asked(1)
        await partition.fail(Unavailable("kafka", "away"))
    assert all(one.result() for one in reading)
    assert partition.asked == [0]
    partition.error = None
    await partition.append()
    assert _offsets(await feed.read(0, LONG)) == [0]


async def _failed(feed: Feed) -> bool:
    with pytest.raises(Unavailable, match="away"):
        await feed.read(0, LONG)
    return True


async def test_what_came_over_an_older_connection_is_not_told_any_more() -> None:
    """Its tail may have been lost with it, and the newer answers would hide that."""
    partition = Partition(1)
    feed = Feed(partition.fetch)
    await feed.read(0, LONG)
    partition.connection = 2
    await partition.append()
    found = await feed.read(1, LONG)
    assert found is not None
    assert found.connection == 2
    assert await feed.read(0, LONG) is None


@pytest.mark.parametrize(("count", "size"), [(REMEMBERED_ANSWERS + 1, 1), (3, REMEMBERED_BYTES // 2)])
async def test_so_much_is_remembered_and_no_more(count: int, size: int) -> None:
    partition = Partition(0, size)
    feed = Feed(partition.fetch)
    for offset in range(count):
        await partition.append()
        await feed.read(offset, LONG)
    assert await feed.read(0, LONG) is None
    assert _offsets(await feed.read(1, LONG)) == list(range(1, count))


@pytest.mark.parametrize("seed", range(50))
async def test_each_of_many_readers_reads_everything_once_and_in_order(seed: int) -> None:
    """Readers of any pace, that join, fall behind, are interrupted and come from far behind."""
    dice = random.Random(seed)
    partition = Partition()
    feed = Feed(partition.fetch)
    count = 120

    async def read(begin: int) -> list[int]:
        seen: list[int] = []
        while begin + len(seen) < count:
            offset = begin + len(seen)
            try:
                async with asyncio.timeout(dice.choice([None, 0.001])):
                    answer = await feed.read(offset, dice.choice([0.001, LONG])) or await partition.fetch(offset, SHORT)
            except TimeoutError:
                continue  # cut off in the middle, as by a stop
            seen += _offsets(answer)
            for _ in range(dice.randrange(4)):
                await asyncio.sleep(0)
        return seen

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        readers = [group.create_task(read(0)) for _ in range(4)]
        while len(partition.records) < count:
            await partition.append(min(dice.randrange(1, 4), count - len(partition.records)))
            for _ in range(dice.randrange(6)):
                await asyncio.sleep(0)
        late = group.create_task(read(count // 2))
    assert [one.result() for one in readers] == [list(range(count))] * 4
    assert late.result() == list(range(count // 2, count))
