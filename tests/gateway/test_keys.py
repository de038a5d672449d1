"""API keys: issued once, shown once, and gone for good when they are revoked."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts.messages.account import AccountKind, Role
from services.gateway.auth.keys import KeyRing, digest, key_of
from services.gateway.auth.principal import Principal
from tests.gateway.decided import DecidedWorld
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import KEY, OTHER_KEY, OURS, US

WAIT = {"Prefer": "wait=5"}
ADMIN_KEY = key_of(b"a" * 20)
ADMIN = Principal(OURS, AccountKind.DEMO, "admin", Role.ADMIN)


@pytest.fixture
def world() -> DecidedWorld:
    return DecidedWorld()


@pytest.fixture
async def client(world: DecidedWorld) -> AsyncGenerator[httpx.AsyncClient]:
    async with world.client() as client:
        yield client


async def issued(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    answer = await client.post("/v1/me/keys", json=wanted, headers=WAIT)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def status_with(world: DecidedWorld, key: str, method: str = "GET", path: str = "/v1/me") -> int:
    async with world.client(key) as client:
        return (await client.request(method, path)).status_code


async def test_an_issued_key_speaks_for_the_account_that_issued_it(
    world: DecidedWorld, client: httpx.AsyncClient
) -> None:
    made = await issued(client, name="build")
    async with world.client(made["key"]) as other:
        assert (await other.get("/v1/me")).json()["accountId"] == str(US.account)
    listed = (await client.get("/v1/me/keys")).json()["items"]
    assert [(one["keyId"], one["name"], one["prefix"]) for one in listed] == [(made["keyId"], "build", made["key"][:8])]


async def test_a_key_is_shown_once_and_only_its_hash_is_written(world: DecidedWorld, client: httpx.AsyncClient) -> None:
    headers = WAIT | {"Idempotency-Key": "k-1"}
    first = await client.post("/v1/me/keys", json={}, headers=headers)
    again = await client.post("/v1/me/keys", json={}, headers=headers)
    key = first.json()["key"]
    assert first.headers["cache-control"] == "no-store"
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["keyId"] == first.json()["keyId"]
    assert digest(key) in world.log.log()
    everything = [world.log.log(), again.text, (await client.get("/v1/me/keys")).text, str(world.answers.kept)]
    assert not [place for place in everything if key in place]


async def test_whoever_uses_somebody_elses_idempotency_key_gets_nothing_of_his(
    world: DecidedWorld, client: httpx.AsyncClient
) -> None:
    """Of the same tenant, and also when the kept answers are gone: key and command are made of that key then."""
    ring = KeyRing({digest(ADMIN_KEY): ADMIN, digest(KEY): US})
    headers = WAIT | {"Idempotency-Key": "1"}
    first = (await client.post("/v1/me/keys", json={}, headers=headers)).json()
    async with world.client(ADMIN_KEY, keys=ring) as other:
        second = (await other.post("/v1/me/keys", json={}, headers=headers)).json()
        assert len({first["keyId"], first["key"], second["keyId"], second["key"]}) == 4
        world.answers.kept.clear()
        third = (await other.post("/v1/me/keys", json={}, headers=headers)).json()
    assert (third["keyId"], third["key"]) == (second["keyId"], second["key"])


async def test_a_revoked_key_opens_nothing(world: DecidedWorld, client: httpx.AsyncClient) -> None:
    made = await issued(client)
    assert await status_with(world, made["key"]) == 200
    assert (await client.delete(f"/v1/me/keys/{made['keyId']}", headers=WAIT)).status_code == 204
    assert await status_with(world, made["key"]) == 401
    assert (await client.delete(f"/v1/me/keys/{made['keyId']}")).status_code == 404


async def test_another_tenants_key_cannot_be_revoked(world: DecidedWorld, client: httpx.AsyncClient) -> None:
    made = await issued(client)
    async with world.client(OTHER_KEY) as stranger:
        answer = await stranger.delete(f"/v1/me/keys/{made['keyId']}", headers=WAIT)
        assert_problem(answer, 404, "key.unknown", "it has ended")
        assert (await stranger.get("/v1/me/keys")).json() == {"items": []}
    assert await status_with(world, made["key"]) == 200


async def test_a_key_ends_when_it_was_said_to(world: DecidedWorld, client: httpx.AsyncClient) -> None:
    made = await issued(client, expiresAt=(world.moment + timedelta(hours=1)).isoformat())
    assert await status_with(world, made["key"]) == 200
    world.moment += timedelta(hours=1)
    assert await status_with(world, made["key"]) == 401


async def test_a_key_that_would_have_ended_already_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/me/keys", json={"expiresAt": "2020-01-01T00:00:00Z"}, headers=WAIT)
    assert_problem(answer, 422, "key.expired", "later expiresAt")
    assert "key" not in answer.json()


async def test_a_key_cannot_end_after_the_last_year_that_there_is(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/me/keys", json={"expiresAt": "9999-12-31T23:59:59-14:00"}, headers=WAIT)
    assert_problem(answer, 422, "value.invalid", "years 1 to 9999")


async def test_a_key_that_may_read_changes_nothing_and_gives_no_more_than_it_has(
    world: DecidedWorld, client: httpx.AsyncClient
) -> None:
    made = await issued(client, scopes=["read"])
    writer = await issued(client, scopes=["read", "write"])
    assert await status_with(world, made["key"]) == 200
    assert await status_with(world, made["key"], "DELETE", f"/v1/me/keys/{made['keyId']}") == 403
    async with world.client(writer["key"]) as other:
        answer = await other.post("/v1/me/keys", json={"scopes": ["admin"]})
    assert_problem(answer, 403, "auth.forbidden", "admin")


async def test_a_user_gets_no_admins_key(client: httpx.AsyncClient) -> None:
    assert_problem(
        await client.post("/v1/me/keys", json={"scopes": ["admin"]}, headers=WAIT), 403, "key.scope", "admin"
    )


async def test_an_admins_key_is_an_admins(world: DecidedWorld) -> None:
    ring = KeyRing({digest(ADMIN_KEY): ADMIN, digest(KEY): US})
    async with world.client(ADMIN_KEY, keys=ring) as admin:
        made = await issued(admin, scopes=["read", "admin"])
        async with world.client(made["key"], keys=ring) as other:
            assert (await other.get("/v1/me")).json()["role"] == "admin"


async def test_with_the_read_store_away_a_configured_key_goes_on_and_an_unknown_one_is_no_error_of_its_owner(
    world: DecidedWorld, client: httpx.AsyncClient
) -> None:
    made = await issued(client)
    world.documents.away = True
    assert await status_with(world, made["key"]) == 503
    assert (await client.post("/v1/sessions", json={"prompt": "Why is the sea salty?"})).status_code == 202
