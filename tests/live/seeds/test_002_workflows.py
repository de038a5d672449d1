"""The workflow application's client: its two functions as calls, its five tables by plain SQL."""

import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from eventlog.clock import new_id
from tests.live.seeds.conftest import Login, Platform
from tests.plain_http import plain_http
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

PROMPT, TITLE, STORY = "Original prompt about lighthouses", "Story title", "A lighthouse shows ships the way."
FILE: dict[str, Any] = {
    "file_type": "image",
    "file_path": "/files/images/scene_1.png",
    "file_name": "scene_1.png",
    "file_size": 1_024_000,
    "metadata": {"scene_number": 1, "style": "realistic"},
}
"""The arguments of `db_manager.add_generated_file`, to the letter."""
TABLES = {
    "workflows": {"id", "original_prompt", "enhanced_story", "story_title", "status", "phases", "created_at"},
    "generated_files": {"id", "workflow_id", "file_type", "file_path", "file_name", "file_size", "metadata"},
    "scenes": {"workflow_id", "scene_number", "description", "prompt", "image_file_id"},
    "api_usage": {"workflow_id", "provider", "model", "calls", "tokens_used", "cost_micro_usd", "latency_ms"},
    "users": {"id", "name", "created_at"},
}
"""The application's tables, and what its guide says that they hold."""


@pytest.fixture
async def sql(login: Login) -> Any:
    return await login("playhead_workflow")


@pytest.fixture(scope="module")
async def workflow(platform: Platform) -> AsyncGenerator[dict[str, Any]]:
    """`workflow_id = str(uuid.uuid4()); db_manager.create_workflow(workflow_id, "Original prompt", "Story title")`.

    Its phases are then gone through one by one, with a story that is short: a film takes as long as its story.
    """
    chosen = {"id": str(new_id()), "prompt": PROMPT, "title": TITLE}
    async with plain_http(base_url=platform.url, timeout=150) as page:
        made = await page.post("/api/workflows", json={**chosen, "start": False})
        assert made.status_code == 201, made.text
        assert (made.json()["id"], made.json()["status"]) == (chosen["id"], "created")
        for phase, words in (
            ("improve-prompt", {"prompt": PROMPT}),
            ("generate-script", {}),
            ("generate-audio", {"script": STORY}),
            ("generate-video", {}),
        ):
            answer = await page.post(f"/api/{phase}", json={"sessionId": chosen["id"], **words})
            assert answer.status_code == 200, answer.text

        async def done() -> dict[str, Any] | None:
            now = (await page.get(f"/api/workflows/{chosen['id']}")).json()
            return now if now["status"] == "completed" else None

        yield await eventually(done, 20)


@pytest.mark.req(38, 43)
async def test_a_workflow_tells_its_phases_its_prompt_its_story_and_its_title(
    page: httpx.AsyncClient, sql: Any, workflow: dict[str, Any]
) -> None:
    assert (workflow["original_prompt"], workflow["story_title"]) == (PROMPT, TITLE)
    assert workflow["enhanced_story"] == STORY
    phases = {phase["name"]: phase["status"] for phase in workflow["phases"]}
    assert list(phases) == ["refine", "script", "speech", "scenes", "video"]
    assert phases.pop("script") == "none"  # its story was given instead
    assert set(phases.values()) == {"done"}
    row = await sql.fetchrow("SELECT * FROM workflows WHERE id = $1", workflow["id"])
    for name in ("original_prompt", "story_title", "enhanced_story", "status", "error_message"):
        assert row[name] == workflow[name]
    assert [phase["name"] for phase in json.loads(row["phases"])] == [one["name"] for one in workflow["phases"]]
    assert row["created_at"] < row["completed_at"]
    assert workflow in (await page.get("/api/workflows", params={"limit": 100})).json()["items"]


