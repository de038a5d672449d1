"""One system for all tests of faults: they come one after the other, and each has to leave it sound for the next."""

from collections.abc import AsyncGenerator

import pytest

from ops.settings import PROJECT
from tests.chaos.client import FILM, Client
from tests.chaos.system import System, whole_system

FOLDER = PROJECT / ".playhead" / "chaos" / "system"


@pytest.fixture(scope="session")
async def system() -> AsyncGenerator[System]:
    async with whole_system(FOLDER) as started:
        yield started


@pytest.fixture(scope="session")
async def client(system: System) -> AsyncGenerator[Client]:
    asking = Client(system)
    yield asking
    await asking.close()


@pytest.fixture(scope="session")
async def undisturbed(client: Client) -> dict[str, str]:
    """The film that nothing has happened to: SHA-256 by kind."""
    return await client.film(await client.ask(FILM))
