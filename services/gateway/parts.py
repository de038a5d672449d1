"""The real parts behind the ports: opened as the settings say, and closed with whoever holds them."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import redis.asyncio as redis

from blobs.opening import open_blobs
from blobs.store import BlobStore
from contracts.topics import RENDER_EVENTS, SESSION_EVENTS
from eventlog.clock import now
from eventlog.kafka import KafkaAccess
from eventlog.keys.opening import SubjectKeys
from eventlog.read.mongo import MongoDatabase
from services.gateway.files.receiving import Uploads, forget_stale
from services.gateway.files.shares import Coming
from services.gateway.health.database import Database
from services.gateway.health.lag import ProjectionLag
from services.gateway.live.kafka import CommandProducer
from services.gateway.metrics import HEARING
from services.gateway.ports.gateway import PartState, Probe
from services.gateway.reading import mongo
from services.gateway.reading.cached_projects import CachedProjects
from services.gateway.reading.postgres import PostgresTables
from services.gateway.reading.projects import MongoProjects
from services.gateway.redis.cache import RedisCache
from services.gateway.redis.near import NearCache
from services.gateway.redis.rates import MemoryRates, Rates, RedisRates
from services.gateway.settings import GatewaySettings
from services.gateway.webhooks import running
from services.gateway.webhooks.ports import Webhooks
from services.gateway.webhooks.request import Posting
from services.gateway.webhooks.secrets import LOCAL_KEY, Secrets, local_key
from services.gateway.webhooks.sending import Sending
from services.gateway.webhooks.stored import MongoDeliveries, MongoEndpoints
from services.gateway.webhooks.targets import Rules
from services.render.engines.inspection import inspect

UPLOAD_SECONDS = 600.0
"""For a whole file to be put into the blob store."""


@dataclass(frozen=True)
class Parts:
    """What the application stands on. None of it needs to be there when it is opened."""

    access: KafkaAccess
    producer: CommandProducer
    database: MongoDatabase
    postgres: Database
    tables: PostgresTables
    projects: CachedProjects
    rates: Rates | None
    blobs: BlobStore
    uploads: Uploads
    webhooks: Webhooks
    sending: Sending
    subject_keys: SubjectKeys
    probes: Mapping[str, Probe]


async def opened(settings: GatewaySettings, origin: str, held: AsyncExitStack) -> Parts:
    """All of them, each to be closed with `held`."""
    access = settings.kafka("playhead-gateway")
    producer = CommandProducer(access, settings.send_seconds)
    database = _mongo(settings)
    held.callback(database.close)
    postgres = Database(settings.database_url.get_secret_value(), settings.read_seconds)
    held.callback(postgres.close)
    tables = PostgresTables(settings.database_url.get_secret_value(), settings.read_seconds)
    held.callback(tables.close)
    stores = (lambda: mongo.checkpoints(database), postgres.checkpoints)
    lag = ProjectionLag(access, (SESSION_EVENTS.name, RENDER_EVENTS.name), stores, now)
    held.push_async_callback(lag.close)
    subject_keys = settings.keys(HEARING.unreadable)
    held.callback(subject_keys.close)
    cache, rates = _redis(settings, held)
    posting = Posting(Rules(loopback=settings.webhook_loopback))
    held.push_async_callback(posting.close)
    webhooks, sending = _webhooks(settings, database, producer, posting, origin)
    uploads = _uploads(settings)
    held.push_async_callback(uploads.blobs.close)
    await asyncio.to_thread(forget_stale, uploads.folder)
    blobs = open_blobs(settings.blobs, deadline_seconds=settings.read_seconds)
    held.push_async_callback(blobs.close)
    return Parts(
        access=access,
        producer=producer,
        database=database,
        postgres=postgres,
        tables=tables,
        projects=CachedProjects(MongoProjects(database), NearCache(cache)),
        rates=rates,
        blobs=blobs,
        uploads=uploads,
        webhooks=webhooks,
        sending=sending,
        subject_keys=subject_keys,
        probes={**_probes(settings, producer, database, postgres), "projections": lag.look},
    )


def _mongo(settings: GatewaySettings) -> MongoDatabase:
    return MongoDatabase.connect(
        settings.mongodb_uri.get_secret_value(),
        settings.documents,
        application="playhead-gateway",
        pool=settings.mongodb_pool,
        seconds=settings.read_seconds,
    )


def _redis(settings: GatewaySettings, held: AsyncExitStack) -> tuple[RedisCache | None, Rates | None]:
    """The cache and the counts of calls: in Redis, where there is one; counts stand in this process without it."""
    if settings.redis_url is None:
        return None, MemoryRates() if settings.limits_rates else None
    url = settings.redis_url.get_secret_value()
    cache, rates = RedisCache.connect(url, settings.cache_seconds), RedisRates(url, settings.rate_seconds)
    held.push_async_callback(rates.close)
    held.push_async_callback(cache.close)
    return cache, rates if settings.limits_rates else None


def _webhooks(
    settings: GatewaySettings, database: MongoDatabase, producer: CommandProducer, posting: Posting, origin: str
) -> tuple[Webhooks, Sending]:
    """What the routes see of webhooks, and who sends them."""
    endpoints, deliveries, keys = MongoEndpoints(database), MongoDeliveries(database), Secrets(_webhook_keys(settings))
    disable = running.disabling(producer.send, origin, now)
    sending = Sending(endpoints, deliveries, posting, keys, disable, now, secrets.SystemRandom().random)
    return Webhooks(endpoints, deliveries, keys, posting.rules, sending.wake), sending


def _webhook_keys(settings: GatewaySettings) -> Mapping[str, bytes]:
    """Those that were given; in a local profile without any, the one in its folder."""
    given = {name: key.get_secret_value().encode() for name, key in settings.webhook_keys.items()}
    return given or ({LOCAL_KEY: local_key(settings.data)} if settings.local else {})


def _uploads(settings: GatewaySettings) -> Uploads:
    """A whole file takes longer to be put away than a part of one to be read: its store has a deadline of its own."""
    return Uploads(
        folder=settings.data / "uploads",
        blobs=open_blobs(settings.blobs, deadline_seconds=UPLOAD_SECONDS),
        inspect=inspect,
        largest=settings.upload_bytes,
        coming=Coming(settings.uploads_at_once),
        waits=timedelta(hours=settings.upload_hours),
        unused=timedelta(days=settings.unused_upload_days),
    )


def _probes(
    settings: GatewaySettings, producer: CommandProducer, database: MongoDatabase, postgres: Database
) -> dict[str, Probe]:
    probes: dict[str, Probe] = {
        "kafka": producer.look,
        "mongo": lambda: mongo.look(database),
        "database": postgres.look,
    }
    if settings.redis_url is not None:
        probes["redis"] = _redis_probe(settings.redis_url.get_secret_value(), settings.read_seconds)
    return probes


def _redis_probe(url: str, seconds: float) -> Callable[[], Awaitable[PartState]]:
    async def look() -> PartState:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        client = redis.Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds)
        try:
            await client.ping()
        except (redis.RedisError, OSError):
            return PartState(connected=False)
        finally:
            await client.aclose()
        return PartState(connected=True, latency_ms=round((loop.time() - begun) * 1000, 3))

    return look
