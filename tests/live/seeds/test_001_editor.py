"""The editor's client: projects and timelines that outlive everything, as its documents are printed."""

from datetime import datetime
from typing import Any

import httpx
import pytest
from pymongo.errors import WriteError  # noqa: TID251 - an application of before brings its own driver

from eventlog.clock import new_id
from tests.live.seeds.conftest import Platform
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

TIMELINE = {
    "layers": [{"id": "v1", "type": "video", "clips": [{"start": 0, "end": 12.5}]}],
    "playheadTime": 3.25,
    "duration": 12.5,
    "markers": [{"time": 1.5, "label": "Intro"}],
}
PROJECT: dict[str, Any] = {
    "name": "Holiday",
    "description": "By the sea",
    "videoPath": "/uploads/holiday.mp4",
    "duration": 12.5,
    "timelineState": TIMELINE,
}
FIELDS: dict[str, type] = {
    "projectId": str,
    "name": str,
    "description": str,
    "videoPath": str,
    "duration": float,
    "timelineState": dict,
    "createdAt": datetime,
    "updatedAt": datetime,
    "createdBy": str,
    "isDeleted": bool,
    "version": int,
}
"""The application's projects, and the types in MongoDB; there it has an `_id`, too."""
TIMELINE_FIELDS = {"projectId", "layers", "playheadTime", "duration", "markers", "createdAt", "updatedAt"}


@pytest.fixture
async def project(page: httpx.AsyncClient) -> dict[str, Any]:
    answer = await page.post("/api/projects", json=PROJECT)
    assert answer.status_code == 201, answer.text
    return answer.json()


def here(project: dict[str, Any]) -> str:
    return f"/api/projects/{project['projectId']}"


@pytest.mark.req(15, 16, 17, 19)
async def test_a_project_is_answered_with_the_document_s_fields_and_no_other(
    page: httpx.AsyncClient, project: dict[str, Any]
) -> None:
    assert set(project) == set(FIELDS)
    assert {name: project[name] for name in PROJECT} == PROJECT
    assert (project["version"], project["isDeleted"]) == (1, False)
    assert (await page.get(here(project))).json() == project
    assert project in (await page.get("/api/projects", params={"limit": 100})).json()["items"]
    timeline = (await page.get(f"{here(project)}/timeline")).json()
    assert set(timeline) == TIMELINE_FIELDS
    assert {name: timeline[name] for name in TIMELINE} == TIMELINE
    assert timeline["projectId"] == project["projectId"]


@pytest.mark.req(15, 16, 18, 19)
async def test_the_documents_are_found_in_mongodb_as_the_schema_prints_them(db: Any, project: dict[str, Any]) -> None:
    stored = await db.projects.find_one({"projectId": project["projectId"]})
    assert {name: type(stored[name]) for name in FIELDS} == FIELDS
    assert stored["_id"]
    assert stored["timelineState"] == TIMELINE
    assert stored["videoPath"] == PROJECT["videoPath"]
    saved = await db.timeline_states.find_one({"projectId": project["projectId"]})
    assert set(saved) >= TIMELINE_FIELDS | {"_id"}
    assert {name: saved[name] for name in TIMELINE} == TIMELINE
    assert isinstance(saved["createdAt"], datetime)


@pytest.mark.req(19)
@pytest.mark.parametrize("collection", ["projects", "timeline_states", "accounts", "presets"])
async def test_every_document_has_its_times_its_owner_and_its_version(
    db: Any, project: dict[str, Any], collection: str
) -> None:
    stored = await eventually(db[collection].find_one)
    assert isinstance(stored["createdAt"], datetime)
    assert isinstance(stored["updatedAt"], datetime)
    assert isinstance(stored["version"], int)
    assert stored.get("createdBy") or stored["accountId"]


