"""The wiring: which real parts stand behind the ports. Nothing here decides anything."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.metadata import version

import redis.asyncio as redis
import structlog
from fastapi import FastAPI

from blobs.opening import open_blobs
from contracts.topics import RENDER_EVENTS, SESSION_EVENTS
from eventlog.clock import new_id, now
from eventlog.read.mongo import MongoDatabase
from eventlog.tasks import plain_errors
from services.gateway import api
from services.gateway.access.cors import origins_of
from services.gateway.asking.kinds import kinds_of
from services.gateway.auth import stored
from services.gateway.auth.credentials import Credentials
from services.gateway.auth.keys import KeyRing
from services.gateway.files.receiving import Uploads, forget_stale
from services.gateway.health.database import Database
from services.gateway.health.lag import ProjectionLag
from services.gateway.http.signing import Signer
from services.gateway.live.kafka import CommandProducer, follow_progress
from services.gateway.ports.gateway import Gateway, PartState, Probe
from services.gateway.ports.news import News
from services.gateway.ports.waiting import Waiters
from services.gateway.reading import mongo
from services.gateway.reading.cached_projects import CachedProjects, follow_projects
from services.gateway.reading.postgres import PostgresTables
from services.gateway.reading.projects import MongoProjects
from services.gateway.reading.support import MongoSupport
from services.gateway.redis.cache import RedisCache
from services.gateway.redis.near import NearCache
from services.gateway.redis.rates import MemoryRates, RedisRates
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
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def wired(settings: GatewaySettings) -> AsyncGenerator[FastAPI]:
    """The application over the real parts, for as long as the context is open.

    It starts, and answers, with any of them away. What goes wrong behind it and does not pass ends the context.
    """
    access = settings.kafka("playhead-gateway")
    database = MongoDatabase.connect(
        settings.mongodb_uri.get_secret_value(),
        settings.documents,
        application="playhead-gateway",
        pool=settings.mongodb_pool,
        seconds=settings.read_seconds,
    )
    producer = CommandProducer(access, settings.send_seconds)
    postgres = Database(settings.database_url.get_secret_value(), settings.read_seconds)
    tables = PostgresTables(settings.database_url.get_secret_value(), settings.read_seconds)
    stores = (lambda: mongo.checkpoints(database), postgres.checkpoints)
    lag = ProjectionLag(access, (SESSION_EVENTS.name, RENDER_EVENTS.name), stores, now)
    cache = (
        RedisCache.connect(settings.redis_url.get_secret_value(), settings.cache_seconds)
        if settings.redis_url
        else None
    )
    rates = RedisRates(settings.redis_url.get_secret_value(), settings.rate_seconds) if settings.redis_url else None
    uploads = _uploads(settings)
    await asyncio.to_thread(forget_stale, uploads.folder)
    projects = CachedProjects(MongoProjects(database), NearCache(cache))
    origin = f"gateway-{new_id()}"
    posting = Posting(Rules(loopback=settings.webhook_loopback))
    webhooks, sending = _webhooks(settings, database, producer, posting, origin)
    gateway = Gateway(
        origin=origin,
        public_url=settings.url,
        version=version("playhead"),
        now=now,
        new_id=new_id,
        sender=producer,
        documents=mongo.MongoDocuments(database),
        projects=projects,
        tables=tables,
        answers=mongo.MongoAnswers(database),
        blobs=open_blobs(settings.blobs, deadline_seconds=settings.read_seconds),
        waiters=Waiters(),
        news=News(),
        signer=Signer(_signing_keys(settings)),
        keys=KeyRing(settings.owners()),
        credentials=Credentials(stored.MongoCredentials(database)),
        support=MongoSupport(database),
        uploads=uploads,
        webhooks=webhooks,
        started_at=now(),
        demo=settings.demo if settings.local else None,
        legacy_tenant=settings.tenant_without_key,
        legacy_wait_seconds=settings.legacy_wait_seconds,
        starter_grant=settings.starter_grant,
        jobs_per_tenant=settings.jobs_per_tenant,
        kinds=kinds_of(settings.kinds),
        rates=(rates or MemoryRates()) if settings.limits_rates else None,
        cors_origins=origins_of(settings.cors_origins),
        entrances=settings.entrances(),
        probes={**_probes(settings, producer, database, postgres), "projections": lag.look},
    )

    try:
        with plain_errors():
            async with asyncio.TaskGroup() as tasks:
                work = [
                    tasks.create_task(producer.keep()),
                    tasks.create_task(follow_progress(access, gateway.news.tell)),
                    tasks.create_task(mongo.follow_outcomes(database, gateway.origin, gateway.waiters)),
                    tasks.create_task(mongo.follow_history(database, gateway.news)),
                    tasks.create_task(follow_projects(database, projects)),
                    tasks.create_task(stored.follow(database, gateway.credentials)),
                    tasks.create_task(mongo.install(database)),
                    tasks.create_task(running.install(database)),
                    tasks.create_task(running.hear(access, webhooks, now, settings.url)),
                    tasks.create_task(sending.run()),
                ]
                yield api.make(gateway)
                for task in work:
                    task.cancel()
    finally:
        await gateway.blobs.close()
        await uploads.blobs.close()
        await posting.close()
        tables.close()
        await lag.close()
        if cache is not None:
            await cache.close()
        if rates is not None:
            await rates.close()
        postgres.close()
        database.close()


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


def _signing_keys(settings: GatewaySettings) -> Mapping[str, bytes]:
    """Those that were given; in a local profile without any, one that lives as long as the process."""
    given = {kid: secret.get_secret_value().encode() for kid, secret in settings.signing_keys.items()}
    return given or {"local": secrets.token_bytes(32)}


def _uploads(settings: GatewaySettings) -> Uploads:
    """A whole file takes longer to be put away than a part of one to be read: its store has a deadline of its own."""
    return Uploads(
        folder=settings.data / "uploads",
        blobs=open_blobs(settings.blobs, deadline_seconds=UPLOAD_SECONDS),
        inspect=inspect,
        largest=settings.upload_bytes,
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
