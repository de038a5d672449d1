"""The editor's own routes, over the real rules and projections: its documents as it knows them."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from tests.gateway.company import Company
from tests.gateway.test_projects import FIRST
from tests.session.words import an_id

FIELDS = {
    *("projectId", "name", "description", "videoPath", "duration", "timelineState"),
    *("createdAt", "updatedAt", "createdBy", "isDeleted", "version"),
}
NEW = {"name": "Sea", "description": "Salt", "videoPath": "/media/sea.mp4", "duration": 31.4, "timelineState": FIRST}


@pytest.fixture
async def client(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client(None) as client:
        yield client


@pytest.fixture
async def made(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post("/api/projects", json=NEW)
    assert answer.status_code == 201
    return answer.json()


def here(document: dict[str, Any], more: str = "") -> str:
    return f"/api/projects/{document['projectId']}{more}"


def assert_error(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(answer.json()["error"].split()) > 3


@pytest.mark.req(15, 17, 23, 35)
async def test_a_project_has_the_fields_of_the_editor_and_no_others(
    client: httpx.AsyncClient, made: dict[str, Any]
) -> None:
    assert made.keys() == FIELDS
    assert {name: made[name] for name in NEW} == NEW
    assert (made["isDeleted"], made["version"]) == (False, 1)
    assert (await client.get(here(made))).json() == made
    assert (await client.get("/api/projects")).json() == {"items": [made], "nextCursor": None, "hasMore": False}
    assert set((await client.get(here(made, "/timeline"))).json()) == {
        *("projectId", "layers", "playheadTime", "duration", "markers", "createdAt", "updatedAt")
    }


@pytest.mark.req(17, 23)
async def test_what_get_gave_is_put_back_with_changes(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    assert (await client.put(here(made), json=made)).json() == made
    changed = {**made, "name": "Tides", "timelineState": {**FIRST, "playheadTime": 3}}
    after = (await client.put(here(made), json=changed)).json()
    assert after == {**changed, "version": 3, "updatedAt": after["updatedAt"]}
    timeline = (await client.get(here(made, "/timeline"))).json()
    again = await client.put(here(made, "/timeline"), json={**timeline, "markers": []})
    assert (again.status_code, again.json()["markers"], again.headers["etag"]) == (200, [], '"v4"')


@pytest.mark.req(17)
async def test_a_stale_version_is_told_the_current_document_and_without_one_the_last_write_wins(
    client: httpx.AsyncClient, made: dict[str, Any]
) -> None:
    newer = (await client.put(here(made), json={"name": "Tides"})).json()
    in_body = await client.put(here(made), json=made)
    assert_error(in_body, 409, "version.stale")
    assert in_body.json()["current"] == newer
    in_header = await client.put(here(made), json={**made, "version": 2}, headers={"If-Match": '"v1"'})
    assert_error(in_header, 412, "version.stale")
    stale_timeline = {"layers": [], "version": 1}
    assert_error(await client.put(here(made, "/timeline"), json=stale_timeline), 409, "version.stale")
    last = await client.put(here(made), json={"name": "Salt"})
    assert (last.json()["name"], last.json()["timelineState"]) == ("Salt", FIRST)


@pytest.mark.req(20)
async def test_a_deleted_project_is_marked_and_can_be_restored(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    gone = await client.delete(here(made))
    assert (gone.status_code, gone.json()["isDeleted"]) == (200, True)
    for answer in (await client.get(here(made)), await client.put(here(made), json={"name": "x"})):
        assert answer.status_code == 404
    assert (await client.get(here(made), params={"includeDeleted": True})).json() == gone.json()
    back = (await client.post(here(made, "/restore"))).json()
    assert (back["isDeleted"], back["timelineState"], back["createdAt"]) == (False, FIRST, made["createdAt"])


@pytest.mark.req(24, 35)
async def test_users_are_told_of_the_fresh_start(client: httpx.AsyncClient) -> None:
    notice = (await client.get("/api/notice")).json()
    assert notice["code"] == "fresh_start"
    assert "begins empty" in notice["message"]
    assert (await client.get("/api/projects")).json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [{"name": ""}, {"names": "x"}, {"duration": "long"}, {"timelineState": {"zoom": 2}}],
    ids=str,
)
async def test_what_is_wrong_is_said_in_the_editors_shape(
    client: httpx.AsyncClient, made: dict[str, Any], body: dict[str, Any]
) -> None:
    for answer in (await client.put(here(made), json=body), await client.post("/api/projects", json=body)):
        assert_error(answer, 400, "value.invalid")


async def test_a_project_that_is_not_there_is_a_404(client: httpx.AsyncClient) -> None:
    for id_ in ("no-uuid", str(an_id("none"))):
        for call in (client.get, client.delete):
            assert_error(await call(f"/api/projects/{id_}"), 404, "project.unknown")
        stale = await client.put(f"/api/projects/{id_}", json={"name": "x", "version": 3})
        assert_error(stale, 404, "project.unknown")


@pytest.mark.req(29)
async def test_a_change_that_cannot_be_seen_is_taken_and_shown_as_far_as_it_is_known(
    client: httpx.AsyncClient, company: Company, made: dict[str, Any]
) -> None:
    company.dark = True
    answer = await client.put(here(made), json={"name": "Tides"})
    assert (answer.status_code, answer.headers["playhead-degraded"]) == (202, "mongodb")
    assert (answer.json()["projectId"], answer.json()["name"]) == (made["projectId"], "Tides")
    assert answer.json().keys() == FIELDS
    away = await client.get(here(made))
    assert_error(away, 503, "mongodb.unavailable")
    assert "Retry-After" in away.headers
    assert "internal" not in away.text
    company.dark = False
    await company.show()
    assert (await client.get(here(made))).json()["name"] == "Tides"
