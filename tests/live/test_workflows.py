"""The workflow application's calls on real services: what was applied is shown by PostgreSQL in the same answer."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from ops.stack.endpoints import Endpoints
from tests.live.company import TENANT, Company
from tests.live.test_gateway import client_of, settings
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

WORKFLOWS = "/api/workflows"
FILE: dict[str, Any] = {
    "file_type": "image",
    "file_path": "/files/images/scene_1.png",
    "file_name": "scene_1.png",
    "file_size": 1_024_000,
    "metadata": {"scene_number": 1, "style": "realistic", "exact": 1e20},
}


@pytest.fixture
async def page(stack: Endpoints, here: Company) -> AsyncGenerator[httpx.AsyncClient]:
    """The application, which has no key."""
    patient = {
        "DATABASE_URL": here.dsn,
        "PLAYHEAD_SEND_SECONDS": "30",
        "PLAYHEAD_READ_SECONDS": "10",
        "LEGACY_TENANT": TENANT,
    }
    async with client_of(settings(stack, here.documents.name, **patient)) as client:
        client.cookies.clear()
        await eventually(lambda: _ready(client), 60)
        yield client


async def _ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).is_success


@pytest.mark.req(38)
@pytest.mark.req(43)
@pytest.mark.req(44)
async def test_workflows_and_files_are_written_and_read_in_the_seeds_shapes(page: httpx.AsyncClient) -> None:
    made = await page.post(WORKFLOWS, json={"prompt": "Why is the sea salty?", "title": "Salt", "start": False})
    assert made.status_code == 201, made.text
    workflow = made.json()
    assert (workflow["original_prompt"], workflow["story_title"]) == ("Why is the sea salty?", "Salt")
    files = f"{WORKFLOWS}/{workflow['id']}/files"
    noted = await page.post(files, json=FILE)
    assert noted.status_code == 201, noted.text
    assert {name: noted.json()[name] for name in FILE} == FILE
    assert (await page.get(files)).json()["items"] == [noted.json()]
    gone = await page.delete(f"{files}/{noted.json()['id']}")
    assert (gone.status_code, gone.json()["deleted"]) == (200, True)
    assert (await page.get(files)).json()["items"] == []
    found = (await page.get(WORKFLOWS, params={"q": "SALTY salt"})).json()["items"]
    assert workflow["id"] in {one["id"] for one in found}


@pytest.mark.req(38)
@pytest.mark.req(41)
@pytest.mark.req(49)
async def test_a_workflow_goes_on_to_a_film_whose_files_can_be_read(page: httpx.AsyncClient, here: Company) -> None:
    workflow = (await page.post(WORKFLOWS, json={"prompt": "Tides"})).json()

    async def completed() -> bool:
        now = (await page.get(f"{WORKFLOWS}/{workflow['id']}")).json()
        assert now["status"] not in ("failed", "canceled", "expired"), now
        return now["status"] == "completed"

    async with here.worker("workflows"):
        await eventually(completed, 200, every=1)
    scenes = (await page.get(f"{WORKFLOWS}/{workflow['id']}/scenes")).json()["items"]
    assert [scene["scene_number"] for scene in scenes] == list(range(1, len(scenes) + 1))
    files = (await page.get(f"{WORKFLOWS}/{workflow['id']}/files", params={"limit": 100})).json()["items"]
    assert {scene["image_file_id"] for scene in scenes} <= {file["id"] for file in files}
    assert {file["file_type"] for file in files} >= {"video", "audio", "captions", "poster", "image", "timings"}

    async def used() -> bool:
        rows = (await page.get("/api/usage", params={"limit": 100})).json()["items"]
        return {row["stage"] for row in rows if row["workflow_id"] == workflow["id"]} == {"refine", "script"}

    await eventually(used)
