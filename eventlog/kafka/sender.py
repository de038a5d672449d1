"""Commands out. Several may be on their way at once; each is acknowledged by every in-sync replica."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.envelope import Command, category_of
from eventlog.errors import Unavailable
from eventlog.kafka.access import ANSWER_SECONDS, KafkaAccess
from eventlog.kafka.partitioner import partition_for

_encode = msgspec.json.Encoder().encode
_MAX_BATCH_BYTES = 256 * 1024
_MAX_REQUEST_BYTES = 1_048_576


class KafkaSender:
    """Sends each command to the topic of its stream's category. `start` before, `close` after."""

    def __init__(self, access: KafkaAccess, topics: Mapping[str, str]) -> None:
        """`topics`: category to commands topic."""
        self._access = access
        self._topics = topics
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Find the cluster. Raises `Unavailable`."""
        await self._ready()

    async def send(self, commands: Sequence[Command]) -> None:
        """Return when each is durable. Raises `Unavailable` where any may not be: send all again, ids tell repeats."""
        producer = await self._ready()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                waiting = [await self._enqueued(producer, command) for command in commands]
                for one in waiting:
                    await one
        except TimeoutError as error:
            raise self._unavailable(f"no acknowledgement within {ANSWER_SECONDS:g} s") from error
        except KafkaError as error:
            # After a refused batch an idempotent producer's sequence numbers never fit again: begin with a new one.
            await self.close()
            raise self._unavailable(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Send what still waits, for a while, then let go."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stopped(producer)

    async def _enqueued(self, producer: AIOKafkaProducer, command: Command) -> asyncio.Future[object]:
        topic = self._topics[category_of(command.stream)]
        count = len(await producer.partitions_for(topic))
        return await producer.send(
            topic, _encode(command), command.stream.encode(), partition=partition_for(command.stream, count)
        )

    async def _ready(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    acks="all",
                    enable_idempotence=True,
                    max_batch_size=_MAX_BATCH_BYTES,
                    max_request_size=_MAX_REQUEST_BYTES,
                    **self._access.connecting(),
                )
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await producer.start()
                except (KafkaError, OSError, TimeoutError) as error:
                    await _stopped(producer)
                    raise self._unavailable(f"{type(error).__name__}: {error}") from error
                self._producer = producer
            return self._producer

    def _unavailable(self, detail: str) -> Unavailable:
        return Unavailable("kafka", f"commands at {self._access.servers}: {detail}")


async def _stopped(producer: AIOKafkaProducer) -> None:
    """Flush for as long as an answer may take; then the connections are closed under it, and what waits is lost."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await producer.stop()
    except TimeoutError:
        await producer.client.close()
