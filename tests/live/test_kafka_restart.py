"""What a reader and a writer see when the broker is killed, frozen, or comes back without the end of its log."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

import pytest

from eventlog.commit import Position, Record, accept, link, start
from eventlog.errors import Diverged, Unavailable
from eventlog.kafka import KafkaAccess, KafkaEventLog
from eventlog.log import check
from eventlog.reader import Reader
from tests.eventlog.log_promises import chained, position_after, read_all
from tests.live.kafka_topics import a_log
from tests.live.private_broker import PrivateBroker, private_broker
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.chaos, pytest.mark.timeout(180)]

Found = TypeVar("Found")


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[PrivateBroker]:
    with private_broker(tmp_path_factory.mktemp("broker")) as broker:
        await broker.start()
        yield broker


@pytest.fixture
async def log(broker: PrivateBroker) -> AsyncGenerator[KafkaEventLog]:
    async with a_log(KafkaAccess(broker.servers), partitions=1) as log:
        yield log


async def patiently(ask: Callable[[], Awaitable[Found]]) -> Found:
    """The first answer that is not `Unavailable`."""

    async def once() -> tuple[Found] | None:
        try:
            return (await ask(),)
        except Unavailable:
            return None

    return (await eventually(once, within=40))[0]


async def stands_after(log: KafkaEventLog, values: Sequence[bytes]) -> tuple[Reader, Position]:
    """A reader that has read these, each appended as a batch of its own."""
    for one in chained(log, values):
        await log.append(0, [one])
    reader = await Reader.open(log, 0, start(log.topic, 0))
    records: list[Record] = []
    while len(records) < len(values):
        records.extend(await reader.read(position_after(log, records), 5))
    return reader, position_after(log, records)


async def test_a_killed_broker_costs_nothing_but_time(broker: PrivateBroker, log: KafkaEventLog) -> None:
    reader, position = await stands_after(log, [b"a", b"b"])
    broker.kill()
    following = link(position.head, b"toy-1", b"c")
    with pytest.raises(Unavailable):
        await log.append(0, [following])
    with pytest.raises(Unavailable):
        await reader.read(position, 1)
    await broker.start()
    await patiently(lambda: log.append(0, [following]))
    records = await patiently(lambda: reader.read(position, 5))
    assert [accept(position, record)[1] for record in records] == [True]


async def test_a_restart_moves_the_generation_of_an_open_tail(broker: PrivateBroker, log: KafkaEventLog) -> None:
    links = chained(log, [b"a", b"b"])
    await log.append(0, links[:1])
    tail = await log.tail(0, 0)
    await read_all(tail, 1)
    before = tail.generation
    broker.kill()
    await broker.start()
    await patiently(lambda: log.append(0, links[1:]))
    assert len(await patiently(lambda: tail.read(5))) == 1
    assert tail.generation > before


async def test_a_log_that_lost_its_tail_is_not_believed(broker: PrivateBroker, log: KafkaEventLog) -> None:
    reader, position = await stands_after(log, [b"a", b"b", b"c"])
    broker.kill()
    broker.lose_tail(log.topic, batches=1)
    await broker.start()
    assert await patiently(lambda: log.end(0)) == 2
    with pytest.raises(Diverged, match="log diverged"):
        await patiently(lambda: reader.read(position, 1))
    with pytest.raises(Diverged, match="lost its tail"):
        await check(log, 0, position)


async def test_a_lost_tail_that_was_written_over_is_not_believed(broker: PrivateBroker, log: KafkaEventLog) -> None:
    reader, position = await stands_after(log, [b"a", b"b", b"c"])
    broker.kill()
    broker.lose_tail(log.topic, batches=2)
    await broker.start()
    second = chained(log, [b"a", b"other b", b"other c"])[1:]
    orphan = link(position.head, b"toy-1", b"of a writer that believed what is gone")
    await patiently(lambda: log.append(0, [*second, orphan]))
    with pytest.raises(Diverged, match="was read before"):
        await patiently(lambda: reader.read(position, 5))


async def test_a_frozen_broker_is_unavailable_and_then_goes_on(broker: PrivateBroker, log: KafkaEventLog) -> None:
    reader, position = await stands_after(log, [b"a"])
    following = link(position.head, b"toy-1", b"b")
    async with broker.frozen(), asyncio.timeout(30):
        with pytest.raises(Unavailable, match="no answer within"):
            await log.append(0, [following])
    await patiently(lambda: log.append(0, [following]))
    records = await patiently(lambda: reader.read(position, 5))
    assert [record.id for record in records][:1] == [following.id], "the first of the two copies counts"
    for record in records:
        position, _ = accept(position, record)
    assert position.head == following.id