@pytest.mark.req(39, 43, 44, 48)
async def test_a_file_is_noted_listed_and_deleted(page: httpx.AsyncClient, sql: Any, workflow: dict[str, Any]) -> None:
    files = f"/api/workflows/{workflow['id']}/files"
    noted = await page.post(files, json=FILE)
    assert noted.status_code == 201, noted.text
    assert {name: noted.json()[name] for name in FILE} == FILE
    statement = "SELECT * FROM generated_files WHERE workflow_id = $1 AND file_name = $2"
    row = await sql.fetchrow(statement, workflow["id"], FILE["file_name"])
    assert {name: row[name] for name in FILE if name != "metadata"} | {"metadata": json.loads(row["metadata"])} == FILE
    numbered = "SELECT file_name FROM generated_files WHERE (metadata->>'scene_number')::int = 1 AND file_path = $1"
    assert await sql.fetchval(numbered, FILE["file_path"]) == FILE["file_name"]
    assert (await page.delete(f"{files}/{noted.json()['id']}")).json() == {"id": noted.json()["id"], "deleted": True}
    assert await sql.fetchrow(statement, workflow["id"], FILE["file_name"]) is None


@pytest.mark.req(39, 40, 49)
async def test_every_made_file_is_tracked_and_every_scene_has_its_image(
    page: httpx.AsyncClient, sql: Any, workflow: dict[str, Any]
) -> None:
    query = """SELECT s.scene_number, s.description, s.prompt, f.id, f.file_path, f.file_size
               FROM scenes s JOIN generated_files f ON f.id = s.image_file_id
               WHERE s.workflow_id = $1 ORDER BY s.scene_number"""
    rows = await sql.fetch(query, workflow["id"])
    shown = (await page.get(f"/api/workflows/{workflow['id']}/scenes")).json()["items"]
    assert [row["scene_number"] for row in rows] == [one["scene_number"] for one in shown] == [*range(1, len(rows) + 1)]
    assert [UUID(one["image_file_id"]) for one in shown] == [row["id"] for row in rows]
    assert all(row["description"] and row["prompt"] for row in rows)
    image = await page.get(shown[0]["image_url"])
    assert (image.status_code, len(image.content)) == (200, rows[0]["file_size"])
    kinds = await sql.fetch("SELECT DISTINCT file_type FROM generated_files WHERE workflow_id = $1", workflow["id"])
    assert {row["file_type"] for row in kinds} >= {"image", "audio", "video", "captions"}


@pytest.mark.req(41, 45)
async def test_usage_is_counted_call_by_call_and_in_sums(
    page: httpx.AsyncClient, sql: Any, workflow: dict[str, Any]
) -> None:
    query = """SELECT stage, sum(calls) AS calls, sum(tokens_used) AS tokens, sum(cost_micro_usd) AS cost,
               avg(latency_ms) AS latency FROM api_usage WHERE workflow_id = $1 GROUP BY stage"""
    rows = {row["stage"]: row for row in await sql.fetch(query, workflow["id"])}
    assert {stage: row["calls"] for stage, row in rows.items()} == {"refine": 1, "script": 1}
    answer = (await page.get("/api/usage", params={"limit": 100})).json()
    mine = [one for one in answer["items"] if one["workflow_id"] == workflow["id"]]
    assert {one["stage"]: one["tokens_used"] for one in mine} == {name: row["tokens"] for name, row in rows.items()}
    assert set(answer) == {"items", "nextCursor", "hasMore", "totals", "days"}
    everything = await sql.fetchrow("SELECT sum(calls) AS calls, sum(cost_micro_usd) AS cost FROM api_usage")
    assert (answer["totals"]["calls"], answer["totals"]["cost_micro_usd"]) == tuple(everything)


@pytest.mark.req(42)
@pytest.mark.parametrize("table", TABLES)
async def test_the_tables_hold_what_the_guide_says(sql: Any, workflow: dict[str, Any], table: str) -> None:
    row = await sql.fetchrow(f"SELECT * FROM {table}")
    assert row is not None
    assert set(row.keys()) >= TABLES[table]


@pytest.mark.req(48)
async def test_words_are_searched_as_text(page: httpx.AsyncClient, sql: Any, workflow: dict[str, Any]) -> None:
    query = "SELECT id FROM workflows WHERE search @@ plainto_tsquery('simple', $1)"
    assert [str(row["id"]) for row in await sql.fetch(query, "LIGHTHOUSES original")] == [workflow["id"]]
    assert await sql.fetch(query, "lighthous") == []
    found = (await page.get("/api/workflows", params={"q": "lighthouses"})).json()["items"]
    assert [one["id"] for one in found] == [workflow["id"]]


async def test_the_application_s_role_reads_and_does_not_write(sql: Any) -> None:
    for table in TABLES:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ObjectNotInPrerequisiteStateError)):
            await sql.execute(f"DELETE FROM {table}")