@pytest.mark.req(14, 17, 23)
async def test_the_document_is_put_back_as_it_was_got_and_every_save_can_be_read(
    page: httpx.AsyncClient, db: Any, project: dict[str, Any]
) -> None:
    moved = {**TIMELINE, "playheadTime": 9.0}
    saved = await page.put(f"{here(project)}/timeline", json=moved)
    assert (saved.status_code, set(saved.json())) == (200, TIMELINE_FIELDS)
    document = (await page.get(here(project))).json()
    assert document["timelineState"] == moved
    renamed = await page.put(here(project), json={**document, "name": "Holidays"})
    assert (renamed.status_code, renamed.json()["name"], renamed.json()["timelineState"]) == (200, "Holidays", moved)
    kept = db.timeline_states.find({"projectId": project["projectId"]}).sort("version", 1)
    assert [one["playheadTime"] for one in await kept.to_list(None)] == [3.25, 9.0]


@pytest.mark.req(19, 23)
async def test_a_stale_document_is_refused_with_the_current_one(
    page: httpx.AsyncClient, project: dict[str, Any]
) -> None:
    current = (await page.put(here(project), json={**project, "name": "First"})).json()
    late = await page.put(here(project), json={**project, "name": "Second"})
    assert (late.status_code, late.json()["code"], late.json()["current"]) == (409, "version.stale", current)
    matched = await page.put(here(project), json={"name": "Third"}, headers={"If-Match": '"v1"'})
    assert (matched.status_code, matched.json()["current"]) == (412, current)
    assert (await page.put(here(project), json={"name": "Fourth"})).json()["name"] == "Fourth"


@pytest.mark.req(20)
async def test_a_deleted_project_is_marked_and_comes_back(
    page: httpx.AsyncClient, db: Any, project: dict[str, Any]
) -> None:
    deleted = (await page.delete(here(project))).json()
    assert (set(deleted), deleted["isDeleted"]) == (set(FIELDS), True)
    assert (await page.get(here(project))).status_code == 404
    assert (await db.projects.find_one({"projectId": project["projectId"]}))["isDeleted"] is True
    restored = (await page.post(f"{here(project)}/restore")).json()
    assert (restored["isDeleted"], restored["timelineState"]) == (False, TIMELINE)
    assert (await page.get(here(project))).json() == restored


@pytest.mark.req(21)
async def test_the_fields_that_are_asked_by_have_indexes(db: Any, project: dict[str, Any]) -> None:
    made = {tuple(name for name, _ in index["key"]) for index in (await db.projects.index_information()).values()}
    named = {name for fields in made for name in fields}
    assert named >= {"projectId", "createdBy", "createdAt"}
    plan = await db.projects.find({"tenant": "nobody", "projectId": project["projectId"]}).explain()
    assert "COLLSCAN" not in repr(plan["queryPlanner"]["winningPlan"])


@pytest.mark.req(22)
@pytest.mark.parametrize(
    "wrong", [{"name": 7}, {"isDeleted": "no"}, {"version": "1"}, {"timelineState": []}, {"createdAt": "today"}]
)
async def test_mongodb_itself_refuses_a_document_that_is_none(
    db: Any, project: dict[str, Any], wrong: dict[str, Any]
) -> None:
    stored = await db.projects.find_one({"projectId": project["projectId"]})
    with pytest.raises(WriteError) as refused:
        await db.projects.insert_one({**stored, "_id": f"test-{new_id()}", **wrong})
    assert refused.value.code == 121


@pytest.mark.req(24)
async def test_users_are_told_of_the_fresh_start(page: httpx.AsyncClient) -> None:
    notice = (await page.get("/api/notice")).json()
    assert set(notice) == {"code", "title", "message"}
    assert "upload" in notice["message"]


@pytest.mark.req(30)
async def test_operations_of_the_store_are_logged(platform: Platform, project: dict[str, Any]) -> None:
    log = (platform.company.folder / "gateway.log").read_text("utf-8")
    assert '"MongoDB operation"' in log
    assert PROJECT["name"] not in log


@pytest.mark.req(29)
async def test_what_is_wrong_is_told_in_a_sentence(page: httpx.AsyncClient, project: dict[str, Any]) -> None:
    for answer, status in (
        (await page.get(f"/api/projects/{new_id()}"), 404),
        (await page.put(here(project), json={"duration": "long"}), 400),
        (await page.put(here(project), content=b"{", headers={"Content-Type": "application/json"}), 400),
    ):
        assert (answer.status_code, set(answer.json())) == (status, {"error", "code"})
        assert len(answer.json()["error"].split()) > 3
