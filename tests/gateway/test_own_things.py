"""Two users of one tenant and its administrator, before the real rules: each user has his own, the administrator all.

Every call there is is made with the ids of the other user's things, and with ids that nobody has: the answers are the
same, and nothing of his is changed.
"""

import json
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.messages.account import AccountKind, Role
from services.gateway.auth.keys import KeyRing, digest
from services.gateway.auth.principal import Principal
from services.gateway.reading.within import OWNERS
from tests.gateway.company import Company
from tests.gateway.test_tenants import IDS, MISSING, calls
from tests.gateway.world import KEY, OTHER_KEY, OURS, US

NEIGHBOUR = Principal(OURS, AccountKind.WALLET, "0xbee5")
BOSS = Principal(OURS, AccountKind.API_KEY, "boss", Role.ADMIN)
RING = KeyRing({digest(KEY): US, digest(OTHER_KEY): NEIGHBOUR})
PATHS = {
    "session_id": "/v1/sessions/{}",
    "job_id": "/v1/jobs/{}",
    "project_id": "/v1/projects/{}",
    "preset_id": "/v1/presets/{}",
    "asset_id": "/v1/assets/{}",
    "workflow_id": "/api/workflows/{}",
    "command_id": "/v1/commands/{}",
    "video_id": "/api/videos/status/{}",
    "wallet_address": "/api/users/{}",
}
"""Where each of his things is read."""


async def filled(client: httpx.AsyncClient) -> dict[str, str]:
    """One of everything that a user can have, and its ids."""
    asked = await client.post("/v1/sessions", json={"prompt": "Why is the sea salty?"})
    session = (await client.post("/v1/sessions", json={"prompt": "How do tides work?"})).json()
    project = (await client.post("/v1/projects", json={"name": "Sea"})).json()["projectId"]
    preset = (await client.post("/v1/presets", json={"name": "Calm"})).json()["presetId"]
    upload = (await client.post("/v1/uploads", json={"fileName": "sea.mp4"})).json()["assetId"]
    key = (await client.post("/v1/me/keys", json={"name": "his"})).json()["keyId"]
    made = await client.post("/v1/projects", json={"name": "Sky"}, headers={"Prefer": "wait=0"})
    assert asked.status_code == 201
    film = next(asset["assetId"] for asset in session["assets"] if asset["kind"] == "video")
    return IDS | {
        "session_id": session["sessionId"],
        "workflow_id": session["sessionId"],
        "job_id": session["jobs"][0],
        "video_id": session["jobs"][0],
        "asset_id": film,
        "file_id": film,
        "name": f"{film}.mp4",
        "project_id": project,
        "preset_id": preset,
        "upload_id": upload,
        "key_id": key,
        "command_id": made.json()["commandId"],
        "account_id": str(NEIGHBOUR.account),
    }


@pytest.fixture
async def client(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    company.changed["keys"] = RING
    async with company.client(KEY) as client:
        client.headers["Prefer"] = "wait=5"
        yield client


@pytest.fixture
async def his(company: Company, client: httpx.AsyncClient) -> dict[str, str]:
    async with company.client(OTHER_KEY) as neighbour:
        neighbour.headers["Prefer"] = "wait=5"
        return await filled(neighbour)


def owned(company: Company) -> str:
    """Everything that is the neighbour's, however it is kept."""
    account = str(NEIGHBOUR.account)
    kept = company.gateway.documents.collections
    rows = {
        name: [row for row in kept.get(name, {}).values() if account in str(row.get(field))]
        for name, field in OWNERS.items()
    }
    assert all(rows[name] for name in ("sessions", "jobs", "projects", "timeline_states", "presets", "uploads"))
    return json.dumps(rows, default=str, sort_keys=True)


def plain(answer: httpx.Response, ids: Mapping[str, str]) -> tuple[int, str]:
    """What it says, whatever ids it was asked for and whatever ids are new."""
    text = answer.text
    for one in ids.values():
        text = text.replace(one.partition(".")[0], "…")
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "new", text)
    return answer.status_code, re.sub(r'"(requestId|streamId|command)":"[^"]*"', "", text)


