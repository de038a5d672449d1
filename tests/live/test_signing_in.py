"""A wallet signs in on a real stack: once by each nonce, for as long as its login is not ended."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.gateway.test_signin import Wallet, bearer, proof
from tests.live.company import Company
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

TENANT = "wallets-of-the-test"
KEYS = '{"test": "a-secret-of-the-test"}'


@asynccontextmanager
async def gateway(services: Company) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of a gateway that wallets may sign in to, in no local profile."""
    settings = {"PLAYHEAD_SIGNING_KEYS": KEYS, "PLAYHEAD_WALLET_TENANT": TENANT, "PUBLIC_URL": "http://films.test"}
    async with services.hired("gateway", "services.gateway", PLAYHEAD_PROFILE="production", **settings) as running:
        address = f"http://127.0.0.1:{running.port}"
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=30) as client:
            yield client


@pytest.mark.req(12, 42)
async def test_a_wallet_signs_in_once_by_each_nonce_and_out_again(here: Company) -> None:
    async with gateway(here) as client:
        wallet = Wallet()
        shown = await proof(client, wallet)
        first = await client.post("/v1/auth/wallet", json=shown)
        assert first.status_code == 201, first.text
        login: dict[str, Any] = first.json()
        me = (await client.get("/v1/me", headers=bearer(login))).json()
        assert (me["tenant"], me["accountId"], me["balance"]) == (TENANT, login["accountId"], 100)
        made = await client.post(
            "/v1/sessions", json={"prompt": "Why do bees dance?"}, headers=bearer(login) | {"Prefer": "wait=20"}
        )
        assert made.status_code == 201, made.text
        again = (await client.post("/v1/auth/wallet", json=await proof(client, wallet))).json()
        assert again["accountId"] == login["accountId"]
        ended = await client.delete(f"/v1/me/logins/{login['loginId']}", headers=bearer(again) | {"Prefer": "wait=20"})
        assert ended.status_code == 204, ended.text

        async def out() -> bool:
            return (await client.get("/v1/me", headers=bearer(login))).status_code == 401

        await eventually(out, within=5)
        assert (await client.get("/v1/me", headers=bearer(again))).status_code == 200
        assert (await client.post("/v1/auth/wallet", json=shown)).status_code == 401, "nor does its nonce open anything"
