"""Projects and their timelines through the API, over the real rules and projections."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from contracts.envelope import stream_id
from services.gateway.reading.cached_projects import CachedProjects
from services.gateway.redis.near import NearCache
from tests.gateway.company import Company
from tests.gateway.memory_projects import MemoryProjects
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import OTHER_KEY, OURS
from tests.session.words import an_id

PROJECT = an_id("project")
HERE = f"/v1/projects/{PROJECT}"
WAIT = {"Prefer": "wait=5"}
LAYERS = [{"id": "video", "clips": [{"src": "/media/sea.mp4", "start": 0, "end": 2.5}]}]
FIRST = {"layers": LAYERS, "playheadTime": 0, "duration": 10, "markers": [{"at": 1, "name": "wave"}]}
NEW = {
    "projectId": str(PROJECT),
    "name": "Sea",
    "description": "Why is it salty?",
    "videoPath": "/media/sea.mp4",
    "duration": 31.4,
    "timelineState": FIRST,
}


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
async def client(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client() as client:
        yield client


async def make(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/v1/projects", json=NEW | fields, headers=WAIT)


async def save(client: httpx.AsyncClient, version: object, **fields: Any) -> httpx.Response:
    return await client.put(f"{HERE}/timeline", json=FIRST | fields, headers={**WAIT, "If-Match": f'"v{version}"'})


@pytest.mark.req(15, 17, 19)
async def test_a_project_is_made_with_all_its_fields_and_read_back(client: httpx.AsyncClient) -> None:
    made = await make(client)
    shown = await client.get(HERE)
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, HERE, '"v1"')
    assert shown.json() == made.json()
    assert {name: shown.json()[name] for name in NEW} == NEW
    assert {"createdAt", "updatedAt", "createdBy", "isDeleted", "version"} <= shown.json().keys()
    assert (await client.get(HERE, headers={"If-None-Match": '"v1"'})).status_code == 304


async def test_the_same_call_makes_one_project_and_another_one_under_its_id_is_refused(
    client: httpx.AsyncClient, company: Company
) -> None:
    await make(client)
    company.gateway.moment = company.gateway.moment.replace(hour=13)
    assert (await make(client)).status_code == 200
    assert_problem(await make(client, name="Tides"), 409, "project.exists", "other content")
    without_id = {"name": "Sea"}
    key = {**WAIT, "Idempotency-Key": "one"}
    twice = [await client.post("/v1/projects", json=without_id, headers=key) for _ in range(2)]
    assert twice[0].json() == twice[1].json()
    assert len((await client.get("/v1/projects")).json()["items"]) == 2


@pytest.mark.req(17)
async def test_a_change_needs_the_version_that_it_is_made_to(client: httpx.AsyncClient) -> None:
    await make(client)
    assert_problem(await client.patch(HERE, json={"name": "Tides"}), 428, "version.missing", "If-Match")
    answer = await client.patch(HERE, json={"name": "Tides"}, headers={**WAIT, "If-Match": '"v1"'})
    assert (answer.status_code, answer.headers["etag"], answer.json()["name"]) == (200, '"v2"', "Tides")
    assert answer.json()["description"] == NEW["description"]
    late = await client.patch(HERE, json={"name": "Salt"}, headers={**WAIT, "If-Match": '"v1"'})
    assert_problem(late, 412, "version.stale", "1")
    assert (late.json()["currentVersion"], late.json()["current"]["name"]) == (2, "Tides")
    anyhow = await client.patch(HERE, json={"name": "Salt"}, headers={**WAIT, "If-Match": "*"})
    assert anyhow.json()["name"] == "Salt"


async def test_what_is_as_it_was_makes_no_version(client: httpx.AsyncClient) -> None:
    await make(client)
    assert (await save(client, 1)).headers["etag"] == '"v1"'
    same = await client.patch(HERE, json={"name": "Sea"}, headers={**WAIT, "If-Match": '"v1"'})
    assert same.headers["etag"] == '"v1"'


@pytest.mark.req(16, 35)
async def test_of_two_who_save_a_timeline_the_second_is_told_what_the_first_saved(client: httpx.AsyncClient) -> None:
    await make(client)
    assert (await save(client, 1, playheadTime=4)).headers["etag"] == '"v2"'
    late = await save(client, 1, playheadTime=7)
    assert_problem(late, 412, "version.stale", "2")
    assert late.json()["current"]["timelineState"]["playheadTime"] == 4
    shown = (await client.get(f"{HERE}/timeline")).json()
    assert {name: shown[name] for name in FIRST} == {**FIRST, "playheadTime": 4}
    assert {"projectId", "createdAt", "updatedAt", "version"} <= shown.keys()


@pytest.mark.req(14, 16)
async def test_every_saved_timeline_can_be_read(client: httpx.AsyncClient) -> None:
    await make(client)
    for version in (1, 2, 3):
        await save(client, version, playheadTime=version)
    listed = (await client.get(f"{HERE}/timeline/versions", params={"limit": 3})).json()
    assert ([item["version"] for item in listed["items"]], listed["hasMore"]) == ([4, 3, 2], True)
    rest = await client.get(f"{HERE}/timeline/versions", params={"limit": 3, "cursor": listed["nextCursor"]})
    assert [item["version"] for item in rest.json()["items"]] == [1]
    heads = [(await client.get(f"{HERE}/timeline/versions/{n}")).json()["playheadTime"] for n in (1, 2, 3, 4)]
    assert heads == [0, 1, 2, 3]
    assert_problem(await client.get(f"{HERE}/timeline/versions/9"), 404, "timeline.unknown", "9")


async def test_undo_goes_back_step_by_step_and_a_new_save_begins_there(client: httpx.AsyncClient) -> None:
    await make(client)
    for version in (1, 2):
        await save(client, version, playheadTime=version)

    async def undo(version: int) -> httpx.Response:
        return await client.post(f"{HERE}/timeline/undo", headers={**WAIT, "If-Match": f'"v{version}"'})

    assert [(await undo(version)).json()["playheadTime"] for version in (3, 4)] == [1, 0]
    assert_problem(await undo(5), 409, "project.no_older", "older")
    assert_problem(await undo(3), 412, "version.stale", "3")
    await save(client, 5, playheadTime=9)
    assert (await undo(6)).json()["playheadTime"] == 0
    assert [item["restores"] for item in (await client.get(f"{HERE}/timeline/versions")).json()["items"]] == [
        *(1, None, 1, 2, None, None, None)
    ]


@pytest.mark.req(20)
async def test_a_deleted_project_is_not_there_until_it_is_brought_back(client: httpx.AsyncClient) -> None:
    made = (await make(client)).json()
    assert (await client.delete(HERE, headers=WAIT)).status_code == 204
    for path in (HERE, f"{HERE}/timeline", f"{HERE}/timeline/versions", f"{HERE}/timeline/versions/1"):
        assert_problem(await client.get(path), 404, "project.unknown", str(PROJECT))
        assert (await client.get(path, params={"includeDeleted": True})).status_code == 200
    assert_problem(await save(client, 2), 404, "project.deleted", "estore")
    assert (await client.get("/v1/projects")).json()["items"] == []
    assert len((await client.get("/v1/projects", params={"includeDeleted": True})).json()["items"]) == 1
    back = (await client.post(f"{HERE}/restore", headers=WAIT)).json()
    changing = {"version", "updatedAt"}
    assert {**back, **{name: made[name] for name in changing}} == made


async def test_projects_are_listed_newest_first_and_found_by_words(client: httpx.AsyncClient, company: Company) -> None:
    for number, name in enumerate(("Sea", "Tides (low)", "Rain")):
        company.gateway.moment = company.gateway.moment.replace(minute=number)
        await make(client, projectId=str(an_id(name)), name=name)
    page = (await client.get("/v1/projects", params={"limit": 2})).json()
    assert ([item["name"] for item in page["items"]], page["hasMore"]) == (["Rain", "Tides (low)"], True)
    assert "timelineState" not in page["items"][0]
    rest = (await client.get("/v1/projects", params={"limit": 2, "cursor": page["nextCursor"]})).json()
    assert ([item["name"] for item in rest["items"]], rest["nextCursor"]) == (["Sea"], None)
    found = (await client.get("/v1/projects", params={"q": "(LOW) salty"})).json()["items"]
    assert [item["name"] for item in found] == ["Tides (low)"]


async def test_another_tenant_has_its_own_project_under_the_same_id(
    client: httpx.AsyncClient, company: Company
) -> None:
    await make(client)
    async with company.client(OTHER_KEY) as other:
        assert_problem(await other.get(HERE), 404, "project.unknown", str(PROJECT))
        assert_problem(await save(other, 1), 404, "project.unknown", str(PROJECT))
        assert (await make(other, name="Theirs")).status_code == 201
    assert (await client.get(HERE)).json()["name"] == "Sea"


@pytest.mark.req(14, 34)
async def test_a_project_survives_the_loss_of_every_document(client: httpx.AsyncClient, company: Company) -> None:
    await make(client)
    await save(client, 1, playheadTime=4)
    before = (await client.get(HERE)).json()
    company.gateway.documents.collections.clear()
    assert_problem(await client.get(HERE), 404, "project.unknown", str(PROJECT))
    await company.rebuild()
    assert (await client.get(HERE)).json() == before
    assert (await client.get(f"{HERE}/timeline/versions/1")).json()["playheadTime"] == 0


@pytest.mark.req(25, 26, 34)
async def test_of_a_hundred_loads_the_store_sees_fewer_than_ten_and_every_save_is_shown_at_once(
    company: Company,
) -> None:
    """The saves are made at another gateway; that they were is heard from the change stream."""
    store = MemoryProjects(company.gateway.documents)
    projects = CachedProjects(store, NearCache(seconds=300))
    async with company.client() as elsewhere:
        company.changed["projects"] = projects
        async with company.client() as client:
            await make(elsewhere)
            for version in (1, 2, 3):
                projects.beat()
                shown = [(await client.get(HERE)).json()["timelineState"]["playheadTime"] for _ in range(33)]
                assert shown == [version - 1] * 33
                await save(elsewhere, version, playheadTime=version)
                await projects.changed(OURS, stream_id("project", OURS, str(PROJECT)), version + 1)
    assert 3 <= store.reads < 10


@pytest.mark.req(18, 35)
async def test_a_document_holds_a_path_to_the_video_and_never_its_bytes(
    client: httpx.AsyncClient, company: Company
) -> None:
    await make(client)
    (document,) = company.gateway.documents.rows("projects", OURS)
    assert document["videoPath"] == "/media/sea.mp4"
    assert not [value for value in document.values() if isinstance(value, bytes)]
    inline = {"layers": [{"src": "data:video/mp4;base64," + "A" * 700_000}]}
    refused = await client.put(f"{HERE}/timeline", json=inline, headers={"If-Match": '"v1"'})
    assert_problem(refused, 422, "value.invalid", "600,000")
