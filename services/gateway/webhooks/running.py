"""Webhooks for as long as the gateway lives: this instance's share of the events is heard, and what is due is sent.

Kafka and MongoDB may be away at the start and at any time: it begins again when they are there. A log that diverged
ends the hearing, loudly, and nothing else: the API does not read the log.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import structlog
from aiokafka.errors import KafkaError

from contracts.catalog import Catalog, as_command
from contracts.envelope import Command, stream_id
from contracts.messages import RENDER_CATALOG, SESSION_CATALOG
from contracts.messages.webhook import DisableWebhookEndpoint
from contracts.sealing import Keys
from contracts.topics import RENDER_EVENTS, SESSION_COMMANDS, SESSION_EVENTS, Topic
from eventlog.clock import Clock
from eventlog.errors import Diverged, Unavailable
from eventlog.kafka import KafkaAccess, KafkaEventLog
from eventlog.kafka.group import Group
from eventlog.read.mongo import MongoDatabase
from eventlog.service import kafka_broker
from eventlog.tasks import plain_errors
from eventlog.watching import watch
from services.gateway import metrics
from services.gateway.stored import Stored
from services.gateway.webhooks.hearing import Hearing
from services.gateway.webhooks.ports import Webhooks
from services.gateway.webhooks.stored import INDEXES, SCHEMAS

PAUSE_SECONDS: Final = 2.0
STARTING_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
HEARD: Final[tuple[tuple[str, Topic, Catalog], ...]] = (
    ("gateway.webhooks-of-sessions", SESSION_EVENTS, SESSION_CATALOG),
    ("gateway.webhooks-of-jobs", RENDER_EVENTS, RENDER_CATALOG),
)
"""The consumer groups: the role, what it reads, and how that is understood."""
_log = structlog.get_logger(__name__)

Send = Callable[[str, Command], Awaitable[None]]


def disabling(send: Send, origin: str, now: Clock) -> Callable[[Stored, Literal["gone", "failing"]], Awaitable[None]]:
    """Asks for the endpoint of a delivery to be disabled; asked again for the same delivery, it is one command."""

    async def disable(row: Stored, reason: Literal["gone", "failing"]) -> None:
        body = DisableWebhookEndpoint(endpoint_id=UUID(row["endpointId"]), reason=reason)
        command = as_command(
            body,
            id_=uuid5(UUID(row["_id"]), f"disable {len(row['attempts'])}"),
            stream=stream_id("account", row["tenant"], row["accountId"]),
            at=now(),
            tenant=row["tenant"],
            actor="gateway:webhooks",
            origin=origin,
        )
        await send(SESSION_COMMANDS.name, command)

    return disable


async def install(database: MongoDatabase) -> None:
    """Make the collection of deliveries as soon as the store is there."""
    while True:
        try:
            await database.install(SCHEMAS, INDEXES)
        except Unavailable as error:
            _log.warning("MongoDB is away; trying again", error=str(error)[:200])
        else:
            return
        await asyncio.sleep(PAUSE_SECONDS)


async def hear(access: KafkaAccess, webhooks: Webhooks, now: Clock, public_url: str, keys: Keys) -> None:
    """Make deliveries of the partitions that are ours. Runs until it is cancelled, or the log has diverged."""
    while True:
        try:
            with plain_errors():
                await _heard(access, webhooks, now, public_url, keys)
        except Diverged as error:
            _log.critical("webhooks are told of nothing any more: a person is needed", detail=str(error))
            return
        except (Unavailable, KafkaError, OSError, TimeoutError) as error:
            _log.warning("events cannot be heard; trying again", error=f"{type(error).__name__}: {error}"[:200])
        await asyncio.sleep(PAUSE_SECONDS)


async def _heard(access: KafkaAccess, webhooks: Webhooks, now: Clock, public_url: str, keys: Keys) -> None:
    broker = kafka_broker(access)
    logs = {topic.name: KafkaEventLog(access, topic.name, gathers=True) for _, topic, _ in HEARD}
    groups: list[Group] = []
    try:
        for role, topic, catalog in HEARD:
            log = logs[topic.name]
            await log.start()
            known = catalog.under(keys)
            hearing = Hearing(log, known, webhooks.endpoints, webhooks.deliveries, now, public_url, webhooks.wake)
            groups.append(
                Group(
                    broker,
                    access,
                    role,
                    log,
                    hearing.run,
                    metrics.HEARING,
                    "Makes deliveries of what endpoints want to hear.",
                )
            )
        async with asyncio.TaskGroup() as tasks:
            for group in groups:
                group.work_in(tasks)
            tasks.create_task(watch(groups, now))
            try:
                async with asyncio.timeout(STARTING_SECONDS):
                    await broker.start()
                await asyncio.Event().wait()
            finally:
                await _left(groups, broker)
    finally:
        for log in logs.values():
            await log.close()


async def _left(groups: list[Group], broker: Any) -> None:
    """Finish the batches in hand, leave the groups; what takes too long is done again by whoever comes next."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            for group in groups:
                await group.leave()
            await broker.stop()
    except (TimeoutError, KafkaError) as error:
        _log.warning("the groups of webhooks were not left in time", error=type(error).__name__)
