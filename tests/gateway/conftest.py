"""Fixtures of the gateway's tests."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from tests.gateway.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def client(world: World) -> AsyncGenerator[httpx.AsyncClient]:
    async with world.client() as client:
        yield client
