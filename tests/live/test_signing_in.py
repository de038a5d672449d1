"""A wallet signs in at one gateway of a real stack, and is known at another, until its login is ended there."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.stack.launcher import Endpoints
from tests.gateway.test_signin import Wallet, bearer, proof
from tests.live.company import Company, company
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

TENANT = "wallets-of-the-test"
KEYS = '{"test": "a-secret-of-the-test"}'


@asynccontextmanager
async def gateways(services: Company, number: int) -> AsyncGenerator[list[httpx.AsyncClient]]:
    """So many gateways that wallets may sign in to, and a client of each."""
    settings = {"PLAYHEAD_SIGNING_KEYS": KEYS, "PLAYHEAD_WALLET_TENANT": TENANT, "PUBLIC_URL": "http://films.test"}
    async with AsyncExitStack() as stack:
        clients = []
        for n in range(number):
            running = await stack.enter_async_context(
                services.hired(f"gateway{n}", "services.gateway", PLAYHEAD_PROFILE="production", **settings)
            )
            address = f"http://127.0.0.1:{running.port}"
            client = httpx.AsyncClient(base_url=address, trust_env=False, timeout=30)
            clients.append(await stack.enter_async_context(client))
        yield clients


@pytest.mark.req(12, 42)
async def test_a_wallet_signs_in_once_by_each_nonce_and_everywhere_and_out_again(
    stack: Endpoints, tmp_path: Path
) -> None:
    async with company(stack, tmp_path) as services, gateways(services, 2) as (here, there):
        wallet = Wallet()
        shown = await proof(here, wallet)
        both = await asyncio.gather(*(one.post("/v1/auth/wallet", json=shown) for one in (here, there)))
        assert sorted(answer.status_code for answer in both) == [201, 401], [answer.text for answer in both]
        login: dict[str, Any] = next(answer.json() for answer in both if answer.status_code == 201)
        for client in (here, there):
            me = (await client.get("/v1/me", headers=bearer(login))).json()
            assert (me["tenant"], me["accountId"], me["balance"]) == (TENANT, login["accountId"], 100)
        made = await here.post(
            "/v1/sessions", json={"prompt": "Why do bees dance?"}, headers=bearer(login) | {"Prefer": "wait=20"}
        )
        assert made.status_code == 201, made.text
        again = (await there.post("/v1/auth/wallet", json=await proof(there, wallet))).json()
        assert again["accountId"] == login["accountId"]
        ended = await there.delete(f"/v1/me/logins/{login['loginId']}", headers=bearer(again) | {"Prefer": "wait=20"})
        assert ended.status_code == 204, ended.text

        async def out() -> bool:
            return (await here.get("/v1/me", headers=bearer(login))).status_code == 401

        await eventually(out, within=5)
        assert (await here.get("/v1/me", headers=bearer(again))).status_code == 200
        assert (await here.post("/v1/auth/wallet", json=shown)).status_code == 401, "nor does its nonce open anything"
