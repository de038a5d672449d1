"""Topics of a test's own on the shared broker."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import FOR_EVER, Topic
from eventlog.clock import new_id
from eventlog.kafka import KafkaAccess, KafkaEventLog, create_topics


def a_topic(name: str, chained: bool = False) -> Topic:
    """Declared like the real ones, under a name that no other test has."""
    return Topic(
        name=f"test.{name}.{new_id().hex}", key="any", retention_ms=FOR_EVER, writers=(), readers=(), chained=chained
    )


@asynccontextmanager
async def a_log(
    access: KafkaAccess, partitions: int = 2, chained: bool = False, *, gathers: bool = False
) -> AsyncGenerator[KafkaEventLog]:
    """A topic and its log; both are gone afterwards."""
    topic = a_topic("log", chained)
    await create_topics(access, [topic], partitions, 1)
    log = KafkaEventLog(access, topic.name, gathers=gathers)
    await log.start()
    try:
        yield log
    finally:
        await log.close()
        await delete_topics(access, topic.name)


async def delete_topics(access: KafkaAccess, *names: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=access.servers)
    await admin.start()
    try:
        await admin.delete_topics(list(names))
    finally:
        await admin.close()
