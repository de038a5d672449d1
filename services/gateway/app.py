"""The wiring: which real parts stand behind the ports. Nothing here decides anything."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from eventlog.clock import new_id, now
from eventlog.tasks import plain_errors
from services.gateway import api
from services.gateway.access.cors import origins_of
from services.gateway.asking.kinds import kinds_of
from services.gateway.auth import stored
from services.gateway.auth.credentials import Credentials
from services.gateway.auth.keys import KeyRing
from services.gateway.http.signing import Signer
from services.gateway.live.kafka import follow_progress
from services.gateway.parts import Parts, opened
from services.gateway.ports.gateway import Gateway
from services.gateway.ports.news import News
from services.gateway.ports.waiting import Waiters
from services.gateway.reading import mongo, streams
from services.gateway.reading.cached_projects import follow_projects
from services.gateway.reading.support import MongoSupport
from services.gateway.settings import GatewaySettings
from services.gateway.webhooks import running


@asynccontextmanager
async def wired(settings: GatewaySettings) -> AsyncGenerator[FastAPI]:
    """The application over the real parts, for as long as the context is open.

    It starts, and answers, with any of them away. What goes wrong behind it and does not pass ends the context.
    """
    async with AsyncExitStack() as held:
        origin = f"gateway-{new_id()}"
        parts = await opened(settings, origin, held)
        gateway = _gateway(settings, origin, parts)
        with plain_errors():
            async with asyncio.TaskGroup() as tasks:
                work = _work(settings, gateway, parts, tasks)
                yield api.make(gateway)
                for task in work:
                    task.cancel()


def _gateway(settings: GatewaySettings, origin: str, parts: Parts) -> Gateway:
    """What the routes see of the parts and of the settings."""
    return Gateway(
        origin=origin,
        public_url=settings.url,
        version=version("playhead"),
        now=now,
        new_id=new_id,
        sender=parts.producer,
        documents=mongo.MongoDocuments(parts.database),
        projects=parts.projects,
        tables=parts.tables,
        answers=mongo.MongoAnswers(parts.database),
        blobs=parts.blobs,
        waiters=Waiters(),
        news=News(),
        signer=Signer(_signing_keys(settings)),
        keys=KeyRing(settings.owners()),
        credentials=Credentials(stored.MongoCredentials(parts.database)),
        support=MongoSupport(parts.database),
        uploads=parts.uploads,
        webhooks=parts.webhooks,
        started_at=now(),
        subject_keys=parts.subject_keys.keys,
        demo=settings.demo if settings.local else None,
        legacy_tenant=settings.tenant_without_key,
        legacy_wait_seconds=settings.legacy_wait_seconds,
        starter_grant=settings.starter_grant,
        new_accounts_per_hour=settings.new_accounts_per_hour,
        jobs_per_tenant=settings.jobs_per_tenant,
        kinds=kinds_of(settings.kinds),
        rates=parts.rates,
        cors_origins=origins_of(settings.cors_origins),
        body_seconds=settings.body_seconds,
        entrances=settings.entrances(),
        probes=parts.probes,
    )


def _work(
    settings: GatewaySettings, gateway: Gateway, parts: Parts, tasks: asyncio.TaskGroup
) -> list[asyncio.Task[None]]:
    """What goes on behind the routes, begun."""
    database = parts.database
    return [
        tasks.create_task(parts.producer.keep()),
        tasks.create_task(follow_progress(parts.access, gateway.news.tell)),
        tasks.create_task(streams.follow_outcomes(database, gateway.origin, gateway.waiters)),
        tasks.create_task(streams.follow_history(database, gateway.news)),
        tasks.create_task(follow_projects(database, parts.projects)),
        tasks.create_task(stored.follow(database, gateway.credentials)),
        tasks.create_task(mongo.install(database)),
        tasks.create_task(running.install(database)),
        tasks.create_task(running.hear(parts.access, parts.webhooks, now, settings.url, parts.subject_keys.keys)),
        tasks.create_task(parts.sending.run()),
        *(tasks.create_task(beside()) for beside in parts.subject_keys.besides),
    ]


def _signing_keys(settings: GatewaySettings) -> Mapping[str, bytes]:
    """Those that were given; in a local profile without any, one that lives as long as the process."""
    given = {kid: secret.get_secret_value().encode() for kid, secret in settings.signing_keys.items()}
    return given or {"local": secrets.token_bytes(32)}
