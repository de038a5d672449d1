"""The session service behind the gateway, in memory: its real deciders decide, its real projections show."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from contracts.messages import SESSION_CATALOG
from contracts.topics import SESSION_COMMANDS, SESSION_EVENTS
from services.gateway.ports.waiting import Outcome
from services.session import projections as session
from services.session.deciders import DECIDERS
from tests.flows.world import Reader, Service
from tests.gateway.world import KEY, World


@asynccontextmanager
async def served(world: World) -> AsyncGenerator[None]:
    """Everything that is sent to the session service is decided and shown, for as long as the context is open."""
    service = Service(SESSION_EVENTS.name, DECIDERS, SESSION_CATALOG, ())
    reader = Reader(service, session.PROJECTIONS, session.JOURNALS)

    async def run() -> None:
        seen = 0
        while True:
            world.waiters.beat()
            fresh, seen = world.sender.sent[seen:], len(world.sender.sent)
            for topic, command in fresh:
                if topic == SESSION_COMMANDS.name:
                    service.handle(command)
                    await reader.read()
                    _show(world, reader)
                    outcome = world.documents.collections["session_commands"][str(command.id)]
                    world.waiters.tell(command.id, Outcome.of(outcome))
            await asyncio.sleep(0.002)

    world.waiters.beat()
    async with asyncio.TaskGroup() as tasks:
        work = tasks.create_task(run())
        try:
            yield
        finally:
            work.cancel()


@asynccontextmanager
async def served_client(world: World, key: str | None = KEY) -> AsyncGenerator[httpx.AsyncClient]:
    """A client that waits for what becomes of its calls."""
    async with served(world), world.client(key) as client:
        client.headers["Prefer"] = "wait=5"
        yield client


def _show(world: World, reader: Reader) -> None:
    for name, views in reader.store.views.items():
        for row in (row for view in views.values() for row in view):
            world.documents.put(name, row)
    for name, rows in reader.store.entries.items():
        for row in rows.values():
            world.documents.put(name, row)
