"""A script that is posted as the one-shot application did comes back as a narrated film in which the script scrolls."""

import re
from pathlib import Path

import httpx
import pytest
from PIL import ImageChops

from contracts.rendering import Aspect, JobInputs, Kind, Stage
from services.render.engines.drawing.frame import FRAMES
from services.render.engines.drawing.palette import palette_of
from services.render.engines.probe import probe
from services.render.stages import scrolling
from services.render.stages.timings import Timings
from tests.gateway.test_sessions import started
from tests.gateway.world import World
from tests.render.stages.conftest import make
from tests.render.stages.test_film import darkest_and_brightest, picture_at, saved

SCRIPT = (
    "Plants make sugar of light. They take water from the ground. They take air through their leaves.\n\n"
    "What is left is oxygen. We breathe it. Without plants there would be none."
)
MOVES = re.compile(r"\\move\([-\d.]+,([-\d.]+),[-\d.]+,([-\d.]+),")
"""From which height to which."""


async def asked_for() -> JobInputs:
    """What the gateway asks of the log for a posted script, as a job's inputs."""
    world = World()
    async with world.client(None, legacy_wait_seconds=0.05) as anybody:
        body = {"script": SCRIPT, "walletAddress": "0xabc", "title": "Plants"}
        answer: httpx.Response = await anybody.post("/api/generate", json=body)
    assert answer.status_code == 202
    wish = started(world.sender.commands("StartSession")[0])
    return JobInputs(kind=wish.kind, aspect=wish.aspect, title=wish.title, script=wish.script)


@pytest.mark.req(65)
async def test_a_posted_script_becomes_a_narrated_film_that_scrolls(tmp_path: Path) -> None:
    inputs = await asked_for()
    assert (inputs.kind, inputs.aspect) == (Kind.SCROLLING_SCRIPT, Aspect.WIDE)
    made = await make(inputs, tmp_path)
    film, frame = await saved(made, tmp_path), FRAMES[Aspect.WIDE]
    probed = probe(film)
    assert (probed.video_codec, probed.audio_codec) == ("h264", "aac")
    column = (frame.margin, frame.height // 4, frame.width - frame.margin, frame.height * 3 // 4)
    early, late = (picture_at(film, probed.pictures_ms / 1000 * share).crop(column) for share in (0.3, 0.85))
    for picture in (early, late):
        assert darkest_and_brightest(picture)[1] - darkest_and_brightest(picture)[0] > 80, "text can be read"
    changed = ImageChops.difference(early, late).convert("L").histogram()
    assert sum(changed[60:]) > 2000, "other lines stand there"
    timings = Timings.model_validate_json(await made.content(Stage.SPEECH, "timings.json"))
    scenes = made.done[Stage.SCENES].scenes
    drawn = scrolling.subtitles(frame, palette_of(inputs.title), inputs.title, scenes, timings)
    ways = [(float(above), float(below)) for below, above in MOVES.findall(drawn)]
    assert len(ways) > 5
    assert all(above < below for above, below in ways), "every line goes up"
