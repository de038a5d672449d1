"""A member of a group that is about to leave: it finishes what it has, and begins with nothing more."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from faststream.kafka import KafkaBroker

from eventlog.kafka.access import KafkaAccess
from eventlog.kafka.group import Group
from eventlog.log import EventLog
from eventlog.offsets import Offsets
from eventlog.telemetry import Metrics
from eventlog.work import Work
from tests.eventlog.counting import TOPIC
from tests.waiting import eventually

SHORT = 0.05
PLACES = [TopicPartition(TOPIC, partition) for partition in range(2)]


class Subscriber:
    """Of FastStream, as far as a group looks; it is its own consumer, and its own broker."""

    def __init__(self) -> None:
        self.paused: set[TopicPartition] = set()

    @property
    def consumer(self) -> "Subscriber":
        return self

    def subscriber(self, *_topics: str, **_settings: Any) -> "Subscriber":
        return self

    def pause(self, *places: TopicPartition) -> None:
        self.paused |= {*places}


class Log:
    topic = TOPIC


class Worked:
    """What was begun, and what is at work; each piece goes on after it was asked to stop until `may_end`."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.at_work: set[int] = set()
        self.may_end = asyncio.Event()
        self.subscriber = Subscriber()
        broker = cast("KafkaBroker", self.subscriber)
        self.group = Group(broker, KafkaAccess("nowhere:1"), "counting", cast("EventLog", Log()), self._run, Metrics())

    async def _run(self, work: Work, _offsets: Offsets) -> None:
        self.begun.append(work.partition)
        self.at_work.add(work.partition)
        await self.may_end.wait()
        self.at_work.remove(work.partition)
        assert work.stopping

    async def have_begun(self, *partitions: int) -> None:
        async def begun() -> bool:
            return self.begun == [*partitions]

        await eventually(begun)


async def test_what_is_assigned_to_a_member_that_leaves_is_not_begun() -> None:
    """It would be worked on when the connections that it needs are closed, and keep the process from its end."""
    worked = Worked()
    worked.may_end.set()
    async with asyncio.TaskGroup() as tasks:
        worked.group.work_in(tasks)
        await worked.group.leave()
        await worked.group.take_over({PLACES[1]})
    assert worked.begun == []
    assert worked.subscriber.paused == {PLACES[1]}


@pytest.mark.parametrize("taken_away", [set[int](), {0}, {0, 1}])
async def test_who_leaves_waits_for_what_it_has_and_for_what_was_just_taken_away(taken_away: set[int]) -> None:
    worked = Worked()
    async with asyncio.TaskGroup() as tasks:
        worked.group.work_in(tasks)
        await worked.group.take_over({*PLACES})
        await worked.have_begun(0, 1)
        tasks.create_task(worked.group.hand_over(taken_away))
        leaving = tasks.create_task(worked.group.leave())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(SHORT):
                await asyncio.shield(leaving)
        assert worked.at_work == {0, 1}
        worked.may_end.set()
        await leaving
        assert worked.at_work == set()
