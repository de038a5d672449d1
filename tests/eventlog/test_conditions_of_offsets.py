"""The commands' group offset is read before the log, or it speaks of commits that the reader cannot miss."""

import asyncio
from collections.abc import Callable
from random import Random

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from eventlog.commit import Link, start
from eventlog.errors import Diverged
from eventlog.memory import MemoryEventLog
from eventlog.offsets import Committed, MemoryOffsets
from eventlog.telemetry import Metrics
from eventlog.work import READ_SECONDS, Work
from eventlog.write.command_runner import CommandRunner
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from eventlog.write.processor import Bookmark
from tests.eventlog.toys import TOPIC, accepted, add
from tests.simulator.loop import VirtualLoop
from tests.simulator.mutants_around import ReadsTheOffsetLate
from tests.simulator.short import a_lane, proposed


class Meddled(MemoryEventLog):
    """When its end was asked for by whoever reads up to it, another member of the group goes on, once."""

    def __init__(self, another: Callable[[], None]) -> None:
        super().__init__(TOPIC, 1)
        self._another = another
        self._asked = 0

    async def end(self, partition: int) -> int:
        end = await super().end(partition)
        self._asked += 1
        if self._asked == 2:
            self._another()
        return end


async def is_decided_or_the_loss_is_noticed(kind: type[CommandRunner]) -> bool:
    """Another member handles the only command while this one starts; before this one looks again, that is lost."""
    commands, offsets = MemoryEventLog("toy.commands", 1), MemoryOffsets()
    await commands.append(0, [Link(b"toy-1", msgspec.json.encode(add("a")), b"", b"")])
    (theirs,) = proposed(a_lane(Lane), "a")
    about = Bookmark(0, theirs.id, 0, commands.partitions[0][0].fingerprint)

    def another() -> None:
        events.partitions[0].append(events_record)
        offsets.history.append(Committed(1, about.encode()))

    events = Meddled(another)
    events_record = commands.partitions[0][0]._replace(value=theirs.value, id=theirs.id, prev=theirs.prev)
    ledger = MemoryLedger(start(TOPIC, 0))
    ledger.fresh = False
    runner = kind(commands, events, offsets, lambda _: ledger, lambda _, kept: a_lane(Lane, kept))
    work = Work("toy.processor", "toy.commands", 0, Metrics(CollectorRegistry()))
    asyncio.get_running_loop().call_later(READ_SECONDS / 2, events.partitions[0].clear)
    asyncio.get_running_loop().call_later(READ_SECONDS * 4, work.stop)
    try:
        await runner.run(work)
    except Diverged:
        return True
    return bool(await accepted(events))


@pytest.mark.parametrize(("kind", "safe"), [(CommandRunner, True), (ReadsTheOffsetLate, False)])
def test_the_group_offset_is_read_before_the_log(kind: type[CommandRunner], safe: bool) -> None:
    loop = VirtualLoop(Random(0))
    try:
        assert loop.run_until_complete(is_decided_or_the_loss_is_noticed(kind)) is safe
    finally:
        loop.close()
