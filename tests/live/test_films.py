"""A project's film on the real stack: what was uploaded is cut as a version of the timeline says."""

import asyncio
import io
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.render.engines.probe import probe
from tests.gateway.studio import text
from tests.live.company import RENDER_SECONDS, Company
from tests.plain_http import plain_http
from tests.render.stages import reels
from tests.render.stages.test_cut import colour_at
from tests.render.stages.test_film import picture_at
from tests.waiting import eventually

pytestmark = pytest.mark.live

WAIT = {"Prefer": "wait=20"}


@asynccontextmanager
async def staffed(services: Company, **settings: str) -> AsyncGenerator[httpx.AsyncClient]:
    """A gateway, both services and a worker; a client of the gateway."""
    local = {"PLAYHEAD_PROFILE": "local", "PLAYHEAD_DEMO_TENANT": "tests", **settings}
    async with AsyncExitStack() as hired:
        gateway = await hired.enter_async_context(services.hired("gateway", "services.gateway", **local))
        await hired.enter_async_context(services.hired("worker", "services.render", "worker", **settings))
        address = f"http://127.0.0.1:{gateway.port}"
        async with plain_http(base_url=address, timeout=60) as client:
            assert (await client.get("/")).status_code == 200, "the page's cookie lets its client in"
            yield client


async def sent(client: httpx.AsyncClient, content: bytes, **fields: Any) -> dict[str, Any]:
    upload = await client.post("/v1/uploads", json={"fileName": "mine", **fields}, headers=WAIT)
    assert upload.status_code == 201, upload.text
    async with plain_http(timeout=60) as anybody:
        answer = await anybody.put(upload.json()["uploadUrl"], content=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def film_of(client: httpx.AsyncClient, answer: httpx.Response, path: Path) -> dict[str, Any]:
    """The session once it has its film, which is at `path`."""
    assert answer.status_code == 201, answer.text
    here = f"/v1/sessions/{answer.json()['sessionId']}"

    async def done() -> dict[str, Any] | None:
        session = (await client.get(here)).json()
        assert session["status"] not in ("failed", "canceled", "expired"), session["errorMessage"]
        return session if session["status"] == "completed" else None

    session = await eventually(done, RENDER_SECONDS)
    content = (await client.get(session["videoFilePath"])).content
    await asyncio.to_thread(path.write_bytes, content)
    return session


@pytest.mark.req(14, 15, 18, 49)
async def test_a_film_shows_the_version_that_was_asked_for_while_the_next_is_saved(
    here: Company, tmp_path: Path
) -> None:
    async with staffed(here) as client:
        project = (await client.post("/v1/projects", json={"name": "Mine"}, headers=WAIT)).json()
        address = f"/v1/projects/{project['projectId']}"
        clip = await sent(client, reels.clip(tmp_path / "a.mp4", "red", 4), projectId=project["projectId"])
        tone = await sent(client, reels.tone(tmp_path / "a.wav", 3))
        imported = (await client.get(address)).json()
        assert (imported["videoPath"], imported["duration"]) == (f"/media/{clip['assetId']}.mp4", 4.0)
        red = {"type": "video", "source": imported["videoPath"], "trimIn": 1, "duration": 3, "fit": "cover"}
        words = text("Version one", start=1, duration=2, color="#00ff00", size=0.2)
        layers: list[dict[str, Any]] = [red, words, {"type": "audio", "source": tone["assetId"], "volume": 0.5}]
        saved = await client.put(
            f"{address}/timeline", json={"layers": layers}, headers=WAIT | {"If-Match": f'"v{imported["version"]}"'}
        )
        version = saved.json()["version"]
        blue = await sent(client, reels.picture(reels.BLUE))
        other = [{"type": "image", "source": blue["assetId"], "duration": 2, "fit": "cover"}]
        rendered, next_saved = await asyncio.gather(
            client.post(f"{address}/render", json={"version": version}, headers=WAIT),
            client.put(f"{address}/timeline", json={"layers": other}, headers=WAIT | {"If-Match": f'"v{version}"'}),
        )
        assert next_saved.json()["version"] == version + 1
        first, second = tmp_path / "first.mp4", tmp_path / "second.mp4"
        session = await film_of(client, rendered, first)
        assert session["cutOf"] == {"projectId": project["projectId"], "version": version}
        probed = probe(first)
        assert (probed.video_codec, probed.audio_codec, round(probed.pictures_ms)) == ("h264", "aac", 3000)
        assert colour_at(picture_at(first, 0.5), 0.1, 0.1) == "red"
        middle = picture_at(first, 1.5)
        assert "green" in {colour_at(middle, x / 200, 0.5) for x in range(40, 160)}
        await film_of(
            client, await client.post(f"{address}/render", json={"version": version + 1}, headers=WAIT), second
        )
        assert colour_at(picture_at(second, 0.5), 0.5, 0.5) == "blue"
        kinds = {one["kind"]: one for one in session["assets"]}
        assert kinds["video"]["expiresAt"] > session["updatedAt"], "its end is planned"
        poster = await client.get(kinds["poster"]["url"])
        assert poster.content.startswith(b"\xff\xd8")
        assert reels.Image.open(io.BytesIO(poster.content)).size == (1280, 720)
        stored = await here.documents.collection("uploads").find({}, limit=10)
        assert {one["status"] for one in stored} == {"ready"}
        assert sum(len(str(one)) for one in stored) < 10_000, "the documents hold no bytes of them"
