"""Who may call what."""

from datetime import timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.access import callers, page
from services.gateway.auth.keys import digest, key_of, well_formed
from services.gateway.auth.principal import Principal
from tests.gateway.test_bad_input import GOOD, assert_problem
from tests.gateway.world import HERE, KEY, OURS, World


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", f"Basic {KEY}", KEY, f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", f"Bearer {KEY.lower()}"],
)
async def test_a_key_that_is_not_ours_is_refused(world: World, header: str) -> None:
    async with world.client(None) as client:
        answer = await client.get("/v1/me", headers={"Authorization": header})
    assert_problem(answer, 401, "auth.invalid", "Check it for a typing error")
    assert "Bearer" in answer.headers["www-authenticate"]
    assert KEY not in answer.text


async def test_a_well_formed_key_that_nobody_has_is_refused(world: World) -> None:
    async with world.client(key_of(b"x" * 20)) as client:
        assert (await client.get("/v1/me")).status_code == 401


async def test_without_a_key_the_call_asks_for_one(world: World) -> None:
    async with world.client(None) as client:
        assert_problem(await client.post("/v1/sessions", json=GOOD), 401, "auth.missing", "Authorization: Bearer ph_")


async def test_nothing_is_read_of_a_body_whose_sender_is_unknown(world: World) -> None:
    async with world.client(None) as client:
        assert (await client.post("/v1/sessions", content=b"{", headers={"Content-Type": "x"})).status_code == 401


@given(st.binary(min_size=20, max_size=20), st.integers(3, 35), st.characters(codec="ascii"))
def test_a_key_with_one_wrong_letter_is_told_from_a_key(chance: bytes, place: int, letter: str) -> None:
    key = key_of(chance)
    wrong = key[:place] + letter + key[place + 1 :]
    assert well_formed(key)
    assert well_formed(wrong) == (wrong == key)
    assert key not in digest(key)


async def test_the_page_of_a_local_profile_speaks_for_the_demo_account(world: World) -> None:
    async with world.client(None) as client:
        index = await client.get("/")
        assert "httponly" in index.headers["set-cookie"].lower()
        assert "samesite=strict" in index.headers["set-cookie"].lower()
        assert (await client.get("/v1/me")).json()["tenant"] == OURS
        world.moment += timedelta(seconds=page.SECONDS)
        assert (await client.get("/v1/me")).status_code == 401


async def test_a_foreign_name_for_this_machine_gets_no_cookie_and_uses_none(world: World) -> None:
    async with world.client(None) as client:
        foreign = {"Host": "evil.example"}
        assert "set-cookie" not in (await client.get("/", headers=foreign)).headers
        await client.get("/")
        assert (await client.get("/v1/me", headers=foreign)).status_code == 401


@pytest.mark.parametrize("value", ["", "x", "1.new.0", "99999999999.new.", "99999999999.none.00", "x.new.y"])
async def test_a_made_up_cookie_opens_nothing(world: World, value: str) -> None:
    async with world.client(None) as client:
        client.cookies.set(page.COOKIE, value)
        assert (await client.get("/v1/me")).status_code == 401


async def test_outside_of_a_local_profile_nothing_opens_without_a_key(world: World) -> None:
    world.local, world.legacy_tenant = False, ""
    async with world.client(None) as client:
        assert "set-cookie" not in (await client.get("/")).headers
        legacy = await client.post("/api/generate", json={"script": "x", "walletAddress": "0x1"})
    assert legacy.status_code == 401
    assert set(legacy.json()) == {"error", "code"}


async def test_every_route_has_exactly_one_policy(world: World) -> None:
    routes = [route for route in world.app().routes if isinstance(route, APIRoute)]
    assert len(routes) == len(world.app().routes) > 20
    assert all(callers.policy_of(route) for route in routes)


def test_a_route_that_names_no_policy_or_two_stops_the_start() -> None:
    router = APIRouter()

    @router.get("/open")
    async def open_() -> None: ...

    @router.get("/torn", dependencies=[Depends(callers.PUBLIC)])
    async def torn(caller: Annotated[Principal, Depends(callers.TENANT)]) -> None: ...

    with pytest.raises(ValueError, match="/open, /torn"):
        callers.check([*FastAPI(openapi_url=None).routes, *router.routes])


async def test_every_operation_of_a_tenant_asks_for_a_key(world: World) -> None:
    """Generated from the routes, so a new one is in it."""
    async with world.client(None) as client:
        for route in world.app().routes:
            assert isinstance(route, APIRoute)
            if callers.policy_of(route) is not callers.TENANT:
                continue
            path = route.path.replace("{session_id}", "x").replace("{job_id}", "x").replace("{asset_id}", "x")
            for method in route.methods or ():
                answer = await client.request(method, HERE + path.replace("{command_id}", "x"))
                assert answer.status_code == 401, (method, path)


async def test_the_index_is_strict_about_what_may_run(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
