"""One company of services for all tests that need them as processes: starting them takes longer than most tests."""

from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import pytest

from ops.stack.endpoints import Endpoints
from tests.eventlog.lossy_proxy import LossyProxy, lossy_proxy
from tests.live.company import Company, company
from tests.together import SHARED


@pytest.fixture(scope="module", autouse=True)
async def _shared() -> AsyncGenerator[None]:
    yield
    await SHARED.end()


@pytest.fixture(scope="module")
async def here(stack: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Company:
    return await SHARED.get("company", lambda: company(stack, tmp_path_factory.mktemp("company")))


@pytest.fixture
async def proxy(stack: Endpoints) -> AsyncGenerator[LossyProxy]:
    """MongoDB, by way of a proxy that loses what it is told to."""
    server = urlsplit(stack.mongodb)
    async with lossy_proxy(server.hostname or "", server.port or 0) as proxy:
        yield proxy
