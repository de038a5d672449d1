"""The whole service as the applications of before find it: a gateway, and tables and documents for plain queries.

Every service and the worker is a process of its own, and all of it belongs to one tenant that nobody else uses.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import msgspec
import pytest
from motor.motor_asyncio import AsyncIOMotorClient  # noqa: TID251 - an application of before brings its own driver

from contracts.messages.account import AccountKind, Role
from eventlog.clock import new_id, now
from ops.commands import seeding
from ops.stack.endpoints import Endpoints
from services.gateway.auth.keys import digest, key_of
from services.gateway.auth.principal import Principal
from tests.live.company import GRANT, Company, Running, company
from tests.plain_http import plain_http
from tests.together import SHARED
from tests.waiting import eventually

PASSWORD = "only-for-the-seeds"
STRANGER = key_of(bytes(20))
READY_SECONDS = 60.0


class Platform(NamedTuple):
    """What the applications share. `tenant` is the one that they act for."""

    company: Company
    tenant: str
    gateway: Running
    mongodb: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gateway.port}"


@pytest.fixture(scope="module")
async def platform(stack: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return await SHARED.get("platform", lambda: whole_platform(stack, tmp_path_factory.mktemp("seeds")))


@asynccontextmanager
async def whole_platform(stack: Endpoints, folder: Path) -> AsyncGenerator[Platform]:
    """Everything runs, the default presets and the demo user are there, and the tables' roles may log in."""
    tenant = f"seeds-{new_id().hex}"
    settings = {
        "PLAYHEAD_PROFILE": "local",
        "PLAYHEAD_DEMO_TENANT": tenant,
        "PLAYHEAD_BLOBS_URL": f"file://{folder / 'blobs'}",
        "PLAYHEAD_API_KEYS": msgspec.json.encode(
            {digest(STRANGER): {"tenant": f"{tenant}-other", "account": "stranger"}}
        ).decode(),
        **({"REDIS_URL": stack.redis} if stack.redis else {}),
    }
    async with company(stack, folder, tenant=tenant, seals=False, **settings) as services, services.worker("worker"):
        demo = Principal(tenant, AccountKind.DEMO, "demo", Role.ADMIN)
        await services.sender.send(seeding.commands(demo, GRANT, now()))
        await _roles(services.dsn, tenant)
        async with services.hired("gateway", "services.gateway", PLAYHEAD_LOG_LEVEL="DEBUG") as gateway:
            made = Platform(services, tenant, gateway, stack.mongodb)
            await eventually(lambda: _sees(made.url), READY_SECONDS)
            yield made
        await _roles(services.dsn, None)


@pytest.fixture
async def page(platform: Platform) -> AsyncGenerator[httpx.AsyncClient]:
    """A client that knows nothing but the address, as the applications had no keys."""
    async with plain_http(base_url=platform.url, timeout=150) as client:
        yield client


@pytest.fixture
async def db(platform: Platform) -> AsyncGenerator[Any]:
    """`use <database>` in a shell: the plain driver on the database."""
    client: Any = AsyncIOMotorClient(platform.mongodb, tz_aware=True)
    yield client[platform.company.documents.name]
    client.close()


Login = Callable[[str], Awaitable[Any]]


@pytest.fixture
async def login(platform: Platform) -> AsyncGenerator[Login]:
    """A plain connection to PostgreSQL as one of the applications' roles."""
    opened: list[Any] = []

    async def connect(role: str) -> Any:
        opened.append(await asyncpg.connect(platform.company.dsn, user=role, password=PASSWORD))
        return opened[-1]

    yield connect
    for connection in opened:
        await connection.close()


async def _roles(dsn: str, tenant: str | None) -> None:
    """The applications' roles may log in and see that tenant in this database; for None they may not any more."""
    owner = await asyncpg.connect(dsn)
    name = await owner.fetchval("SELECT current_database()")
    for role in ("playhead_wallet", "playhead_workflow"):
        await owner.execute(f"ALTER ROLE {role} PASSWORD {'NULL' if tenant is None else repr(PASSWORD)}")
        if tenant is not None:
            await owner.execute(f"ALTER ROLE {role} IN DATABASE {name} SET app.tenant = '{tenant}'")
    await owner.close()


async def _sees(url: str) -> bool:
    async with plain_http(base_url=url, timeout=10) as client:
        body = (await client.get("/readyz")).json()
    return body["status"] == "ready" and body["outcomesSeen"]
