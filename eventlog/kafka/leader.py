"""A connection of one's own to whichever broker leads a partition."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.protocol.api import Request

from eventlog.errors import Unavailable
from eventlog.kafka.access import ANSWER_SECONDS, KafkaAccess

WAYS_OUT: Mapping[type[kafka_errors.KafkaError], str] = {
    kafka_errors.InvalidTimestampError: " Set the clock of this machine, or the broker's: one is hours ahead.",
}
"""What the client's own words leave out."""


class Leader:
    """Asks the leader, and lets go of it after any failure. Nothing is sent twice: who asks decides about that."""

    def __init__(self, client: AIOKafkaClient, access: KafkaAccess, place: TopicPartition) -> None:
        self.connections = 0
        self._client = client
        self._access = access
        self._place = place
        self._connection: AIOKafkaConnection | None = None
        self._connecting = asyncio.Lock()

    async def ask(self, request: Request[Any], wait: float = 0) -> Any:
        """The answer, which may take `wait` seconds longer than usual.

        Raises `Unavailable` without one: the broker may have done what it was asked for, or not.
        """
        try:
            async with asyncio.timeout(wait + ANSWER_SECONDS):
                connection = await self._connected()
                return await connection.send(request)
        except TimeoutError as error:
            self.drop()
            raise self.unavailable(f"no answer within {wait + ANSWER_SECONDS:g} s") from error
        except (kafka_errors.KafkaError, OSError) as error:
            self.drop()
            raise self.unavailable(f"{type(error).__name__}: {error}") from error

    def refused(self, code: int) -> Unavailable:
        """What to raise for an answer that carries this error code. The leader is looked up anew before the next."""
        error = kafka_errors.for_code(code)
        self.drop()
        return self.unavailable(f"{error.__name__}: {error.description}{WAYS_OUT.get(error, '')}")

    def unavailable(self, detail: str) -> Unavailable:
        """Names the partition and the brokers."""
        return Unavailable("kafka", f"{self._place.topic}[{self._place.partition}] at {self._access.servers}: {detail}")

    def drop(self) -> None:
        """Close the connection; the next question opens another, to whoever leads then."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._client.force_metadata_update()

    async def close(self) -> None:
        """Close for good, and wait for it."""
        if self._connection is not None:
            closed: asyncio.Future[None] | None = self._connection.close()
            self._connection = None
            if closed is not None:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await closed

    async def _connected(self) -> AIOKafkaConnection:
        async with self._connecting:
            if self._connection is not None and self._connection.connected():
                return self._connection
            host, port = await self._address()
            self._connection = await create_conn(
                host, port, request_timeout_ms=3_600_000, max_idle_ms=None, **self._access.security()
            )
            self.connections += 1
            return self._connection

    async def _address(self) -> tuple[str, int]:
        cluster = self._client.cluster
        await self._client.add_topic(self._place.topic)
        node = cluster.leader_for_partition(self._place)
        if node is None or node == -1:
            await self._client.force_metadata_update()
            node = cluster.leader_for_partition(self._place)
        broker = None if node is None else cluster.broker_metadata(node)
        if broker is None:
            raise kafka_errors.LeaderNotAvailableError(
                "it has no leader now, or does not exist: where it never did, run `playhead topics`; where it was "
                "deleted, restore it from an archive"
            )
        return broker.host, broker.port
