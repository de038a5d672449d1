"""The topic of progress. It is news, not a fact: what cannot be sent at once is dropped."""

import asyncio

import msgspec
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.topics import RENDER_PROGRESS
from eventlog.kafka import KafkaAccess, partition_for
from services.render.worker.progress import Progress

SECONDS = 1.0
_encode = msgspec.json.Encoder().encode


class KafkaNews:
    """A producer that waits for one replica at the most. It connects when there is something to tell."""

    def __init__(self, access: KafkaAccess) -> None:
        self._access = access
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()

    async def tell(self, stream: str, progress: Progress) -> None:
        """Send it, or give it up after a second."""
        try:
            async with asyncio.timeout(SECONDS):
                producer = await self._ready()
                count = len(await producer.partitions_for(RENDER_PROGRESS.name))
                await producer.send(
                    RENDER_PROGRESS.name, _encode(progress), stream.encode(), partition=partition_for(stream, count)
                )
        except (KafkaError, OSError, TimeoutError) as error:
            structlog.get_logger().debug("progress was not told", error=f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        """Send what still waits, for a moment, and let go."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stopped(producer)

    async def _ready(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._producer is None:
                producer = AIOKafkaProducer(acks=1, **self._access.connecting())
                try:
                    await producer.start()
                except BaseException:
                    await _stopped(producer)
                    raise
                self._producer = producer
            return self._producer


async def _stopped(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(SECONDS):
            await producer.stop()
    except TimeoutError:
        await producer.client.close()
