"""One system for all tests of faults, until the last: they come one by one, and each leaves it sound for the next."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from ops.settings import PROJECT
from tests.chaos.client import FILM, Client
from tests.chaos.system import System, whole_system
from tests.together import SHARED

FOLDER = PROJECT / ".playhead" / "chaos" / "system"


@pytest.fixture(scope="module", autouse=True)
async def _shared() -> AsyncGenerator[None]:
    yield
    await SHARED.end()


@pytest.fixture(scope="module")
async def system() -> System:
    return await SHARED.get("system", lambda: whole_system(FOLDER))


@pytest.fixture(scope="module")
async def client(system: System) -> Client:
    return await SHARED.get("client", lambda: _asking(system))


@pytest.fixture(scope="module")
async def undisturbed(client: Client) -> dict[str, str]:
    """The film that nothing has happened to: SHA-256 by kind."""
    return await SHARED.get("undisturbed", lambda: _filmed(client))


@asynccontextmanager
async def _asking(system: System) -> AsyncGenerator[Client]:
    client = Client(system)
    yield client
    await client.close()


@asynccontextmanager
async def _filmed(client: Client) -> AsyncGenerator[dict[str, str]]:
    yield await client.film(await client.ask(FILM))