@pytest.mark.req(68)
async def test_a_user_s_call_with_another_user_s_id_does_as_one_with_an_id_of_nobody(
    company: Company, client: httpx.AsyncClient, his: dict[str, str]
) -> None:
    document = (await client.get("/openapi.json")).json()
    missing = {name: MISSING + (".mp4" if name == "name" else "") for name in IDS}
    before, tried = owned(company), set[str]()
    for call in calls(document):
        if set(re.findall(r"\{(\w+)\}", call.path)) & set(IDS) and call.name != "getCommand":
            known = await client.request(call.method, call.under(his), json=call.body)
            unknown = await client.request(call.method, call.under(missing), json=call.body)
            assert plain(known, his) == plain(unknown, missing), call
            assert known.status_code >= 400, (call, known.text)
            tried.add(call.name)
    assert owned(company) == before
    assert len(tried) > 50


@pytest.mark.req(68)
@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/v1/sessions", {"prompt": "x", "presetId": "{preset_id}"}, "preset.unknown"),
        ("POST", "/v1/sessions", {"prompt": "How do tides work?", "sessionId": "{session_id}"}, "session.exists"),
        ("POST", "/v1/projects", {"name": "Sea", "projectId": "{project_id}"}, "project.exists"),
        ("POST", "/api/projects", {"name": "Sea", "projectId": "{project_id}"}, "project.exists"),
        ("POST", "/api/workflows", {"prompt": "How do tides work?", "id": "{session_id}"}, "session.exists"),
        ("POST", "/api/improve-prompt", {"prompt": "x", "sessionId": "{session_id}"}, "session.exists"),
        ("POST", "/v1/uploads", {"fileName": "a.mp4", "projectId": "{project_id}"}, "project.unknown"),
        ("POST", "/api/generate", {"script": "x", "walletAddress": "0xbee5"}, "auth.forbidden"),
    ],
)
async def test_another_user_s_id_in_a_body_is_of_no_use(
    company: Company, client: httpx.AsyncClient, his: dict[str, str], method: str, path: str, body: Any, code: str
) -> None:
    before = owned(company)
    named = {name: value.format(**his) for name, value in body.items()}
    answer = await client.request(method, path, json=named)
    assert (answer.status_code >= 400, answer.json().get("code")) == (True, code), answer.text
    assert owned(company) == before


@pytest.mark.req(68)
async def test_a_timeline_with_another_user_s_file_cannot_be_rendered(
    client: httpx.AsyncClient, his: dict[str, str]
) -> None:
    project = (await client.post("/v1/projects", json={"name": "Mine"})).json()["projectId"]
    said: list[str] = []
    for asset in (his["asset_id"], MISSING):
        layers = [{"id": "v1", "type": "video", "source": f"/media/{asset}.mp4", "start": 0, "duration": 1}]
        saved = await client.put(f"/v1/projects/{project}/timeline", json={"layers": layers}, headers={"If-Match": "*"})
        assert saved.status_code == 200, saved.text
        answer = await client.post(f"/v1/projects/{project}/render", json={}, headers={"If-Match": "*"})
        assert answer.json()["code"] == "timeline.not_renderable"
        said.append(answer.json()["detail"].replace(asset, "…"))
    assert said[0] == said[1]


