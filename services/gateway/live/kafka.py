"""Kafka, as the gateway uses it: commands out, and the news of running jobs in."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.envelope import Command
from contracts.topics import RENDER_PROGRESS
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaAccess, partition_for
from services.gateway import metrics
from services.gateway.ports.gateway import PartState
from services.gateway.ports.news import Progress

CONNECT_SECONDS = 5.0
PAUSE_SECONDS = 1.0
LINGER_MILLISECONDS = 3
"""A command waits so long for others of its partition: it comes a little later, and a busy gateway has a tenth less to
do."""
MOST_UNCONFIRMED = 5_000
"""Beyond this many commands that the log has not confirmed a new one is refused at once: memory has an end too."""

_encode = msgspec.json.Encoder().encode
_log = structlog.get_logger(__name__)


class CommandProducer:
    """Sends commands; each is confirmed by every in-sync replica, or refused within `deadline` seconds.

    A command that was not confirmed in time may still arrive: the producer goes on trying to keep its order.
    """

    def __init__(self, access: KafkaAccess, deadline: float) -> None:
        self._access = access
        self._deadline = deadline
        self._producer: AIOKafkaProducer | None = None
        self._broken = asyncio.Event()
        self._unconfirmed = 0

    async def keep(self) -> None:
        """Connect, and connect anew after an error that a producer does not survive. Runs until it is cancelled."""
        while True:
            try:
                async with self._connected():
                    await self._broken.wait()
            except (KafkaError, OSError, TimeoutError) as error:
                _log.warning("Kafka is away; trying again", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(PAUSE_SECONDS)

    async def send(self, topic: str, command: Command, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        producer = self._producer
        if producer is None or self._unconfirmed >= MOST_UNCONFIRMED:
            metrics.COMMANDS.labels(topic, "refused").inc()
            reason = "not connected" if producer is None else f"{self._unconfirmed} commands wait to be confirmed"
            raise Unavailable("kafka", f"{self._access.servers}: {reason}")
        try:
            async with asyncio.timeout(self._deadline):
                await self._confirmed(producer, topic, command, headers)
        except TimeoutError as error:
            metrics.COMMANDS.labels(topic, "unconfirmed").inc()
            raise Unavailable("kafka", f"{topic}: no confirmation within {self._deadline:g} s") from error
        except KafkaError as error:
            # After a refused batch an idempotent producer's sequence numbers never fit again: begin with a new one.
            self._broken.set()
            metrics.COMMANDS.labels(topic, "refused").inc()
            raise Unavailable("kafka", f"{topic}: {type(error).__name__}: {error}") from error
        metrics.COMMANDS.labels(topic, "accepted").inc()

    async def look(self) -> PartState:
        """Whether a broker answers."""
        producer = self._producer
        if producer is None:
            return PartState(connected=False)
        begun = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._deadline):
                await producer.client.fetch_all_metadata()
        except (KafkaError, OSError, TimeoutError):
            return PartState(connected=False)
        return PartState(connected=True, latency_ms=round((asyncio.get_running_loop().time() - begun) * 1000, 3))

    async def _confirmed(
        self, producer: AIOKafkaProducer, topic: str, command: Command, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        partition = partition_for(command.stream, len(await producer.partitions_for(topic)))
        sent = await producer.send(
            topic, _encode(command), command.stream.encode(), partition=partition, headers=list(headers)
        )
        self._unconfirmed += 1
        sent.add_done_callback(self._one_less)
        await asyncio.shield(sent)

    def _one_less(self, sent: asyncio.Future[object]) -> None:
        self._unconfirmed -= 1
        if not sent.cancelled():
            sent.exception()

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[None]:
        self._broken.clear()
        producer = AIOKafkaProducer(
            acks="all",
            enable_idempotence=True,
            max_batch_size=256 * 1024,
            linger_ms=LINGER_MILLISECONDS,
            **self._access.connecting(),
        )
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await producer.start()
            self._producer = producer
            yield
        finally:
            self._producer = None
            await _stopped(producer, self._deadline)


async def follow_progress(access: KafkaAccess, tell: Callable[[Progress], None]) -> None:
    """Tell of every word that workers say from now on. Runs until it is cancelled; a lost word is no harm."""
    while True:
        consumer = AIOKafkaConsumer(
            RENDER_PROGRESS.name, enable_auto_commit=False, auto_offset_reset="latest", **access.connecting()
        )
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await consumer.start()
            await _listen(consumer, tell)
        except (KafkaError, OSError, TimeoutError) as error:
            _log.warning("the news of running jobs is away; trying again", error=f"{type(error).__name__}: {error}")
        finally:
            await _stopped(consumer, CONNECT_SECONDS)
        await asyncio.sleep(PAUSE_SECONDS)


async def _listen(consumer: AIOKafkaConsumer, tell: Callable[[Progress], None]) -> None:
    decode = msgspec.json.Decoder(Progress).decode
    while True:
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            for record in records:
                try:
                    tell(decode(record.value or b""))
                except msgspec.MsgspecError as error:
                    _log.warning("a word of progress cannot be read", error=str(error), offset=record.offset)


async def _stopped(client: AIOKafkaProducer | AIOKafkaConsumer, seconds: float) -> None:
    """Let go, after sending what still waits, for at most `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await client.stop()
    except (TimeoutError, KafkaError, OSError) as error:
        _log.warning("a Kafka client did not stop in time", error=f"{type(error).__name__}: {error}")
