"""A film of a project: of the timeline as it was saved in the version that was asked for, and refused in a sentence."""

import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.gateway.company import Company
from tests.gateway.studio import WAIT, asked, film, projected, saved, text, uploaded
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import OTHER_KEY
from tests.render.stages import reels


@pytest.fixture
async def client(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client() as client:
        yield client


async def rendered(
    client: httpx.AsyncClient, project: dict[str, Any], body: Any = None, **headers: str
) -> httpx.Response:
    return await client.post(f"/v1/projects/{project['projectId']}/render", json=body, headers=WAIT | headers)


def frozen(company: Company, number: int = -1) -> dict[str, Any]:
    """The film that was asked for."""
    return json.loads(bytes(asked(company)[number].data))["film"]


async def refused(client: httpx.AsyncClient, *layers: dict[str, Any], **fields: Any) -> str:
    """Why that timeline is not rendered."""
    project = await projected(client, *layers, **fields)
    answer = await rendered(client, project, {"version": 1})
    assert_problem(answer, 422, "timeline.not_renderable", ".")
    return answer.json()["detail"]


@pytest.mark.req(14, 18)
async def test_a_version_is_rendered_as_it_was_saved_whatever_is_saved_after_it(
    company: Company, client: httpx.AsyncClient
) -> None:
    project = await projected(client, text("first"))
    second = await saved(client, project, text("second"))
    await saved(client, second, text("third"))
    answer = await rendered(client, project, {"version": 2})
    assert answer.status_code == 201
    session = answer.json()
    assert session["cutOf"] == {"projectId": project["projectId"], "version": 2}
    assert (session["title"], [one["name"] for one in session["stages"] if one["status"] != "none"]) == (
        "My film",
        ["video"],
    )
    assert [layer["text"] for layer in frozen(company)["layers"]] == ["second"]
    assert (await rendered(client, project, {"version": 1})).status_code == 201
    assert [layer["text"] for layer in frozen(company)["layers"]] == ["first"]


async def test_the_session_goes_on_to_its_film_and_costs_a_point_each_ten_seconds(
    company: Company, client: httpx.AsyncClient
) -> None:
    project = await projected(client, text("long", duration=25))
    before = (await client.get("/v1/me")).json()["balance"]
    session = (await rendered(client, project, {"version": 1})).json()
    now = (await client.get(f"/v1/sessions/{session['sessionId']}")).json()
    assert now["status"] == "completed"
    assert now["videoFilePath"]
    job = (await client.get(f"/v1/jobs/{now['jobs'][0]}")).json()
    assert (job["status"], job["pointsReserved"]) == ("completed", 3)
    assert (await client.get("/v1/me")).json()["balance"] == before - job["pointsSettled"]


async def test_if_match_renders_the_present_version_and_no_other(company: Company, client: httpx.AsyncClient) -> None:
    project = await projected(client, text("first"))
    assert_problem(await rendered(client, project), 428, "version.missing", "If-Match")
    assert (await rendered(client, project, **{"If-Match": '"v1"'})).status_code == 201
    await saved(client, project, text("second"))
    stale = await rendered(client, project, **{"If-Match": '"v1"'})
    assert_problem(stale, 412, "version.stale", "Expected version 1, it is 2")
    assert stale.json()["currentVersion"] == 2
    assert (await rendered(client, project, **{"If-Match": "*"})).status_code == 201
    assert frozen(company)["version"] == 2
    both = await rendered(client, project, {"version": 1}, **{"If-Match": '"v2"'})
    assert_problem(both, 422, "value.invalid", "Send one of them")
    assert_problem(await rendered(client, project, {"version": 9}), 404, "timeline.unknown", "no version 9 yet")


async def test_a_version_in_which_something_else_changed_has_the_timeline_before_it(
    company: Company, client: httpx.AsyncClient
) -> None:
    project = await projected(client, text("first"))
    path = f"/v1/projects/{project['projectId']}"
    await client.patch(path, json={"name": "Other"}, headers=WAIT | {"If-Match": '"v1"'})
    assert (await rendered(client, project, {"version": 2})).json()["title"] == "Other"
    assert (frozen(company)["version"], frozen(company)["layers"][0]["text"]) == (2, "first")


async def test_files_are_named_by_what_is_in_them(company: Company, client: httpx.AsyncClient, tmp_path: Path) -> None:
    clip = await uploaded(client, film(tmp_path, 2))
    image = await uploaded(client, reels.picture(reels.BLUE))
    tone = await uploaded(client, reels.tone(tmp_path / "a.wav", 2))
    project = await projected(
        client,
        {"type": "video", "source": clip["url"], "start": 1, "trimIn": 0.5, "duration": 1, "id": 7, "name": "Clip"},
        {"type": "image", "source": f"/media/{image['assetId']}.png", "duration": 2, "kenBurns": True, "opacity": 0.5},
        {"type": "audio", "source": tone["assetId"], "volume": 0.5},
        {"type": "caption", "text": "Said", "duration": 1, "hidden": True},
        {"type": "video", "source": clip["assetId"], "muted": True, "width": 0.5},
    )
    assert (await rendered(client, project, {"version": 1, "aspect": "9:16"})).status_code == 201
    made = frozen(company)
    first, second, third, last = made["layers"]
    assert (first["startMs"], first["endMs"], first["trimMs"]) == (1000, 2000, 500)
    assert (first["source"]["sha256"], first["source"]["sound"]) == (clip["sha256"], True)
    assert (second["kenBurns"], second["opacity"], second["source"]["sha256"]) == (True, 0.5, image["sha256"])
    assert (third["kind"], third["volume"], third["endMs"]) == ("audio", 0.5, 2000)
    assert (last["volume"], last["width"], last["endMs"]) == (0.0, 0.5, 2000)
    assert made["durationMs"] == 2000


async def test_the_timeline_s_duration_is_the_film_s(company: Company, client: httpx.AsyncClient) -> None:
    project = await projected(client, text("seen"), text("never", start=9), duration=1.5)
    await rendered(client, project, {"version": 1})
    made = frozen(company)
    assert (made["durationMs"], [(one["text"], one["endMs"]) for one in made["layers"]]) == (1500, [("seen", 1500)])


async def test_what_cannot_be_rendered_is_refused_in_a_sentence(client: httpx.AsyncClient, tmp_path: Path) -> None:
    clip = (await uploaded(client, film(tmp_path, 1)))["assetId"]
    image = (await uploaded(client, reels.picture(reels.BLUE)))["assetId"]
    for layers, reason in (
        ([{"type": "hologram"}], "its type is 'hologram'"),
        ([text("a"), text("b", glow=3)], "Layer 2 cannot be rendered: the renderer does not know 'glow'"),
        ([text("a", color="red")], "'color'"),
        ([text("a", duration=-1)], "'duration'"),
        ([{"type": "video", "source": "/home/me/a.mp4"}], "is no file of yours"),
        ([{"type": "video", "source": "https://example.org/a.mp4"}], "is no file of yours"),
        ([{"type": "video", "source": str(UUID(int=5))}], "there is no file"),
        ([{"type": "video", "source": clip, "duration": 5}], "its file has 1 s, and it asks for 5 s"),
        ([{"type": "video", "source": clip, "trimIn": 2}], "its file has 0 s"),
        ([{"type": "video", "source": image}], "its file is image/png"),
        ([{"type": "audio", "source": image}], "image/png without sound"),
        ([{"type": "image", "source": clip, "duration": 1}], "its file is video/mp4"),
        ([], "no layer"),
        ([text("a", hidden=True)], "no layer"),
        ([text("a")] * 101, "at most 100"),
        ([text("a" * 2000)] * 11, "at most 20,000"),
        ([text("a", duration=2000)], "The film would last 2000 s"),
    ):
        assert reason in await refused(client, *layers)


async def test_a_file_of_another_tenant_is_no_file(company: Company, client: httpx.AsyncClient) -> None:
    async with company.client(OTHER_KEY) as they:
        theirs = await uploaded(they, reels.picture(reels.BLUE))
    layer = {"type": "image", "source": theirs["assetId"], "duration": 1}
    assert "there is no file" in await refused(client, layer)


async def test_a_project_s_film_is_asked_of_the_project_alone(client: httpx.AsyncClient) -> None:
    project = await projected(client, text("first"))
    session = (await rendered(client, project, {"version": 1})).json()
    here = f"/v1/sessions/{session['sessionId']}"
    for path, body in (
        (f"{here}/stages", {"stages": ["script"]}),
        (f"{here}/stages", {"stages": ["video"], "inputs": {"script": "Hello."}}),
        (f"{here}/regenerate", {"from": "script", "changes": {"script": "Hello."}}),
    ):
        assert_problem(await client.post(path, json=body, headers=WAIT), 409, "session.of_timeline", "")
    again = await client.post(f"{here}/stages", json={"stages": ["video"]}, headers=WAIT)
    assert again.status_code == 200, "a film whose file went can be made again"


async def test_a_session_id_of_one_s_own_makes_one_film(company: Company, client: httpx.AsyncClient) -> None:
    project = await projected(client, text("first"))
    body = {"version": 1, "sessionId": str(UUID(int=42))}
    assert (await rendered(client, project, body)).status_code == 201
    company.gateway.moment += timedelta(seconds=1)
    assert (await rendered(client, project, body)).status_code == 200
    await saved(client, project, text("second"))
    other = await rendered(client, project, {**body, "version": 2})
    assert_problem(other, 409, "session.exists", "other content")


async def test_a_deleted_project_and_another_tenant_s_are_unknown(company: Company, client: httpx.AsyncClient) -> None:
    project = await projected(client, text("first"))
    async with company.client(OTHER_KEY) as they:
        assert_problem(await rendered(they, project, {"version": 1}), 404, "project.unknown", "no project")
    await client.delete(f"/v1/projects/{project['projectId']}", headers=WAIT)
    assert_problem(await rendered(client, project, {"version": 1}), 404, "project.unknown", "no project")
