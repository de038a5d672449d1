"""One company of services for all tests that need them as processes: starting them takes longer than most tests."""

from collections.abc import AsyncGenerator

import pytest

from ops.stack.endpoints import Endpoints
from tests.live.company import Company, company


@pytest.fixture(scope="session")
async def here(stack: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Company]:
    async with company(stack, tmp_path_factory.mktemp("company")) as hired:
        yield hired
