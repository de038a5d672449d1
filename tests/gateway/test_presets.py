"""Presets over HTTP: kept, changed, listed, deleted, used; each account's own, and the tenant's default ones."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from contracts.messages.account import AccountKind, Role
from services.gateway.auth.keys import KeyRing, digest, key_of
from services.gateway.auth.principal import Principal
from tests.gateway.served import served, served_client
from tests.gateway.world import KEY, OTHER_KEY, OURS, THEM, US, World

NEIGHBOUR_KEY, ADMIN_KEY = key_of(bytes(range(40, 60))), key_of(bytes(range(60, 80)))
RING = KeyRing(
    {
        digest(KEY): US,
        digest(OTHER_KEY): THEM,
        digest(NEIGHBOUR_KEY): Principal(OURS, AccountKind.API_KEY, "neighbour"),
        digest(ADMIN_KEY): Principal(OURS, AccountKind.API_KEY, "admin", Role.ADMIN),
    }
)
CALM = {"name": "Calm", "aspect": "9:16", "instructions": "Speak slowly.", "configuration": {"mood": ["quiet"]}}


@pytest.fixture
async def ours(world: World) -> AsyncGenerator[httpx.AsyncClient]:
    async with served_client(world) as client:
        yield client


async def saved(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/v1/presets", json={**CALM, **fields})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/presets/{answer.json()['presetId']}"
    return answer.json()


@pytest.mark.req(72)
async def test_a_preset_is_kept_changed_and_deleted(ours: httpx.AsyncClient) -> None:
    preset = await saved(ours)
    where = f"/v1/presets/{preset['presetId']}"
    assert {**preset, **CALM} == preset
    changed = (await ours.patch(where, json={"name": "Calmer"})).json()
    assert (changed["name"], changed["aspect"], changed["version"]) == ("Calmer", "9:16", 2)
    read = await ours.get(where)
    assert (read.json(), read.headers["etag"]) == (changed, '"v2"')
    assert (await ours.delete(where)).status_code == 204
    assert [(await ours.get(where)).status_code, (await ours.patch(where, json={"name": "x"})).status_code] == [404] * 2
    assert (await ours.get("/v1/presets")).json()["items"] == []


@pytest.mark.req(72)
async def test_a_video_takes_from_its_preset_what_the_call_does_not_say(ours: httpx.AsyncClient, world: World) -> None:
    preset = await saved(ours, kind="scrolling_script", language="de", voice="de-1")
    wish = {"prompt": "Why?", "kind": "slides", "presetId": preset["presetId"]}
    session = (await ours.post("/v1/sessions", json=wish)).json()
    assert (session["kind"], session["aspect"], session["language"], session["voice"]) == (
        "slides",
        "9:16",
        "de",
        "de-1",
    )
    assert session["prompt"] == "Speak slowly.\n\nWhy?"
    await ours.delete(f"/v1/presets/{preset['presetId']}")
    assert (await ours.get(f"/v1/sessions/{session['sessionId']}")).json()["aspect"] == "9:16"
    answer = await ours.post("/v1/sessions", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (404, "preset.unknown")
    assert len(world.sender.commands("StartSession")) == 1


@pytest.mark.req(70)
async def test_a_preset_keeps_its_json_configuration(ours: httpx.AsyncClient) -> None:
    deep = {"scenes": [{"colour": "#fff", "weights": [1, 2.5, None, True]}]}
    preset = await saved(ours, configuration=deep)
    assert (await ours.get(f"/v1/presets/{preset['presetId']}")).json()["configuration"] == deep
    refused = await ours.patch(f"/v1/presets/{preset['presetId']}", json={"configuration": {"a": "x" * 20_000}})
    assert (refused.status_code, refused.json()["code"]) == (422, "value.invalid")


@pytest.mark.req(67, 68)
async def test_nobody_else_sees_or_changes_a_preset(world: World) -> None:
    async with served(world), world.client(keys=RING) as ours:
        ours.headers["Prefer"] = "wait=5"
        preset = await saved(ours)
        where = f"/v1/presets/{preset['presetId']}"
        for key in (OTHER_KEY, NEIGHBOUR_KEY):
            theirs = {"Authorization": f"Bearer {key}"}
            answers = [
                await ours.get(where, headers=theirs),
                await ours.patch(where, json={"name": "Mine"}, headers=theirs),
                await ours.delete(where, headers=theirs),
                await ours.post("/v1/sessions", json={"prompt": "x", "presetId": preset["presetId"]}, headers=theirs),
            ]
            assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "preset.unknown")}
            assert (await ours.get("/v1/presets", headers=theirs)).json()["items"] == []
        assert (await ours.get(where)).json() == preset


@pytest.mark.req(68)
async def test_an_administrator_sees_and_changes_everybody_s_presets(world: World) -> None:
    async with served(world), world.client(keys=RING) as ours:
        ours.headers["Prefer"] = "wait=5"
        preset = await saved(ours)
        where, boss = f"/v1/presets/{preset['presetId']}", {"Authorization": f"Bearer {ADMIN_KEY}"}
        assert (await ours.get(where, headers=boss)).json() == preset
        assert (await ours.get("/v1/presets", headers=boss)).json()["items"] == [preset]
        assert (await ours.patch(where, json={"name": "Better"}, headers=boss)).json()["name"] == "Better"
        assert (await ours.get(where)).json()["name"] == "Better"
        assert (await ours.delete(where, headers=boss)).status_code == 204
        assert (await ours.get(where)).status_code == 404


@pytest.mark.req(68, 72)
async def test_a_default_preset_is_for_all_of_its_tenant_and_for_administrators_to_change(world: World) -> None:
    async with served(world), world.client(ADMIN_KEY, keys=RING) as admin:
        admin.headers["Prefer"] = "wait=5"
        preset = await saved(admin, isDefault=True)
        where, user = f"/v1/presets/{preset['presetId']}", {"Authorization": f"Bearer {KEY}"}
        assert (await admin.get(where, headers=user)).json() == preset
        assert (await admin.get(where, headers={"Authorization": f"Bearer {OTHER_KEY}"})).status_code == 404
        refused = [
            await admin.patch(where, json={"name": "Mine"}, headers=user),
            await admin.delete(where, headers=user),
            await admin.post("/v1/presets", json={"name": "Mine", "isDefault": True}, headers=user),
        ]
        assert {(one.status_code, one.json()["code"]) for one in refused} == {(403, "preset.default")}
        assert (await admin.patch(where, json={"name": "Ours"})).json()["name"] == "Ours"


@pytest.mark.req(77)
async def test_presets_are_listed_in_pages_newest_first(ours: httpx.AsyncClient) -> None:
    names = [(await saved(ours, name=f"n{n}"))["name"] for n in range(5)]
    found: list[str] = []
    cursor = {}
    while True:
        page = (await ours.get("/v1/presets", params={"limit": 2, **cursor})).json()
        found += [one["name"] for one in page["items"]]
        if not page["hasMore"]:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert sorted(found) == sorted(names)
    forged = await ours.get("/v1/presets", params={"cursor": "e30"})
    assert (forged.status_code, forged.json()["code"]) == (400, "cursor.invalid")


async def test_a_repeated_call_saves_one_preset(ours: httpx.AsyncClient) -> None:
    first, again = [await ours.post("/v1/presets", json=CALM, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await ours.get("/v1/presets")).json()["items"]) == 1


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x", "colour": "red"}, {"name": "x" * 101}])
async def test_a_preset_that_does_not_fit_is_refused_at_the_door(
    ours: httpx.AsyncClient, body: dict[str, Any], world: World
) -> None:
    answer = await ours.post("/v1/presets", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "value.invalid")
    assert world.sender.sent == []
