"""A reader checks its position whenever the log may be another, and skips nothing meanwhile."""

from collections.abc import Sequence

import pytest

from eventlog.commit import Position, Record, accept, start
from eventlog.errors import Diverged, Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.reader import Reader
from tests.eventlog.log_promises import chained
from tests.eventlog.toys import TOPIC


class RestlessTail:
    """Hands out what it was given; its generation moves with every read."""

    def __init__(self, *reads: Sequence[Record]) -> None:
        self.reads = list(reads)
        self.generation = 0

    async def read(self, wait: float) -> Sequence[Record]:
        self.generation += 1
        return self.reads.pop(0)

    async def close(self) -> None:
        self.reads.clear()


class AwayOnce(MemoryEventLog):
    """Does not answer the first question for its end."""

    away = True

    async def end(self, partition: int) -> int:
        if self.away:
            self.away = False
            raise Unavailable("kafka", "away")
        return await super().end(partition)


async def test_what_was_read_before_a_check_that_failed_is_read_again_after_it() -> None:
    log = AwayOnce(TOPIC, 1)
    await log.append(0, chained(log, [b"a"]))
    records = list(log.partitions[0])
    reader = Reader(log, 0, RestlessTail(records))
    with pytest.raises(Unavailable):
        await reader.read(start(TOPIC, 0), 0)
    assert await reader.read(start(TOPIC, 0), 0) == records


async def test_records_of_a_log_that_lost_its_tail_are_not_handed_out() -> None:
    log = MemoryEventLog(TOPIC, 1)
    await log.append(0, chained(log, [b"a", b"b"]))
    position: Position = start(TOPIC, 0)
    for record in log.partitions[0]:
        position, _ = accept(position, record)
    del log.partitions[0][1:]
    await log.append(0, chained(log, [b"other", b"others"], prev=log.partitions[0][0].id))
    reader = Reader(log, 0, RestlessTail(log.partitions[0][2:]))
    with pytest.raises(Diverged):
        await reader.read(position, 0)
