"""A whole system that a client asks, while somebody looks whether it keeps its promises."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.chaos.client import Client
from tests.chaos.goals.goal import Outcome
from tests.chaos.system import System, whole_system

SAID = 500
"""Letters of what failed that are told."""


@asynccontextmanager
async def observed(folder: Path, outcome: Outcome) -> AsyncGenerator[tuple[System, Client]]:
    """Both are for the block alone. What fails in it is a promise that was not kept, and stands in the outcome."""
    async with whole_system(folder) as system:
        client = Client(system)
        try:
            yield system, client
        except AssertionError as error:
            outcome.missed.append(str(error)[:SAID])
        finally:
            await client.close()
