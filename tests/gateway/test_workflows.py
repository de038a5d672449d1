"""The workflow application: workflows, files, scenes and usage, as rows with its names, over the real rules."""

import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts.rendering import Stage
from tests.gateway import samples
from tests.gateway.company import Company
from tests.gateway.world import ADMINS, HERE, KEY, OTHER_KEY, OURS
from tests.session.words import FILE, PROMPT, SCRIPT, SESSION, an_id

FILE_ROW: dict[str, Any] = {
    "file_type": "image",
    "file_path": "/files/images/scene_1.png",
    "file_name": "scene_1.png",
    "file_size": 1_024_000,
    "metadata": {"scene_number": 1, "style": "realistic"},
}
PHASES = ["refine", "script", "speech", "scenes", "video"]
WORKFLOWS = "/api/workflows"


@pytest.fixture
async def page(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client(None) as client:
        yield client


async def begun(page: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await page.post(WORKFLOWS, json={"prompt": PROMPT, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(page: httpx.AsyncClient, workflow: str, what: str = "") -> Any:
    answer = await page.get(f"{WORKFLOWS}/{workflow}{what}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.req(38)
@pytest.mark.req(43)
async def test_a_workflow_is_made_with_the_applications_own_id_prompt_and_title(page: httpx.AsyncClient) -> None:
    made = await begun(page, id=str(SESSION), title="Salt", start=False)
    assert (made["id"], made["original_prompt"], made["story_title"]) == (str(SESSION), PROMPT, "Salt")
    assert (made["status"], made["enhanced_story"]) == ("created", "")
    assert [(phase["name"], phase["status"]) for phase in made["phases"]] == [(name, "none") for name in PHASES]
    assert made["created_at"] == made["updated_at"] == "2026-11-20T12:00:00.000Z"
    again = await page.post(WORKFLOWS, json={"id": str(SESSION), "prompt": PROMPT, "title": "Salt", "start": False})
    assert (again.status_code, again.json()) == (201, made)


@pytest.mark.req(38)
@pytest.mark.req(44)
async def test_a_workflow_goes_on_to_its_film_and_tells_how_far_each_phase_is(
    page: httpx.AsyncClient, company: Company
) -> None:
    company.working = False
    made = await begun(page)
    assert (made["status"], made["phases"][0]["status"]) == ("refining", "running")
    await company.work()
    done = await read(page, made["id"])
    assert (done["status"], done["enhanced_story"], done["story_title"]) == ("completed", SCRIPT, "The salty sea")
    assert {phase["status"] for phase in done["phases"]} == {"done"}
    assert done["completed_at"] == done["phases"][-1]["finished_at"]


async def test_what_was_only_noted_is_begun_by_the_same_call_with_start(
    page: httpx.AsyncClient, company: Company
) -> None:
    await begun(page, id=str(SESSION), start=False)
    company.gateway.moment += timedelta(seconds=1)
    answer = await page.post(WORKFLOWS, json={"id": str(SESSION), "prompt": PROMPT})
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")


async def test_a_phase_that_fails_is_named_and_so_is_the_reason(page: httpx.AsyncClient, company: Company) -> None:
    company.failing = {Stage.SPEECH}
    workflow = await read(page, (await begun(page))["id"])
    assert (workflow["status"], workflow["error_message"]) == ("failed", "it broke")
    states = {phase["name"]: phase["status"] for phase in workflow["phases"]}
    assert (states["script"], states["speech"], states["video"]) == ("done", "failed", "pending")


@pytest.mark.req(39)
@pytest.mark.req(43)
@pytest.mark.req(44)
async def test_a_file_that_the_client_made_is_noted_listed_and_struck_out(page: httpx.AsyncClient) -> None:
    workflow = (await begun(page, start=False))["id"]
    files = f"{WORKFLOWS}/{workflow}/files"
    noted = await page.post(files, json={**FILE_ROW, "id": str(FILE)})
    assert noted.status_code == 201
    assert {name: noted.json()[name] for name in FILE_ROW} == FILE_ROW
    assert (noted.json()["workflow_id"], noted.json()["url"]) == (workflow, None)
    assert (await page.get(files)).json() == {"items": [noted.json()], "nextCursor": None, "hasMore": False}
    gone = await page.delete(f"{files}/{FILE}")
    assert (gone.status_code, gone.json()) == (200, {"id": str(FILE), "deleted": True})
    assert (await page.get(files)).json()["items"] == []


@pytest.mark.req(39)
@pytest.mark.req(49)
async def test_every_file_that_was_generated_is_there_with_what_is_known_of_it(
    page: httpx.AsyncClient, company: Company
) -> None:
    workflow = (await begun(page))["id"]
    files = (await read(page, workflow, "/files"))["items"]
    assert sorted(file["file_type"] for file in files) == ["audio", "poster", "timings", "video"]
    (film,) = [file for file in files if file["file_type"] == "video"]
    assert (film["file_name"], film["file_size"]) == ("film.mp4", 1_000)
    assert film["file_path"] == f"/media/{film['id']}.mp4"
    assert (film["metadata"]["stage"], film["metadata"]["duration_ms"]) == ("video", 31_400)


@pytest.mark.req(49)
async def test_the_bytes_of_a_generated_file_are_under_its_workflow(page: httpx.AsyncClient, company: Company) -> None:
    workflow = (await begun(page))["id"]
    (film,) = [one for one in (await read(page, workflow, "/files"))["items"] if one["file_type"] == "video"]
    blob = await company.gateway.blobs.put(samples.MOVIE)
    (row,) = [one for one in company.gateway.tables.rows["workflow.generated_files"] if str(one["id"]) == film["id"]]
    metadata = json.dumps({**film["metadata"], "sha256": blob.sha256})
    kept = {**row, "file_size": blob.size, "metadata": metadata}
    company.gateway.tables.rows["workflow.generated_files"] = [kept]
    answer = await page.get(film["url"].removeprefix(HERE))
    assert (answer.content, answer.headers["content-type"]) == (samples.MOVIE, "test/mp4")


async def test_a_generated_file_goes_with_its_bytes_and_the_workflow_stays(page: httpx.AsyncClient) -> None:
    workflow = (await begun(page))["id"]
    files = f"{WORKFLOWS}/{workflow}/files"
    film = an_id("video")
    assert (await page.delete(f"{files}/{film}")).json() == {"id": str(film), "deleted": True}
    assert "video" not in {file["file_type"] for file in (await page.get(files)).json()["items"]}
    assert (await read(page, workflow))["status"] == "completed"


@pytest.mark.req(40)
async def test_a_scene_has_its_description_its_prompt_and_the_link_to_its_picture(
    page: httpx.AsyncClient, company: Company
) -> None:
    workflow = (await begun(page))["id"]
    (scene,) = (await read(page, workflow, "/scenes"))["items"]
    assert (scene["scene_number"], scene["description"], scene["prompt"]) == (1, "The sea", SCRIPT)
    assert (scene["image_file_id"], scene["image_url"]) == (None, None)
    (row,) = company.gateway.tables.rows["workflow.scenes"]
    company.gateway.tables.rows["workflow.scenes"] = [{**row, "image_file_id": FILE}]
    (scene,) = (await read(page, workflow, "/scenes"))["items"]
    assert scene["image_file_id"] == str(FILE)
    assert scene["image_url"] == f"{HERE}{WORKFLOWS}/{workflow}/files/{FILE}/content"


@pytest.mark.req(41)
@pytest.mark.req(45)
async def test_usage_tells_calls_tokens_cost_and_latency_with_their_totals(page: httpx.AsyncClient) -> None:
    workflow = (await begun(page))["id"]
    usage = (await page.get("/api/usage")).json()
    (row,) = usage["items"]
    assert (row["workflow_id"], row["model"], row["stage"]) == (workflow, "template-1", "script")
    assert (row["calls"], row["tokens_used"], row["cost_micro_usd"], row["latency_ms"]) == (1, 0, 120, 0)
    assert (usage["totals"]["calls"], usage["totals"]["cost_micro_usd"]) == (1, 120)
    assert [(day["day"], day["model"]) for day in usage["days"]] == [("2026-11-20", "template-1")]
    before = (await page.get("/api/usage", params={"to": "2026-11-19"})).json()
    assert (before["items"], before["totals"]["calls"]) == ([], 0)


@pytest.mark.req(48)
@pytest.mark.parametrize(("q", "found"), [("SALTY", 1), ("salty rivers", 1), ("salt|y", 0), ("sal", 0), ("wet", 0)])
async def test_workflows_are_found_by_whole_words_of_prompt_story_and_title(
    page: httpx.AsyncClient, q: str, found: int
) -> None:
    await begun(page)
    assert len((await page.get(WORKFLOWS, params={"q": q})).json()["items"]) == found


async def test_lists_come_in_pages_newest_first(page: httpx.AsyncClient, company: Company) -> None:
    made: list[str] = []
    for _ in range(5):
        made.append((await begun(page, start=False))["id"])
        company.gateway.moment += timedelta(seconds=1)
    seen, cursor = list[str](), {}
    while True:
        found = (await page.get(WORKFLOWS, params={"limit": 2, **cursor})).json()
        seen += [one["id"] for one in found["items"]]
        if not found["hasMore"]:
            break
        cursor = {"cursor": found["nextCursor"]}
    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "", "workflow.unknown"),
        ("GET", "/files", "workflow.unknown"),
        ("GET", "/scenes", "workflow.unknown"),
        ("POST", "/files", "session.not_open"),
        ("DELETE", f"/files/{FILE}", "session.not_open"),
        ("GET", f"/files/{FILE}/content", "file.unknown"),
    ],
)
async def test_what_is_anothers_or_not_there_is_unknown(company: Company, method: str, path: str, code: str) -> None:
    async with company.client(OTHER_KEY) as theirs:
        answer = await theirs.post(WORKFLOWS, json={"prompt": PROMPT, "id": str(SESSION)})
        assert answer.status_code in (200, 201)
    async with company.client(KEY) as ours:
        body = FILE_ROW if method == "POST" else None
        answer = await ours.request(method, f"{WORKFLOWS}/{SESSION}{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, code)


async def test_a_deleted_workflow_is_not_shown(page: httpx.AsyncClient, company: Company) -> None:
    workflow = (await begun(page))["id"]
    company.changed["keys"] = ADMINS
    async with company.client(KEY) as ours:
        assert (await ours.delete(f"/v1/sessions/{workflow}")).status_code == 202
    assert (await page.get(f"{WORKFLOWS}/{workflow}")).status_code == 404
    assert (await page.get(WORKFLOWS)).json()["items"] == []


@pytest.mark.parametrize(
    "body", [{}, {"prompt": " "}, {"prompt": "x" * 10_001}, {"prompt": "x", "startt": True}, {"prompt": "x", "id": "1"}]
)
async def test_a_body_that_does_not_fit_is_refused(page: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await page.post(WORKFLOWS, json=body)).status_code == 400


async def test_the_same_idempotency_key_notes_one_file(page: httpx.AsyncClient) -> None:
    workflow = (await begun(page, start=False))["id"]
    files = f"{WORKFLOWS}/{workflow}/files"
    for _ in range(2):
        answer = await page.post(files, json=FILE_ROW, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 201
    assert len((await page.get(files)).json()["items"]) == 1


async def test_while_the_tables_are_away_a_workflow_is_begun_all_the_same(
    page: httpx.AsyncClient, company: Company
) -> None:
    company.gateway.tables.away = True
    answer = await page.post(WORKFLOWS, json={"prompt": PROMPT})
    assert (answer.status_code, answer.headers["playhead-degraded"]) == (202, "postgresql")
    assert answer.json()["original_prompt"] == PROMPT
    unread = await page.get(WORKFLOWS)
    assert (unread.status_code, unread.json()["code"]) == (503, "postgres.unavailable")
    company.gateway.tables.away = False
    assert (await read(page, answer.json()["id"]))["status"] == "completed"


def test_the_applications_calls_are_the_legacy_tenants(company: Company) -> None:
    assert company.gateway.legacy_tenant == OURS
