"""Whoever asks too often is told when to come back; each by himself, reads and writes apart."""

import re
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from contracts.messages.roles import AccountKind, Role
from contracts.plans import ANYBODY, FREE, PREMIUM
from services.gateway.access.limiting import UNCOUNTED
from services.gateway.auth.keys import KeyRing, digest
from services.gateway.auth.principal import Principal
from services.gateway.redis.rates import MemoryRates, Rate, RedisRates
from tests.gateway.test_bad_input import GOOD, assert_problem
from tests.gateway.world import KEY, OTHER_KEY, OURS, THEM, World


@pytest.fixture
async def counted(world: World) -> AsyncGenerator[httpx.AsyncClient]:
    async with world.client(rates=MemoryRates()) as client:
        yield client


async def use_up(client: httpx.AsyncClient, calls: int, method: str = "GET", path: str = "/v1/me", **how: Any) -> None:
    for _ in range(calls):
        assert (await client.request(method, path, **how)).status_code != 429


async def refused(
    client: httpx.AsyncClient, method: str = "GET", path: str = "/v1/me", **how: Any
) -> tuple[httpx.Response, int]:
    """The first 429, and how many passed before it: a minute of the clock that ends meanwhile lets some through."""
    for passed in range(FREE.writes_per_minute):
        answer = await client.request(method, path, **how)
        if answer.status_code == 429:
            return answer, passed
    raise AssertionError(f"{method} {path} is never refused")


def told(answer: httpx.Response) -> dict[str, tuple[str, dict[str, int]]]:
    """The name of the limit, and its numbers, of both fields."""
    read = {}
    for field in ("ratelimit", "ratelimit-policy"):
        name, *numbers = answer.headers[field].split(";")
        assert re.fullmatch(r'"[a-z]+"', name)
        read[field] = (name.strip('"'), {one[0]: int(one[2:]) for one in numbers})
    return read


@pytest.mark.req(68)
async def test_every_answer_says_what_is_left_of_which_limit(counted: httpx.AsyncClient) -> None:
    read, wrote = await counted.get("/v1/me"), await counted.post("/v1/sessions", json=GOOD)
    policy, left = told(read)["ratelimit-policy"], told(read)["ratelimit"]
    assert policy == ("reads", {"q": FREE.reads_per_minute, "w": 60})
    assert (left[0], left[1]["r"]) == ("reads", FREE.reads_per_minute - 1)
    assert 1 <= left[1]["t"] <= 60
    assert told(wrote)["ratelimit-policy"] == ("writes", {"q": FREE.writes_per_minute, "w": 60})
    missing = await counted.get("/v1/sessions/01970c5a-3f2e-7c44-9d1b-0000000000ff")
    assert (missing.status_code, told(missing)["ratelimit"][1]["r"]) == (404, FREE.reads_per_minute - 2)


@pytest.mark.req(68)
async def test_one_too_many_is_refused_and_nothing_of_it_is_done(counted: httpx.AsyncClient, world: World) -> None:
    await use_up(counted, FREE.writes_per_minute, "POST", "/v1/sessions", json=GOOD)
    sent = len(world.sender.sent)
    answer, passed = await refused(counted, "POST", "/v1/sessions", json=GOOD)
    assert_problem(answer, 429, "rate.exceeded", "on the plan free")
    assert (answer.json()["retryable"], told(answer)["ratelimit"][1]["r"]) == (True, 0)
    assert answer.headers["retry-after"] == str(told(answer)["ratelimit"][1]["t"])
    assert len(world.sender.sent) == sent + passed
    assert (await counted.get("/v1/me")).status_code == 200, "reads are counted apart"


async def test_the_routes_of_the_applications_answer_in_their_own_shape(counted: httpx.AsyncClient) -> None:
    await use_up(counted, FREE.writes_per_minute, "DELETE", "/api/videos/01970c5a-3f2e-7c44-9d1b-0000000000ff")
    answer, _ = await refused(counted, "DELETE", "/api/videos/01970c5a-3f2e-7c44-9d1b-0000000000ff")
    assert (answer.status_code, set(answer.json())) == (429, {"error", "code"})
    assert answer.json()["code"] == "rate.exceeded"
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.req(68)
async def test_premium_may_ask_more_often_and_nobody_uses_up_what_is_another_s(world: World) -> None:
    premium = Principal(OURS, AccountKind.API_KEY, "premium", Role.PREMIUM)
    ring, rates = KeyRing({digest(KEY): premium, digest(OTHER_KEY): THEM}), MemoryRates()
    async with world.client(keys=ring, rates=rates) as rich, world.client(OTHER_KEY, keys=ring, rates=rates) as poor:
        assert told(await rich.get("/v1/me"))["ratelimit-policy"][1]["q"] == PREMIUM.reads_per_minute
        await use_up(poor, FREE.writes_per_minute, "POST", "/v1/sessions", json=GOOD)
        await refused(poor, "POST", "/v1/sessions", json=GOOD)
        await use_up(rich, FREE.writes_per_minute + 1, "POST", "/v1/sessions", json=GOOD)


async def test_who_tries_keys_is_stopped_by_his_address(world: World) -> None:
    async with world.client("ph_wrong", rates=MemoryRates()) as client:
        await use_up(client, ANYBODY.reads_per_minute)
        answer, _ = await refused(client)
        assert_problem(answer, 429, "rate.exceeded", "without a key")


async def test_public_routes_are_counted_by_address_too(world: World) -> None:
    async with world.client(None, rates=MemoryRates()) as client:
        await use_up(client, ANYBODY.writes_per_minute, "POST", "/v1/auth/anonymous")
        answer, _ = await refused(client, "POST", "/v1/auth/anonymous")
        assert_problem(answer, 429, "rate.exceeded", "without a key")
        assert (await client.get("/docs")).status_code == 200, "reads are counted apart"


async def test_what_machines_ask_is_never_refused(world: World) -> None:
    async with world.client(None, rates=MemoryRates()) as client:
        for path in UNCOUNTED:
            assert "ratelimit" not in (await client.get(path)).headers


async def test_every_operation_says_that_it_may_be_refused(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    silent = [
        path
        for path, item in document["paths"].items()
        for operation in item.values()
        if "429" not in operation["responses"]
    ]
    assert set(silent) <= UNCOUNTED


async def test_without_redis_calls_are_counted_here_and_hardly_later() -> None:
    rates = RedisRates("redis://127.0.0.1:1/0", 0.05)
    counts = [await rates.count("somebody", Rate("writes", 2)) for _ in range(3)]
    assert [(count.passed, count.left) for count in counts] == [(True, 1), (True, 0), (False, 0)]
    await rates.close()
