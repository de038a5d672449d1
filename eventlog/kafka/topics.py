"""Topics made as they are declared, and the first commit of each partition of an events topic."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import Any

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from contracts.envelope import Commit
from contracts.topics import Topic
from eventlog.clock import new_id, now
from eventlog.commit import link, start
from eventlog.errors import PlayheadError, Unavailable
from eventlog.kafka.access import KafkaAccess
from eventlog.kafka.log import KafkaEventLog

SECONDS = 30.0


class TopicMismatch(PlayheadError):
    """A topic exists, but not as it is declared. Nothing was changed: its count of partitions never is."""


async def create_topics(
    access: KafkaAccess, topics: Sequence[Topic], partitions: int, replication: int, *, begin: bool = True
) -> list[str]:
    """Create what is missing and begin each chain; the names of the topics that are new. A repeat changes nothing.

    Without `begin` the chains stay empty: a copy brings its own first commits with it.

    Raises `TopicMismatch` for one that exists otherwise, `Unavailable` when the cluster does not answer.
    """
    async with _admin(access) as admin:
        existing = await _existing(admin, [topic.name for topic in topics])
        for topic in topics:
            if topic.name in existing:
                _same_count(topic.name, existing[topic.name], partitions)
        await _same_settings(admin, [topic for topic in topics if topic.name in existing])
        missing = [topic for topic in topics if topic.name not in existing]
        await _create(admin, missing, partitions, replication)
    for topic in topics:
        await _begin(access, topic, partitions, chained=topic.chained and begin)
    return [topic.name for topic in missing]


async def existing_topics(access: KafkaAccess, topics: Sequence[Topic]) -> set[str]:
    """The names of those that are there. Raises `Unavailable`."""
    async with _admin(access) as admin:
        return set(await _existing(admin, [topic.name for topic in topics]))


async def delete_topics(access: KafkaAccess, topics: Sequence[Topic]) -> list[str]:
    """Delete those that are there, with all that was ever written to them; their names. Raises `Unavailable`."""
    names = [topic.name for topic in topics]
    async with _admin(access) as admin:
        there = sorted(await _existing(admin, names))
        if there:
            await admin.delete_topics(there)
        while await _existing(admin, names):  # noqa: ASYNC110 - the brokers do not call; `_admin` bounds the wait
            await asyncio.sleep(0.1)
    return there


@asynccontextmanager
async def _admin(access: KafkaAccess) -> AsyncGenerator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**access.connecting())
    try:
        async with asyncio.timeout(SECONDS):
            await admin.start()
            yield admin
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable("kafka", f"at {access.servers}: {type(error).__name__}: {error}") from error
    finally:
        await admin.close()


async def _existing(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    described: Sequence[Mapping[str, Any]] = await admin.describe_topics(None)
    return {topic["topic"]: len(topic["partitions"]) for topic in described if topic["topic"] in names}


def _same_count(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise TopicMismatch(
            f"topic {name} has {found} partition(s), {wanted} are asked for. A count is never changed in place, it "
            f"would move streams: ask for {found}, or export the log and import it into a new cluster."
        )


async def _same_settings(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    if not topics:
        return
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics])
    found = _settings_in(answers)
    for topic in topics:
        for key, wanted in topic.settings.items():
            actual = found[topic.name].get(key)
            if actual != wanted:
                raise TopicMismatch(
                    f"topic {topic.name} has {key}={actual}, {wanted} is declared. Set it with the broker's tools "
                    "(kafka-configs --alter) when that is what you want, then try again."
                )


def _settings_in(answers: Sequence[Any]) -> dict[str, dict[str, str]]:
    """Topic to setting to value."""
    return {resource[3]: {one[0]: one[1] for one in resource[4]} for answer in answers for resource in answer.resources}


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic], partitions: int, replication: int) -> None:
    if not topics:
        return
    answer: Any = await admin.create_topics(
        [NewTopic(topic.name, partitions, replication, topic_configs=dict(topic.settings)) for topic in topics]
    )
    for name, code, *detail in answer.topic_errors:
        if code not in (NoError.errno, TopicAlreadyExistsError.errno):
            raise Unavailable("kafka", f"topic {name} was not created: {for_code(code).__name__} {detail}")


async def _begin(access: KafkaAccess, topic: Topic, partitions: int, *, chained: bool) -> None:
    """Wait for the leaders; a random first commit makes each log unlike any other: no position of one fits another."""
    log = KafkaEventLog(access, topic.name)
    await log.start()
    try:
        async with asyncio.timeout(SECONDS):
            for partition in range(partitions):
                await _begun(log, partition, chained)
    except TimeoutError as error:
        raise Unavailable("kafka", f"topic {topic.name} has partitions without a leader after {SECONDS:g} s") from error
    finally:
        await log.close()


async def _begun(log: KafkaEventLog, partition: int, chained: bool) -> None:
    """Until it answers: a partition that was created just now has no leader yet."""
    while True:
        try:
            if await log.end(partition) == 0 and chained:
                stream, value = _genesis()
                await log.append(partition, [link(start(log.topic, partition).head, stream, value)])
        except Unavailable:
            await asyncio.sleep(0.1)
        else:
            return


def _genesis() -> tuple[bytes, bytes]:
    stream = f"log-{new_id()}"
    commit = Commit(
        stream=stream,
        version=0,
        command_id=new_id(),
        command_type="OpenLog",
        payload_hash=blake2b(stream.encode(), digest_size=16).hexdigest(),
        at=now(),
        tenant="",
        actor="playhead topics",
    )
    return stream.encode(), msgspec.json.encode(commit)
