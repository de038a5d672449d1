"""Fixtures of the gateway's tests."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from tests.gateway.company import Company
from tests.gateway.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
async def client(world: World) -> AsyncGenerator[httpx.AsyncClient]:
    async with world.client() as client:
        yield client


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much is tried where a test tries many."""
    parser.addoption("--cases", type=int, default=5_000, help="calls that the fuzzer makes")


@pytest.fixture
def cases(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--cases") or 0)
