"""Five applications over one core: each of their writes is a command, each change an event, and what they read is made
of events alone."""

import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.world import Reader
from tests.gateway.company import Company
from tests.gateway.world import ADMINS, KEY
from tests.session.words import an_id

SESSION, PROJECT, WORKFLOW, FILE = (str(an_id(name)) for name in ("session", "project", "workflow", "file"))
WALLET = "0xb0b"
STEP = {"sessionId": SESSION}
WRITES: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("POST", "/api/improve-prompt", {**STEP, "prompt": "Why is the sea salty?"}),
    ("POST", "/api/generate-script", STEP),
    ("POST", "/api/generate-audio", STEP),
    ("POST", "/api/generate-video", STEP),
    ("POST", f"/api/sessions/{SESSION}/regenerate", {}),
    ("POST", "/api/projects", {"projectId": PROJECT, "name": "Sea"}),
    ("PUT", f"/api/projects/{PROJECT}", {"name": "The sea"}),
    ("PUT", f"/api/projects/{PROJECT}/timeline", {"layers": [{"id": "v1"}], "playheadTime": 2}),
    ("DELETE", f"/api/projects/{PROJECT}", None),
    ("POST", f"/api/projects/{PROJECT}/restore", None),
    ("POST", "/api/workflows", {"id": WORKFLOW, "prompt": "How do tides work?", "title": "Tides"}),
    (
        "POST",
        f"/api/workflows/{WORKFLOW}/files",
        {"id": FILE, "file_type": "image", "file_path": "/a.png", "file_name": "a.png", "file_size": 1},
    ),
    ("DELETE", f"/api/workflows/{WORKFLOW}/files/{FILE}", None),
    ("PUT", f"/api/users/{WALLET}", None),
    ("POST", "/api/generate", {"script": "A loop repeats.", "walletAddress": WALLET}),
    ("POST", "/v1/presets", {"name": "Calm", "configuration": {"pace": "slow"}}),
)
"""What the applications write, in an order in which all of it succeeds."""
READS = (
    "/api/sessions",
    f"/api/sessions/{SESSION}",
    "/api/projects",
    f"/api/projects/{PROJECT}",
    f"/api/projects/{PROJECT}/timeline",
    "/api/workflows",
    f"/api/workflows/{WORKFLOW}",
    f"/api/workflows/{WORKFLOW}/files",
    f"/api/workflows/{WORKFLOW}/scenes",
    "/api/usage",
    f"/api/users/{WALLET}",
    f"/api/users/{WALLET}/videos",
    f"/v1/sessions/{SESSION}",
    f"/v1/sessions/{SESSION}/history",
    f"/v1/projects/{PROJECT}/timeline/versions",
    "/v1/presets",
    "/v1/me/credits",
)


