"""A scraper gets, by partition, how far each reader is behind the log: in records, and in seconds."""

import asyncio
from datetime import timedelta

import pytest
from prometheus_client import generate_latest

from eventlog import watching
from eventlog.commit import Link, Record
from eventlog.errors import Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.telemetry import Metrics
from eventlog.watching import look_at
from eventlog.work import Work
from tests.eventlog.counting import NOON, TOPIC, Writer

ROLE = "counting.projector"


class Watched:
    """Partition 0 with commits of one, two and three seconds past noon, and whoever works on it."""

    def __init__(self, read: int) -> None:
        self.log = MemoryEventLog(TOPIC, 1)
        self.work = Work(ROLE, TOPIC, 0, Metrics())
        self.read = read
        self.later = timedelta(seconds=90)

    async def look(self) -> dict[str, float]:
        if not self.log.partitions[0]:
            writer = Writer()
            await self.log.append(0, [writer.commit("counter-1", amount) for amount in (1, 2, 3)])
            if self.read >= 0:
                self.work.opened(self.read)
        await look_at(self.log, self.work, lambda: NOON + self.later)
        return told(self.work.metrics)


def told(metrics: Metrics) -> dict[str, float]:
    """Short name of a figure of partition 0 to its value."""
    place = f'{{partition="0",role="{ROLE}"}} '
    lines = [line for line in generate_latest(metrics.registry).decode().splitlines() if place in line]
    return {line.partition("{")[0].removeprefix("playhead_"): float(line.rpartition(" ")[2]) for line in lines}


@pytest.mark.req(75, 80)
async def test_the_lag_is_the_age_of_what_comes_next_and_nothing_where_all_is_read() -> None:
    assert await Watched(read=1).look() == {"working": 1, "lag_records": 2, "lag_seconds": 88}
    assert await Watched(read=3).look() == {"working": 1, "lag_records": 0, "lag_seconds": 0}


async def test_a_lag_that_was_is_taken_back_when_the_reader_has_come_up() -> None:
    watched = Watched(read=2)
    assert (await watched.look())["lag_seconds"] == 87
    watched.work.next_offset = 3
    assert (await watched.look())["lag_seconds"] == 0


async def test_a_sender_whose_clock_is_ahead_makes_no_negative_lag() -> None:
    watched = Watched(read=0)
    watched.later = timedelta(seconds=-5)
    assert await watched.look() == {"working": 1, "lag_records": 3, "lag_seconds": 0}


@pytest.mark.parametrize("value", [b"no JSON", b"\xff", b"{}", b'{"at": "2026-11-21T12:00:00"}'])
async def test_a_record_that_tells_no_time_is_counted_all_the_same(value: bytes) -> None:
    watched = Watched(read=3)
    await watched.look()
    await watched.log.append(0, [Link(b"counter-1", value, b"", b"")])
    assert await watched.look() == {"working": 1, "lag_records": 1, "lag_seconds": 0}


class Gone(MemoryEventLog):
    """Its records cannot be looked at any more."""

    async def record_at(self, partition: int, offset: int) -> Record | None:
        return None


async def test_where_the_next_record_is_gone_the_lag_is_the_time_without_progress() -> None:
    watched = Watched(read=0)
    watched.log = Gone(TOPIC, 1)
    await watched.look()
    watched.work.progress_at -= 30
    assert (await watched.look())["lag_seconds"] == pytest.approx(30, abs=5)


async def test_a_reader_that_was_never_opened_tells_that_it_does_not_work_and_no_lag() -> None:
    assert await Watched(read=-1).look() == {"working": 0}


async def test_what_was_told_of_a_partition_goes_with_it() -> None:
    watched = Watched(read=1)
    assert await watched.look()
    watched.work.stop()
    watched.work.metrics.left(ROLE, 0)
    assert await watched.look() == {}


async def test_a_reader_that_says_that_it_works_and_does_not_is_named() -> None:
    watched = Watched(read=1)
    await watched.look()
    watched.work.progress_at = asyncio.get_running_loop().time() - watching.STUCK_SECONDS - 1
    with pytest.raises(Unavailable, match="has not moved for 61 s, 2 behind"):
        await watched.look()
