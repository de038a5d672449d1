"""The real log keeps the promises of every log."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Protocol

import pytest
from aiokafka.partitioner import murmur2 as reference
from hypothesis import given
from hypothesis import strategies as st

from eventlog import clock
from eventlog.commit import accept, start
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaAccess, KafkaEventLog, create_topics
from eventlog.kafka.partitioner import murmur2
from eventlog.kafka.topics import TopicMismatch
from eventlog.log import EventLog
from tests.eventlog.log_promises import EventLogPromises, chained, read_all
from tests.live.kafka_topics import a_log, a_topic, delete_topics

pytestmark = pytest.mark.live


class Stack(Protocol):
    @property
    def kafka(self) -> str: ...


@pytest.fixture(scope="module")
def access(stack: Stack) -> KafkaAccess:
    return KafkaAccess(stack.kafka)


class TestKafkaEventLog(EventLogPromises):
    @pytest.fixture
    async def log(self, access: KafkaAccess) -> AsyncGenerator[EventLog]:
        async with a_log(access) as log:
            yield log


class TestGatheringKafkaEventLog(EventLogPromises):
    @pytest.fixture
    async def log(self, access: KafkaAccess) -> AsyncGenerator[EventLog]:
        async with a_log(access, gathers=True) as log:
            yield log


async def test_what_follows_the_first_news_comes_together(access: KafkaAccess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventlog.kafka.log.GATHER_SECONDS", 20.0)
    monkeypatch.setattr("eventlog.kafka.log.GATHER_BYTES", 2_000)
    async with a_log(access, gathers=True) as log:
        tail = await log.tail(0, 0)
        links = chained(log, [letter * 1_000 for letter in (b"a", b"b", b"c")])
        await log.append(0, links[:1])
        assert [record.value[:1] for record in await tail.read(20)] == [b"a"]
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(tail.read(20))
            await log.append(0, links[1:2])
            await log.append(0, links[2:])
        assert [record.value[:1] for record in reading.result()] == [b"b", b"c"]
        await tail.close()


async def test_the_first_read_of_a_tail_moves_its_generation(access: KafkaAccess) -> None:
    async with a_log(access) as log:
        await log.append(0, chained(log, [b"a"]))
        tail = await log.tail(0, 0)
        before = tail.generation
        await read_all(tail, 1)
        assert tail.generation > before
        settled = tail.generation
        await log.append(0, chained(log, [b"b"]))
        await read_all(tail, 1)
        assert tail.generation == settled
        await tail.close()


async def test_a_topic_that_is_not_there_is_unavailable_and_says_what_to_do(access: KafkaAccess) -> None:
    log = KafkaEventLog(access, a_topic("missing").name)
    await log.start()
    with pytest.raises(Unavailable, match="playhead topics"):
        await log.append(0, chained(log, [b"a"]))
    await log.close()


async def test_a_clock_that_is_hours_ahead_is_named_and_nothing_is_appended(access: KafkaAccess) -> None:
    async with a_log(access) as log:
        ahead = KafkaEventLog(access, log.topic, lambda: clock.now() + timedelta(hours=3))
        await ahead.start()
        try:
            with pytest.raises(Unavailable, match="Set the clock of this machine"):
                await ahead.append(0, chained(log, [b"early"]))
        finally:
            await ahead.close()
        assert await log.end(0) == 0


async def test_a_cluster_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        await KafkaEventLog(KafkaAccess("127.0.0.1:9"), "any").start()


async def test_each_partition_of_an_events_topic_begins_with_a_commit_of_its_own(access: KafkaAccess) -> None:
    async with a_log(access, partitions=3, chained=True) as log:
        heads: set[bytes] = set()
        for partition in range(3):
            record = await log.record_at(partition, 0)
            assert record is not None
            position, counts = accept(start(log.topic, partition), record)
            assert counts
            heads.add(position.head)
            assert await log.end(partition) == 1
        assert len(heads) == 3


async def test_creating_topics_again_changes_nothing(access: KafkaAccess) -> None:
    topic = a_topic("again", chained=True)
    assert await create_topics(access, [topic], 2, 1) == [topic.name]
    assert await create_topics(access, [topic], 2, 1) == []
    log = KafkaEventLog(access, topic.name)
    await log.start()
    assert [await log.end(partition) for partition in range(2)] == [1, 1]
    await log.close()
    await delete_topics(access, topic.name)


async def test_a_topic_with_another_count_or_setting_is_named_and_left_alone(access: KafkaAccess) -> None:
    topic = a_topic("other")
    await create_topics(access, [topic], 2, 1)
    with pytest.raises(TopicMismatch, match=r"has 2 partition\(s\), 3 are asked for"):
        await create_topics(access, [topic], 3, 1)
    shorter = type(topic)(name=topic.name, key="any", retention_ms=1000, writers=(), readers=())
    with pytest.raises(TopicMismatch, match=r"has retention\.ms=-1, 1000 is declared"):
        await create_topics(access, [shorter], 2, 1)
    await delete_topics(access, topic.name)


@given(st.binary(max_size=64))
def test_streams_lie_where_every_kafka_client_puts_them(key: bytes) -> None:
    assert murmur2(key) == reference(key)