@pytest.fixture
async def page(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    company.changed["keys"] = ADMINS
    async with company.client(KEY) as client:
        yield client


async def write(page: httpx.AsyncClient, *how: Any) -> httpx.Response:
    method, path, body = how
    answer = await page.request(method, path, json=body, headers={"Prefer": "wait=5"} if "/v1/" in path else {})
    assert answer.status_code in (200, 201), (path, answer.text)
    return answer


async def read(page: httpx.AsyncClient) -> dict[str, Any]:
    answers = {path: await page.get(path) for path in READS}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(READS, 200)
    return {path: answer.json() for path, answer in answers.items()}


def events(company: Company) -> int:
    return sum(len(commit.events) for one in _services(company) for commit in one.commits())


def _services(company: Company) -> tuple[Any, Any]:
    return company.services.session, company.services.render


async def forget_and_fold(company: Company) -> None:
    """Every document and row is thrown away and made again, of nothing but the logs."""
    world, shown = company.services, company.gateway
    world.documents, world.jobs = _empty(world.documents), _empty(world.jobs)
    world.queue, world.retention = _empty(world.queue), _empty(world.retention)
    world.facts = (_empty(world.facts[0]), _empty(world.facts[1]))
    shown.documents.collections.clear()
    shown.tables.rows.clear()


def _empty(reader: Reader) -> Reader:
    return Reader(reader.service, reader.projections, reader.journals)


@pytest.mark.req(83)
async def test_every_write_of_an_application_is_a_command_that_makes_events(
    company: Company, page: httpx.AsyncClient
) -> None:
    for how in WRITES:
        sent, before = len(company.gateway.sender.sent), events(company)
        await write(page, *how)
        assert len(company.gateway.sender.sent) > sent, how
        assert events(company) > before, how


@pytest.mark.req(83)
async def test_everything_that_is_read_can_be_thrown_away_and_is_made_again_of_events(
    company: Company, page: httpx.AsyncClient
) -> None:
    for how in WRITES:
        await write(page, *how)
    answers, kept = await read(page), await company.services.everything()
    await forget_and_fold(company)
    assert (await page.get(f"/api/sessions/{SESSION}")).status_code == 404
    assert (await page.get(f"/api/workflows/{WORKFLOW}")).status_code == 404
    await company.show()
    assert await company.services.everything() == kept
    assert await read(page) == answers


@pytest.mark.req(85)
async def test_commands_that_are_delivered_again_after_a_restart_change_nothing(
    company: Company, page: httpx.AsyncClient
) -> None:
    for how in WRITES:
        await write(page, *how)
    answers, kept = await read(page), await company.services.everything()
    company.services.deliver(list(company.services.sent))
    company.services.deliver(company.services.told_again())
    await company.show()
    assert await company.services.everything() == kept
    assert await read(page) == answers


@pytest.mark.req(86)
async def test_what_an_old_call_made_the_new_ones_show_and_the_other_way_round(page: httpx.AsyncClient) -> None:
    for how in WRITES[:4]:
        await write(page, *how)
    old, new = (await page.get(f"/api/sessions/{SESSION}")).json(), (await page.get(f"/v1/sessions/{SESSION}")).json()
    both = set(old) & set(new) - {"audioFilePath", "videoFilePath"}
    assert both >= {"sessionId", "prompt", "refinedPrompt", "script", "status", "errorMessage", "createdAt"}
    assert {name: old[name] for name in both} == {name: new[name] for name in both}
    workflow = (await page.get(f"/api/workflows/{SESSION}")).json()
    assert (workflow["original_prompt"], workflow["enhanced_story"]) == (old["prompt"], old["script"])
    wish = {"sessionId": str(an_id("new")), "script": "A loop repeats."}
    made = (await write(page, "POST", "/v1/sessions", wish)).json()
    assert (await page.get(f"/api/sessions/{made['sessionId']}")).json()["script"] == wish["script"]
    assert (await page.get(f"/api/videos/status/{made['jobs'][0]}")).json()["status"] == "completed"


@pytest.mark.req(3)
async def test_the_six_words_are_all_that_a_session_is_ever_called(company: Company, page: httpx.AsyncClient) -> None:
    spec = (await page.get("/openapi.json")).json()
    assert set(spec["components"]["schemas"]["SeedSession"]["properties"]["status"]["enum"]) == {
        "created",
        "refining",
        "script_generating",
        "video_generating",
        "completed",
        "failed",
    }
    company.working = False
    said: list[str] = []
    for how in WRITES[:4]:
        await page.request(how[0], how[1], json=how[2])
        session = (await page.get(f"/api/sessions/{SESSION}")).json()
        said.append(session["status"])
        assert session["errorMessage"] == ""
        await company.work()
    assert said == ["refining", "script_generating", "script_generating", "video_generating"]
    assert (await page.get(f"/api/sessions/{SESSION}")).json()["status"] == "completed"


@pytest.mark.req(87)
async def test_no_answer_of_the_api_tells_of_topics_partitions_or_offsets(
    company: Company, page: httpx.AsyncClient
) -> None:
    for how in WRITES:
        await write(page, *how)
    names = {name.lower() for answer in (await read(page)).values() for name in _names(answer)}
    committed = Path(__file__).parents[2] / "docs" / "api" / "openapi.json"
    names |= {name.lower() for name in _declared(json.loads(committed.read_text("utf-8"))["components"]["schemas"])}
    assert "sessionid" in names
    assert not [name for name in names if any(word in name for word in ("kafka", "topic", "partition", "offset"))]


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def _declared(schemas: dict[str, Any]) -> Iterator[str]:
    for schema in schemas.values():
        yield from schema.get("properties", {})
