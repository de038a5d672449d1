"""Secrets that a client sends show in no answer, no log line, no metric and no event, whatever becomes of his call."""

import asyncio
import io
import json
import re
from collections.abc import Generator
from contextlib import redirect_stdout
from typing import Any

import httpx
import pytest
import structlog
from prometheus_client import generate_latest

from eventlog.clock import new_id
from eventlog.telemetry import configure_logs
from services.gateway import metrics
from services.gateway.api import routed
from tests.gateway.world import HERE, KEY, World

SENT = {
    "Authorization": "Bearer ph_canary1bearer1token111111111111111",
    "Proxy-Authorization": "Basic canary-proxy-2",
    "Cookie": "playhead_page=canary-cookie-3; session=canary-cookie-4",
    "X-Api-Key": "canary-x-api-key-5",
    "X-Hub-Signature-256": "sha256=canary-hub-6",
    "Webhook-Signature": "v1,canary-webhook-7",
    "X-Wallet-Signature": "0xcanary-wallet-8",
    "X-Forwarded-Authorization": "canary-forwarded-9",
}
QUERY = "sig=canary-sig-10&kid=new&exp=9&access_token=canary-access-11&key=canary-key-12"
BODY = {"walletSignature": "canary-wallet-13", "password": "canary-password-14", "token": "canary-token-15"}
CANARY = re.compile(r"canary[-0-9a-z]{4,}")
OPERATIONS = [
    (method, path)
    for path, item in sorted(routed("1").openapi()["paths"].items())
    for method in item
    if method in {"get", "post", "put", "patch", "delete", "head"} and not path.endswith("/events")
]


@pytest.fixture
def said() -> Generator[io.StringIO]:
    out = io.StringIO()
    with redirect_stdout(out):
        configure_logs("gateway", "INFO")
        yield out
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def broken(world: World) -> None:
    """What nobody foresaw: every question to the store ends with an error."""

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the store did what nobody foresaw")

    for name in ("session", "sessions", "outcome", "assets", "by_digest"):
        setattr(world.documents, name, fail)


def leaks(answer: httpx.Response) -> list[str]:
    return CANARY.findall(answer.text + str(answer.headers))


@pytest.mark.req(33)
@pytest.mark.parametrize("how", ["unknown key", "good key", "crash"])
async def test_what_was_sent_in_secret_comes_back_from_no_operation(world: World, said: io.StringIO, how: str) -> None:
    if how == "crash":
        broken(world)
    headers = SENT if how == "unknown key" else SENT | {"Authorization": f"Bearer {KEY}"}
    seen = set[int]()
    async with world.client(None) as client:
        for method, path in OPERATIONS:
            place = re.sub(r"\{[^}]*\}", str(new_id()), path)
            body = None if method in {"get", "head"} else BODY
            async with asyncio.timeout(10):
                answer = await client.request(method, f"{HERE}{place}?{QUERY}", headers=headers, json=body)
            assert leaks(answer) == [], (method, path)
            seen.add(answer.status_code)
    assert len(OPERATIONS) > 60
    assert seen & ({401} if how == "unknown key" else {404, 422} if how == "good key" else {500})
    assert CANARY.findall(said.getvalue()) == []
    assert CANARY.findall(generate_latest(metrics.REGISTRY).decode()) == []


@pytest.mark.req(33)
async def test_a_command_carries_no_secret_of_the_request_that_asked_for_it(world: World, said: io.StringIO) -> None:
    async with world.client() as client:
        good = {name: value for name, value in SENT.items() if name != "Authorization"}
        asked = await client.post(f"/v1/sessions?{QUERY}", json={"prompt": "Why is the sky blue?"}, headers=good)
        key = await client.post("/v1/me/keys", json={"name": "for a canary"}, headers=good)
    assert (asked.status_code, leaks(asked)) == (202, [])
    made = key.json().get("key", "no key was made")
    sent = json.dumps([bytes(command.data).decode() for _, command in world.sender.sent]) + repr(world.sender.sent)
    assert len(world.sender.sent) >= 1
    assert CANARY.findall(sent) == []
    assert KEY not in sent + said.getvalue()
    assert made not in sent + said.getvalue()
