"""Which partitions are ours: a consumer group, declared and kept with FastStream.

FastStream declares the subscriber (group, topic, AsyncAPI), starts and stops its consumer, and tells of rebalances.
It does not hand over records: its batches mix partitions, an error in a handler is swallowed after the position has
moved on, a log that lost its tail is a logged error and five seconds of sleep, and an empty poll sleeps as long again
as it waited. So each partition, when it is assigned, is paused in the group's consumer and given a task that reads it
with a tail of its own; the group remembers offsets, and refuses those of a member that lost the partition.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    IllegalStateError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from aiokafka.structs import OffsetAndMetadata
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from eventlog.errors import Conflict, Unavailable
from eventlog.kafka.access import ANSWER_SECONDS, KafkaAccess
from eventlog.log import EventLog
from eventlog.offsets import Committed, Offsets
from eventlog.telemetry import Metrics
from eventlog.work import Work, keep_working

SESSION_MS = 6_000
"""A member that is silent for so long loses its partitions."""
HEARTBEAT_MS = 1_500
HAND_OVER_SECONDS = 5.0
"""For the batch in hand, when a partition is taken away; it is abandoned afterwards, which no promise forbids."""
_NEVER_MS = 2**31 - 1
_NOT_OURS = (
    CommitFailedError,
    IllegalGenerationError,
    IllegalStateError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)

Run = Callable[[Work, Offsets], Awaitable[None]]
"""What to do with a partition, from what is durable on, until `work.stopping`."""


class Group:
    """One role of a service: `<service>.processor` on its commands, `<service>.mongo-projector` on events, …"""

    def __init__(
        self,
        broker: KafkaBroker,
        access: KafkaAccess,
        role: str,
        log: EventLog,
        run: Run,
        metrics: Metrics,
        description: str = "",
    ) -> None:
        """`log` is the topic that the role reads; `run` gets each partition of it that is ours."""
        self.role = role
        self.log = log
        self.group_id = f"{access.groups}.{role}"
        self.works: dict[int, Work] = {}
        self._access = access
        self._run = run
        self.metrics = metrics
        self._assigned = False
        self._leaving = False
        self._running: dict[int, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._tasks: asyncio.TaskGroup | None = None
        self._subscriber: Any = broker.subscriber(
            log.topic,
            group_id=self.group_id,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            auto_offset_reset="earliest",
            listener=_Listener(self),
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            # Its poll is never called. That a partition moves is watched where it is worked on.
            max_poll_interval_ms=_NEVER_MS,
            title=role,
            description=description or None,
        )

    def work_in(self, tasks: asyncio.TaskGroup) -> None:
        """Where the work on partitions lives. An error that ends a piece of work ends the group of tasks."""
        self._tasks = tasks

    async def take_over(self, assigned: set[TopicPartition]) -> None:
        """Pause first: the group's own consumer has nothing to fetch.

        Who is about to leave begins with nothing: what its work would need is closed next.
        """
        if self._tasks is None:
            raise RuntimeError(f"{self.role} was assigned partitions before it was told where to work")
        self._subscriber.consumer.pause(*assigned)
        self._assigned = True
        for place in sorted(assigned) if not self._leaving else ():
            work = Work(self.role, place.topic, place.partition, self.metrics)
            self.works[place.partition] = work
            self._running[place.partition] = self._tasks.create_task(self._worked(work, place))

    async def hand_over(self, partitions: set[int]) -> None:
        """Let the batch in hand of these partitions be finished; return when no task of theirs runs."""
        chosen = [partition for partition in self._running if partition in partitions]
        tasks = {self._running.pop(partition) for partition in chosen}
        for partition in chosen:
            self.works.pop(partition).stop()
        await self._ended(tasks)
        for partition in chosen:
            if partition not in self.works:
                self.metrics.left(self.role, partition)

    async def leave(self) -> None:
        """The same for all, and nothing is taken over from now on: the group may give us more until it has heard."""
        self._leaving = True
        await self.hand_over({*self._running})
        await self._ended({*self._ending})  # what was taken away just before

    async def _ended(self, tasks: set[asyncio.Task[None]]) -> None:
        """Return when none of them runs; who takes too long is cancelled."""
        if not tasks:
            return
        self._ending |= tasks
        _, late = await asyncio.wait(tasks, timeout=HAND_OVER_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=HAND_OVER_SECONDS)
        self._ending -= tasks

    @property
    def ready(self) -> bool:
        """Whether this member is in the group, and each partition of its own is open and moves."""
        return self._assigned and all(work.ready for work in self.works.values())

    def state(self) -> Mapping[str, Any]:
        """For the readiness probe."""
        return {
            str(partition): {"state": work.state, "nextOffset": work.next_offset, "detail": work.detail}
            for partition, work in sorted(self.works.items())
        }

    async def _worked(self, work: Work, place: TopicPartition) -> None:
        offsets = GroupOffsets(self._subscriber.consumer, self._access, self.group_id, place)
        structlog.get_logger().info("partition assigned", role=self.role, topic=work.topic, partition=work.partition)

        async def run(work: Work) -> None:
            await self._run(work, offsets)

        await keep_working(work, run)


class _Listener(ConsumerRebalanceListener):
    """aiokafka awaits what these return."""

    def __init__(self, group: Group) -> None:
        self._group = group

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> Any:
        return self._group.take_over(assigned)

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> Any:
        return self._group.hand_over({place.partition for place in revoked})


class GroupOffsets:
    """One partition of the group. The broker refuses commits of a member that lost it."""

    def __init__(self, consumer: Any, access: KafkaAccess, group_id: str, place: TopicPartition) -> None:
        self._consumer = consumer
        self._access = access
        self._group_id = group_id
        self._place = place

    async def committed(self) -> Committed | None:
        """See `Offsets.committed`. A consumer does not tell the metadata, so an operator's client asks for it."""
        admin = AIOKafkaAdminClient(**self._access.connecting())
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await admin.start()
                found = await admin.list_consumer_group_offsets(self._group_id, partitions=[self._place])
        except (KafkaError, OSError, TimeoutError) as error:
            raise self._unavailable(error) from error
        finally:
            await admin.close()
        return committed_in(found, self._place, f"group {self._group_id} at {self._access.servers}")

    async def commit(self, offset: int, metadata: str) -> None:
        """See `Offsets.commit`."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._consumer.commit({self._place: (offset, metadata)})
        except _NOT_OURS as error:
            where = f"{self._place.topic}[{self._place.partition}]"
            raise Conflict(f"{where} belongs to another member of {self._group_id} now: {error}") from error
        except (KafkaError, OSError, TimeoutError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException) -> Unavailable:
        return Unavailable(
            "kafka", f"group {self._group_id} at {self._access.servers}: {type(error).__name__}: {error}"
        )


def committed_in(
    found: Mapping[TopicPartition, OffsetAndMetadata], place: TopicPartition, group: str
) -> Committed | None:
    """What the coordinator's answer says of a partition; None where nothing was ever committed.

    Raises `Unavailable` where the answer does not name it. aiokafka overlooks the refusal of a coordinator that still
    loads what was committed: taken for "nothing", its reader would begin anew, and miss that its log lost its tail.
    """
    kept = found.get(place)
    if kept is None:
        raise Unavailable("kafka", f"{group}: its coordinator does not tell yet what was committed for {place}")
    return None if kept.offset < 0 else Committed(kept.offset, kept.metadata or "")
