"""Commands arrive in the partition of their stream, and a refused one does not stop those after it."""

import asyncio
from typing import Protocol

import msgspec
import pytest

from contracts.envelope import Command
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaAccess, KafkaSender, partition_for
from tests.eventlog.toys import add
from tests.live.kafka_topics import a_log

pytestmark = pytest.mark.live
PARTITIONS = 3


class Stack(Protocol):
    @property
    def kafka(self) -> str: ...


async def test_each_command_lies_in_the_partition_of_its_stream(stack: Stack) -> None:
    access = KafkaAccess(stack.kafka)
    commands = [add(n, stream=f"toy-{n}") for n in range(40)]
    async with a_log(access, PARTITIONS) as log:
        sender = KafkaSender(access, {"toy": log.topic})
        await asyncio.gather(*(sender.send([command]) for command in commands))
        await sender.close()
        for partition in range(PARTITIONS):
            for offset in range(await log.end(partition)):
                record = await log.record_at(partition, offset)
                assert record is not None
                found = msgspec.json.decode(record.value, type=Command)
                assert found in commands
                assert partition_for(found.stream, PARTITIONS) == partition
        assert sum([await log.end(partition) for partition in range(PARTITIONS)]) == len(commands)


async def test_a_command_that_the_broker_refuses_is_unavailable_and_the_next_one_goes_through(stack: Stack) -> None:
    access = KafkaAccess(stack.kafka)
    async with a_log(access, 1) as log:
        sender = KafkaSender(access, {"toy": log.topic})
        with pytest.raises(Unavailable):
            await sender.send([msgspec.structs.replace(add("large"), origin="x" * 2_000_000)])
        await sender.send([add("small")])
        assert await log.end(0) == 1
        await sender.close()
