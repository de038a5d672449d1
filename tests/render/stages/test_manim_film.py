"""The kind `manim`, where the extra is installed: a film of the same promises, and its code beside it."""

import asyncio
import statistics
from pathlib import Path

import pytest
from PIL import Image

from contracts.rendering import AssetKind, JobInputs, Kind, Stage
from services.render.engines.manim.program import Manim
from services.render.engines.probe import probe
from tests.render.stages.conftest import Made, make
from tests.render.stages.test_film import picture_at

INPUTS = JobInputs(
    kind=Kind.MANIM, title="Pythagoras", script="Pythagoras.\n\nTake a right triangle. Square each of its sides."
)

pytestmark = pytest.mark.manim


@pytest.fixture(scope="module")
async def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Path]:
    folder = tmp_path_factory.mktemp("manim")
    async with asyncio.timeout(240):
        made = await make(INPUTS, folder / "work", manim=Manim.installed())
    path = folder / "film.mp4"
    path.write_bytes(await made.content(Stage.VIDEO, "video.mp4"))
    return made, path


async def test_pictures_and_sound_last_as_long_as_the_narration(film: tuple[Made, Path]) -> None:
    made, path = film
    probed, lasts = probe(path), made.done[Stage.SPEECH].duration_ms or 0
    assert (probed.video_codec, probed.audio_codec) == ("h264", "aac")
    assert abs(probed.pictures_ms - lasts) <= 34
    assert abs(probed.sound_ms - lasts) <= 34


@pytest.mark.req(2)
async def test_the_code_that_was_run_is_an_asset_of_the_user_s(film: tuple[Made, Path]) -> None:
    made, _ = film
    code = made.artifact(Stage.SCENES, "scene.py")
    assert (code.kind, code.media_type) == (AssetKind.CODE, "text/x-python")
    text = (await made.content(Stage.SCENES, "scene.py")).decode()
    assert "self.draw(('right_triangle', 3, 4)" in text
    assert "'Take a right" in text


async def test_the_figure_is_drawn_while_its_scene_is_spoken(film: tuple[Made, Path]) -> None:
    made, path = film
    title, triangle = made.done[Stage.SCENES].scenes
    before, after = (
        picture_at(path, (scene.end_ms - 500) / 1000).crop((700, 130, 1200, 560)) for scene in (title, triangle)
    )
    assert busy(after) > busy(before) + 5


async def test_captions_are_burnt_in_and_served_as_in_every_kind(film: tuple[Made, Path]) -> None:
    made, path = film
    assert (await made.content(Stage.VIDEO, "captions.vtt")).startswith(b"WEBVTT")
    spoken = picture_at(path, made.done[Stage.SCENES].scenes[1].start_ms / 1000 + 0.6)
    assert busy(spoken.crop((320, 600, 960, 680))) > 20


async def test_each_scene_has_its_still_and_nothing_else_is_left(film: tuple[Made, Path]) -> None:
    made, path = film
    for scene in made.done[Stage.SCENES].scenes:
        assert scene.image_sha256 is not None
    assert list((path.parent / "work").iterdir()) == []


def busy(picture: Image.Image) -> float:
    """How far the brightness of its pixels is spread."""
    return statistics.pstdev(picture.convert("L").tobytes())
