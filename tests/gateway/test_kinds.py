"""A kind of video that is not installed is refused before anything begins; one that is leaves its code at a URL."""

from typing import Any

import httpx
import pytest

from contracts.rendering import Artifact, AssetKind, Kind, Scene, Stage
from services.gateway.asking.kinds import kinds_of
from services.render.engines.drawing.frame import FRAMES, Aspect
from services.render.engines.drawing.palette import palette_of
from services.render.engines.manim.code import code_of
from services.render.engines.manim.layout import laid_out
from tests.gateway.company import Company
from tests.session.words import an_id, output

ALL = frozenset(Kind)
SCENE = Scene(number=1, heading="The Pythagorean theorem", narration="It holds.", start_ms=0, end_ms=3000)
HINT = "uv pip install -e '.[manim]'"


@pytest.fixture
def company() -> Company:
    return Company()


async def filmed_by_manim(company: Company) -> str:
    """The worker leaves the code of one scene with the scenes; the code is answered."""
    typed = laid_out(FRAMES[Aspect.WIDE], palette_of(""), SCENE.heading, [SCENE], [[]])
    code = code_of(FRAMES[Aspect.WIDE], palette_of(""), typed)
    blob = await company.gateway.blobs.put(code.encode())
    file = Artifact(
        asset_id=an_id("code"),
        kind=AssetKind.CODE,
        media_type="text/x-python",
        file_name="scene.py",
        sha256=blob.sha256,
        size_bytes=blob.size,
    )
    company.outputs[Stage.SCENES] = output(Stage.SCENES).model_copy(update={"artifacts": (file,)})
    return code


@pytest.mark.req(2)
async def test_the_python_file_of_a_film_is_read_at_its_path(company: Company) -> None:
    company.changed["kinds"] = ALL
    code = await filmed_by_manim(company)
    async with company.client() as client:
        made = await client.post("/v1/sessions", json={"prompt": "Pythagoras", "kind": "manim"})
        session = made.json()["links"]["session"].rpartition("/")[2]
        document = (await client.get(f"/api/sessions/{session}")).json()
        assert document["status"] == "completed"
        path = document["pythonCodePath"]
        assert path.partition("?")[0].endswith(".py")
    async with company.client(None) as anybody:
        answer = await anybody.get(path)
    assert (answer.status_code, answer.text) == (200, code)
    assert "class Film(Narrated)" in answer.text
    assert "'The Pythagorean theorem'" in answer.text.replace("', '", " ")


async def asked(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await client.post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "kind.not_installed")
    assert HINT in answer.json()["detail"]
    assert "`slides`" in answer.json()["detail"]


async def test_a_kind_that_is_not_installed_is_refused_at_once_and_nothing_is_queued(company: Company) -> None:
    async with company.client() as client:
        made = await client.post("/v1/sessions", json={"prompt": "Pythagoras"})
        session = made.json()["links"]["session"]
        sent = len(company.gateway.sender.sent)
        await asked(client, "/v1/sessions", {"prompt": "Pythagoras", "kind": "manim"})
        await asked(client, f"{session}/stages", {"stages": ["video"], "inputs": {"kind": "manim"}})
        await asked(client, f"{session}/regenerate", {"from": "prompt", "changes": {"kind": "manim"}})
    assert len(company.gateway.sender.sent) == sent


async def test_a_preset_cannot_bring_in_a_kind_that_is_not_installed(company: Company) -> None:
    async with company.client() as client:
        await client.post("/v1/presets", json={"name": "Proofs", "kind": "manim"})
        (preset,) = [one for one in (await client.get("/v1/presets")).json()["items"] if one["name"] == "Proofs"]
        await asked(client, "/v1/sessions", {"prompt": "Pythagoras", "presetId": preset["presetId"]})


async def test_health_tells_the_kinds_that_can_be_asked_for(company: Company) -> None:
    company.changed["kinds"] = frozenset({Kind.SLIDES})
    async with company.client() as client:
        assert (await client.get("/readyz")).json()["kinds"] == ["slides"]


def test_the_kinds_are_named_apart_by_commas() -> None:
    assert kinds_of(" slides, manim ") == {Kind.SLIDES, Kind.MANIM}
    assert kinds_of("") >= {Kind.SLIDES, Kind.SCROLLING_SCRIPT}
    with pytest.raises(ValueError, match="names opera: the kinds are slides, scrolling_script, manim"):
        kinds_of("slides,opera")