@pytest.mark.req(68)
async def test_a_user_lists_counts_and_sums_his_own_alone_and_an_administrator_everybody_s(
    company: Company, client: httpx.AsyncClient, his: dict[str, str]
) -> None:
    lists = ("/v1/sessions", "/v1/projects", "/v1/presets", "/v1/uploads", "/api/sessions", "/api/projects")
    lists += ("/api/workflows", "/api/usage")
    assert {path: (await client.get(path)).json()["items"] for path in lists} == {path: [] for path in lists}
    assert (await client.get("/api/sessions/count")).json() == {"count": 0}
    assert (await client.get("/v1/sessions", params={"q": "tides"})).json()["items"] == []
    assert (await client.get("/api/usage")).json()["totals"]["calls"] == 0
    company.changed["keys"] = KeyRing({digest(KEY): BOSS})
    async with company.client(KEY) as boss:
        assert all([(await boss.get(path)).json()["items"] for path in lists])
        assert (await boss.get("/api/sessions/count")).json() == {"count": 2}
        assert len((await boss.get("/v1/sessions", params={"q": "tides"})).json()["items"]) == 1
        assert (await boss.get("/api/usage")).json()["totals"]["calls"] > 0


@pytest.mark.req(68)
async def test_an_administrator_reads_and_changes_a_user_s_things_and_they_stay_the_user_s(
    company: Company, client: httpx.AsyncClient, his: dict[str, str]
) -> None:
    company.changed["keys"] = KeyRing({digest(KEY): BOSS, digest(OTHER_KEY): NEIGHBOUR})
    async with company.client(KEY) as boss, company.client(OTHER_KEY) as neighbour:
        boss.headers["Prefer"] = "wait=5"
        for name, path in PATHS.items():
            for reader in (boss, neighbour):
                assert (await reader.get(path.format(his[name]))).status_code in (200, 202), name
        session, project = f"/v1/sessions/{his['session_id']}", f"/v1/projects/{his['project_id']}"
        assert (await boss.patch(session, json={"title": "Tides"})).json()["title"] == "Tides"
        renamed = await boss.patch(project, json={"name": "Ocean"}, headers={"If-Match": "*"})
        assert renamed.json()["name"] == "Ocean"
        assert (await neighbour.get(session)).json()["title"] == "Tides"
        assert (await neighbour.get(project)).json()["name"] == "Ocean"
    company.changed["keys"] = RING
    async with company.client(KEY) as user:
        assert {(await user.get(path)).status_code for path in (session, project)} == {404}


@pytest.mark.req(68)
async def test_a_user_follows_his_own_sessions_alone(
    company: Company, client: httpx.AsyncClient, his: dict[str, str]
) -> None:
    where = "/v1/sessions/{}/events"
    known, unknown = await client.get(where.format(his["session_id"])), await client.get(where.format(MISSING))
    assert plain(known, his) == plain(unknown, {"": MISSING})
    async with company.client(OTHER_KEY) as neighbour:
        assert "session.completed" in (await neighbour.get(where.format(his["session_id"]))).text


@pytest.mark.req(68)
async def test_a_link_plays_for_whoever_has_it_and_only_its_owner_is_given_one(
    company: Company, client: httpx.AsyncClient, his: dict[str, str]
) -> None:
    async with company.client(OTHER_KEY) as neighbour:
        link = (await neighbour.get(f"/v1/assets/{his['asset_id']}")).json()["url"]
    path, _, signature = link.partition("?")
    assert (await client.get(path)).status_code == 404
    async with company.client(None) as anybody:
        told = await anybody.get(f"{path}?{signature}")
    assert told.json()["code"] != "link.invalid", "the bytes are nowhere in this world, and the link opens them"


@pytest.mark.req(68)
async def test_a_session_of_mine_with_his_id_s_repeat_is_refused_each_time(
    company: Company, client: httpx.AsyncClient, his: dict[str, str]
) -> None:
    same = {"prompt": "How do tides work?", "sessionId": str(UUID(int=5))}
    async with company.client(OTHER_KEY) as neighbour:
        assert (await neighbour.post("/v1/sessions", json=same, headers={"Prefer": "wait=5"})).status_code == 201
    for _ in range(2):
        answer = await client.post("/v1/sessions", json=same)
        assert (answer.status_code, answer.json()["code"]) == (409, "session.exists")
