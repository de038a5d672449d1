"""Projects are read from near, are never older than is known, and a cache that is away costs nothing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from contracts.envelope import stream_id
from eventlog.errors import Unavailable
from services.gateway.auth.reach import Reach
from services.gateway.metrics import REGISTRY
from services.gateway.reading.cached_projects import CachedProjects, key_of
from services.gateway.redis.cache import Cache, Kept, Look, RedisCache
from services.gateway.redis.near import NearCache
from tests.gateway import samples
from tests.gateway.memory import MemoryDocuments
from tests.gateway.memory_projects import MemoryProjects
from tests.gateway.samples import PROJECT

ID = str(PROJECT)
STREAM = stream_id("project", "ours", ID)


class Shop:
    """A store of projects with a cache beside it."""

    def __init__(self, cache: Cache) -> None:
        self.documents = MemoryDocuments()
        self.store = MemoryProjects(self.documents)
        self.projects = CachedProjects(self.store, cache)
        self.projects.beat()

    def write(self, version: int, tenant: str = "ours") -> None:
        self.documents.put("projects", samples.project(tenant, version=version, name=f"{tenant} {version}"))

    async def change(self, version: int) -> None:
        self.write(version)
        await self.projects.changed("ours", STREAM, version)

    async def name(self, tenant: str = "ours", **asked: Any) -> str | None:
        found = await self.projects.project(Reach(tenant), ID, **asked)
        return None if found is None else found["name"]


@pytest.fixture
async def shop() -> Shop:
    shop = Shop(NearCache())
    shop.write(1)
    return shop


def counted(what: str, result: str) -> float:
    return REGISTRY.get_sample_value("playhead_gateway_cache_total", {"what": what, "result": result}) or 0


@pytest.mark.req(25)
async def test_what_was_read_is_not_read_again(shop: Shop) -> None:
    assert [await shop.name() for _ in range(5)] == ["ours 1"] * 5
    assert shop.store.reads == 1


@pytest.mark.req(68)
async def test_what_is_kept_for_its_owner_is_shown_to_nobody_else(shop: Shop) -> None:
    owner, neighbour = Reach("ours", samples.owner("ours")), Reach("ours", PROJECT)
    assert await shop.projects.project(owner, ID) is not None
    assert await shop.projects.project(neighbour, ID) is None
    assert shop.store.reads == 2, "as for one that is missing, the store is asked"
    assert await shop.projects.project(owner, ID) is not None
    assert shop.store.reads == 2
    shop.documents.away = True
    assert await shop.projects.project(owner, ID) is not None
    for id_ in (ID, str(samples.SESSION)):
        with pytest.raises(Unavailable):
            await shop.projects.project(neighbour, id_)


@pytest.mark.req(26)
async def test_a_change_is_seen_by_the_next_reader(shop: Shop) -> None:
    for version in (1, 2, 3):
        await shop.change(version)
        assert await shop.name() == f"ours {version}"


@pytest.mark.req(26)
async def test_what_was_read_before_a_change_is_not_kept_after_it(shop: Shop) -> None:
    cache = NearCache()
    key = key_of("head", "ours", STREAM)
    before = await cache.get(key)
    await cache.mark(key, 2)
    await cache.fill(key, Kept(1, samples.project("ours")), before)
    assert (await cache.get(key)).kept is None
    await cache.fill(key, Kept(2, samples.project("ours", version=2)), before)
    assert (await cache.get(key)).kept is not None
    await cache.forget()
    await cache.fill(key, Kept(3, samples.project("ours", version=3)), before)
    assert (await cache.get(key)).kept is None


async def test_whoever_knows_of_a_version_is_shown_none_before_it(shop: Shop) -> None:
    assert await shop.name() == "ours 1"
    shop.write(2)
    assert await shop.name(at_least=2) == "ours 2"
    assert await shop.name(at_least=3) is None


async def test_tenants_do_not_share_what_is_kept(shop: Shop) -> None:
    shop.write(1, "theirs")
    assert [await shop.name(tenant) for tenant in ("ours", "theirs", "ours")] == ["ours 1", "theirs 1", "ours 1"]
    assert key_of("head", "a:1", "b") != key_of("head", "a", "1:b")


async def test_while_changes_cannot_be_seen_the_store_is_read(shop: Shop) -> None:
    await shop.name()
    shop.projects.lost()
    shop.write(2)
    assert await shop.name() == "ours 2"


@pytest.mark.req(29)
async def test_without_the_store_the_last_word_is_shown_and_without_that_the_error(shop: Shop) -> None:
    await shop.name()
    shop.documents.away = True
    shop.projects.lost()
    assert await shop.name() == "ours 1"
    with pytest.raises(Unavailable):
        await shop.name("theirs")


async def test_what_is_near_is_kept_for_a_moment_and_only_so_much_of_it() -> None:
    cache = NearCache(seconds=0, most=2_000)
    look = await cache.get("a")
    await cache.fill("a", Kept(1, {}), look)
    assert (await cache.get("a")).kept is None
    cache = NearCache(seconds=60, most=2_000)
    for key in ("a", "b", "c"):
        await cache.fill(key, Kept(1, {"text": "x" * 900}), Look())
    assert [(await cache.get(key)).kept is not None for key in ("a", "b", "c")] == [False, True, True]
    await cache.fill("d", Kept(1, {"text": "x" * 3_000}), Look())
    assert (await cache.get("d")).kept is None


@asynccontextmanager
async def redis_at(port: int) -> AsyncGenerator[RedisCache]:
    cache = RedisCache.connect(f"redis://127.0.0.1:{port}/0", 0.05)
    yield cache
    await cache.close()


@asynccontextmanager
async def mute() -> AsyncGenerator[int]:
    """A server that takes every connection and never answers."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.req(27)
async def test_a_dead_redis_costs_one_request_and_is_told_once() -> None:
    async with mute() as port, redis_at(port) as cache:
        shop = Shop(cache)
        shop.write(1)
        errors, passed = counted("get", "error"), counted("get", "passed")
        begun = asyncio.get_running_loop().time()
        with capture_logs() as logs:
            assert [await shop.name() for _ in range(50)] == ["ours 1"] * 50
            await shop.change(2)
            assert await shop.name() == "ours 2"
        assert asyncio.get_running_loop().time() - begun < 1
        assert [(log["log_level"], "Redis" in log["event"]) for log in logs] == [("warning", True)]
        assert (counted("get", "error") - errors, counted("get", "passed") - passed) == (1, 50)


@pytest.mark.req(27)
async def test_without_redis_projects_are_read_all_the_same() -> None:
    async with redis_at(1) as cache:
        shop = Shop(NearCache(cache))
        shop.write(1)
        assert [await shop.name() for _ in range(3)] == ["ours 1"] * 3
