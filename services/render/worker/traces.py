"""Which trace a job belongs to.

The queue does not say, for what is folded knows no traces: a worker that traces hears the log as well, from its own
start on. A job that was queued before belongs to none.
"""

import asyncio

import msgspec
import structlog
from cachetools import LRUCache

from contracts.envelope import Commit
from eventlog.errors import Diverged, Unavailable
from eventlog.kafka import KafkaEventLog
from eventlog.work import READ_SECONDS

REMEMBERED = 10_000
PAUSE_SECONDS = 5.0
_decode = msgspec.json.Decoder(Commit).decode


class Traces:
    """`run` hears, `of` tells."""

    def __init__(self, jobs: KafkaEventLog) -> None:
        self._jobs = jobs
        self._known: LRUCache[str, str] = LRUCache(REMEMBERED)

    def of(self, stream: str) -> str:
        """The `traceparent` of the job; empty where none was heard."""
        return self._known.get(stream, "")

    async def run(self) -> None:
        """Until it is cancelled. What cannot be heard now is no harm: the film is made, and not traced."""
        async with asyncio.TaskGroup() as group:
            for partition in range(self._jobs.partitions()):
                group.create_task(self._hear(partition))

    async def _hear(self, partition: int) -> None:
        while True:
            try:
                tail = await self._jobs.tail(partition, await self._jobs.end(partition))
                try:
                    while True:
                        for record in await tail.read(READ_SECONDS):
                            self._note(record.value)
                finally:
                    await tail.close()
            except (Unavailable, Diverged) as error:
                structlog.get_logger().warning("does not hear which jobs are traced", detail=str(error))
            await asyncio.sleep(PAUSE_SECONDS)

    def _note(self, value: bytes) -> None:
        try:
            commit = _decode(value)
        except msgspec.DecodeError:
            return  # whose it is cannot be told; the readers of the log say so
        if commit.trace:
            self._known[commit.stream] = commit.trace
