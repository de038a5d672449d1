"""New accounts are opened by network and by hour: points that a new wallet begins with are no well."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from services.gateway.auth.entrances import Entrances
from services.gateway.redis.rates import MemoryRates
from tests.gateway.decided import DecidedWorld
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.test_signin import Wallet, bearer, proof, signed_in
from tests.gateway.world import OURS

AN_HOUR = 3


@pytest.fixture
def world() -> DecidedWorld:
    return DecidedWorld()


@pytest.fixture
async def nobody(world: DecidedWorld) -> AsyncGenerator[httpx.AsyncClient]:
    rates, entrances = MemoryRates(), Entrances(OURS, OURS)
    async with world.client(None, entrances=entrances, rates=rates, new_accounts_per_hour=AN_HOUR) as client:
        yield client


async def test_one_network_opens_so_many_wallets_an_hour_and_their_points_with_them(
    world: DecidedWorld, nobody: httpx.AsyncClient
) -> None:
    for n in range(AN_HOUR):
        await signed_in(nobody, Wallet(bytes([n]) * 32))
    sent = len(world.sender.sent)
    answer = await nobody.post("/v1/auth/wallet", json=await proof(nobody, Wallet(b"x" * 32)))
    assert_problem(answer, 429, "auth.too_many_accounts", "More than 3 new accounts an hour")
    assert 1 <= int(answer.headers["retry-after"]) <= 3600
    assert answer.headers["ratelimit-policy"] == '"accounts";q=3;w=3600'
    assert len(world.sender.sent) == sent, "nothing was opened and nothing granted"


async def test_a_wallet_that_has_its_account_signs_in_at_any_time(nobody: httpx.AsyncClient) -> None:
    for n in range(AN_HOUR):
        await signed_in(nobody, Wallet(bytes([n]) * 32))
    for _ in range(AN_HOUR):
        await signed_in(nobody, Wallet(bytes(32)))


async def test_devices_and_wallets_are_counted_together_and_a_device_begins_without_points(
    nobody: httpx.AsyncClient,
) -> None:
    for _ in range(AN_HOUR):
        answer = await nobody.post("/v1/auth/anonymous")
        assert answer.status_code == 201
        assert (await nobody.get("/v1/me", headers=bearer(answer.json()))).json()["balance"] == 0
    assert_problem(await nobody.post("/v1/auth/anonymous"), 429, "auth.too_many_accounts", "an hour")
    answer = await nobody.post("/v1/auth/wallet", json=await proof(nobody, Wallet()))
    assert_problem(answer, 429, "auth.too_many_accounts", "an hour")


async def test_a_proof_that_does_not_hold_uses_nothing_up(nobody: httpx.AsyncClient) -> None:
    for _ in range(AN_HOUR):
        wrong = await proof(nobody, Wallet()) | {"signature": Wallet(b"x" * 32).sign("another message")}
        assert (await nobody.post("/v1/auth/wallet", json=wrong)).status_code == 401
    await signed_in(nobody)


async def test_another_network_has_its_own_number(world: DecidedWorld) -> None:
    rates = MemoryRates()
    app = world.app(entrances=Entrances(OURS, OURS), rates=rates, new_accounts_per_hour=1)
    statuses: list[int] = []
    for address in ("203.0.113.1", "203.0.113.2", "2001:db8::1", "2001:db8::2", "203.0.113.1"):
        transport = httpx.ASGITransport(app, client=(address, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            statuses.append((await client.post("/v1/auth/anonymous")).status_code)
    assert statuses == [201, 201, 201, 429, 429], "addresses of one IPv6 network are one"
