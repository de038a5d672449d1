"""What every events topic promises; each adapter's tests inherit this suite."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence

import pytest

from eventlog.commit import Link, Position, Record, accept, link, start
from eventlog.errors import Diverged
from eventlog.log import EventLog, Tail, check
from eventlog.reader import Reader

WAIT = 5.0


def chained(log: EventLog, values: Sequence[bytes], prev: bytes | None = None) -> list[Link]:
    """Links that chain on one another, on partition 0's beginning or on `prev`."""
    links: list[Link] = []
    head = start(log.topic, 0).head if prev is None else prev
    for value in values:
        links.append(link(head, b"toy-1", value))
        head = links[-1].id
    return links


async def read_all(tail: Tail, count: int) -> list[Record]:
    """Exactly `count` records, however many reads they take."""
    found: list[Record] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found.extend(await tail.read(WAIT))
    assert len(found) == count
    return found


def position_after(log: EventLog, records: Sequence[Record]) -> Position:
    """Where a reader of partition 0 stands after all of these."""
    position = start(log.topic, 0)
    for record in records:
        position, _ = accept(position, record)
    return position


class EventLogPromises(ABC):
    """`log` has an empty partition 0 and 1."""

    @pytest.fixture
    @abstractmethod
    def log(self) -> EventLog: ...

    async def test_an_empty_partition_ends_at_zero_and_holds_nothing(self, log: EventLog) -> None:
        assert await log.end(0) == 0
        assert await log.beginning(0) == 0
        assert await log.record_at(0, 0) is None

    async def test_what_is_appended_is_read_back_byte_for_byte_in_order(self, log: EventLog) -> None:
        links = chained(log, [b"{}", b"\x00\xff", b"", "é".encode()])
        assert await log.append(0, links) == 0
        records = await read_all(await log.tail(0, 0), 4)
        assert [Link(r.key, r.value, r.id, r.prev) for r in records] == links
        assert [r.offset for r in records] == [0, 1, 2, 3]

    async def test_append_tells_the_offset_of_the_first_of_its_records(self, log: EventLog) -> None:
        links = chained(log, [b"a", b"b", b"c"])
        assert await log.append(0, links[:2]) == 0
        assert await log.append(0, links[2:]) == 2
        assert await log.end(0) == 3

    async def test_partitions_do_not_mix(self, log: EventLog) -> None:
        await log.append(0, chained(log, [b"zero"]))
        await log.append(1, chained(log, [b"one"]))
        assert [r.value for r in await read_all(await log.tail(1, 0), 1)] == [b"one"]
        assert await log.end(0) == 1

    async def test_many_megabytes_arrive_whole_and_in_order(self, log: EventLog) -> None:
        links = chained(log, [b"%07d" % n * 30_000 for n in range(16)])
        await log.append(0, links)
        records = await read_all(await log.tail(0, 0), 16)
        assert [r.id for r in records] == [one.id for one in links]

    async def test_the_largest_commit_fits(self, log: EventLog) -> None:
        await log.append(0, chained(log, [b"small", b"x" * 900_000, b"small"]))
        assert [len(r.value) for r in await read_all(await log.tail(0, 0), 3)] == [5, 900_000, 5]

    async def test_a_record_is_found_at_its_offset_and_at_no_other(self, log: EventLog) -> None:
        links = chained(log, [b"a", b"b", b"c"])
        await log.append(0, links)
        found = await log.record_at(0, 1)
        assert found is not None
        assert (found.offset, found.id) == (1, links[1].id)
        assert await log.record_at(0, 3) is None
        assert await log.record_at(0, 1_000_000) is None

    async def test_a_tail_begins_in_the_middle_of_a_batch(self, log: EventLog) -> None:
        await log.append(0, chained(log, [b"a", b"b", b"c"]))
        assert [r.value for r in await read_all(await log.tail(0, 2), 1)] == [b"c"]

    async def test_a_tail_returns_nothing_when_nothing_comes(self, log: EventLog) -> None:
        tail = await log.tail(0, 0)
        assert list(await tail.read(0.05)) == []

    async def test_a_waiting_tail_wakes_when_something_comes(self, log: EventLog) -> None:
        tail = await log.tail(0, 0)
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(tail.read(WAIT))
            group.create_task(log.append(0, chained(log, [b"news"])))
        assert [r.value for r in reading.result()] == [b"news"]

    async def test_tails_of_one_partition_do_not_disturb_one_another(self, log: EventLog) -> None:
        await log.append(0, chained(log, [b"a", b"b"]))
        first, second = await log.tail(0, 0), await log.tail(0, 0)
        await read_all(first, 2)
        assert len(await read_all(second, 2)) == 2

    async def test_a_cancelled_read_loses_no_record(self, log: EventLog) -> None:
        tail = await log.tail(0, 0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await tail.read(WAIT)
        await log.append(0, chained(log, [b"a", b"b"]))
        assert [r.value for r in await read_all(tail, 2)] == [b"a", b"b"]

    async def test_a_tail_beyond_the_end_has_diverged(self, log: EventLog) -> None:
        await log.append(0, chained(log, [b"a"]))
        with pytest.raises(Diverged, match="log diverged"):
            await (await log.tail(0, 5)).read(WAIT)

    async def test_concurrent_appends_each_stay_together(self, log: EventLog) -> None:
        await asyncio.gather(*(log.append(0, chained(log, [b"%d" % n] * 20, prev=bytes(16))) for n in range(8)))
        values = [r.value for r in await read_all(await log.tail(0, 0), 160)]
        assert sorted(set(values)) == [b"%d" % n for n in range(8)]
        assert all(len(set(values[at : at + 20])) == 1 for at in range(0, 160, 20))

    async def test_a_position_is_found_again_in_its_own_log(self, log: EventLog) -> None:
        await log.append(0, chained(log, [b"a", b"b"]))
        records = await read_all(await log.tail(0, 0), 2)
        await check(log, 0, position_after(log, records))

    async def test_a_position_of_another_log_is_not_found(self, log: EventLog) -> None:
        await log.append(0, chained(log, [b"a", b"b"]))
        records = await read_all(await log.tail(0, 0), 2)
        position = position_after(log, records)
        with pytest.raises(Diverged, match="was read before"):
            await check(log, 0, Position(position.head, 1, 2, bytes(16), 1))
        with pytest.raises(Diverged, match="lost its tail"):
            await check(log, 0, Position(position.head, 1, 9, position.last_id, 8))

    async def test_a_reader_checks_its_position_before_it_believes(self, log: EventLog) -> None:
        await log.append(0, chained(log, [b"a", b"b"]))
        elsewhere = Position(bytes(16), 0, 1, bytes(16), 0)
        with pytest.raises(Diverged):
            await Reader.open(log, 0, elsewhere)
