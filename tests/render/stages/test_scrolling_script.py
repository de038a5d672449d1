"""The kind `scrolling_script`: the narrated script itself goes by, line for line, and nothing is left behind."""

import itertools
import statistics
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from contracts.rendering import Aspect, JobInputs, Kind, Stage
from services.render.engines.drawing.frame import FRAMES
from services.render.engines.drawing.palette import palette_of
from services.render.engines.probe import probe
from services.render.stages.scrolling import Column, Line, column
from services.render.stages.timings import Timings
from tests.render.stages.conftest import make
from tests.render.stages.test_film import picture_at, saved

SCRIPT = (
    "Rain washes a little salt out of every rock on land. Rivers carry it down to the sea. "
    "There the sun lifts the water up again, and the salt stays behind. "
    "After many millions of years the sea is as salty as we know it."
)
AREA_LEFT, AREA_RIGHT = 110, 900
"""Pixels: the column's text, without the accent beside it and the marks at the edge."""


class Shown(NamedTuple):
    """A finished film, the folder in which it was made, and where its lines ought to be."""

    film: Path
    workspace: Path
    laid: Column

    def lines(self) -> list[tuple[Line, Line]]:
        """Lines that are spoken after the title card, each with the one after it."""
        later = [line for line in self.laid.lines if line.start_ms > 6_000]
        return list(itertools.pairwise(later))

    def place(self, picture: Image.Image, below: float = 0.0) -> Image.Image:
        """The line whose baseline is so many pixels below the spoken one's."""
        top, size = self.laid.focus + below, self.laid.size
        return picture.convert("L").crop((AREA_LEFT, round(top - size), AREA_RIGHT, round(top + size * 0.35)))


@pytest.fixture(scope="module")
async def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    workspace, folder = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("film")
    made = await make(JobInputs(title="The salty sea", script=SCRIPT, kind=Kind.SCROLLING_SCRIPT), workspace)
    timings = Timings.model_validate_json(await made.content(Stage.SPEECH, "timings.json"))
    laid = column(FRAMES[Aspect.WIDE], palette_of("The salty sea"), timings)
    return Shown(await saved(made, folder), workspace, laid)


def ink(picture: Image.Image) -> float:
    """How much of it is as bright as full ink."""
    counts = picture.histogram()
    return sum(counts[200:]) / sum(counts)


def alike(one: Image.Image, other: Image.Image) -> float:
    """1: the same drawing, however bright; about 0: another one."""
    size = (one.width // 3, one.height // 3)
    return statistics.correlation(*(list(picture.resize(size).tobytes()) for picture in (one, other)))


@pytest.mark.req(65)
async def test_the_spoken_line_alone_is_in_full_ink(shown: Shown) -> None:
    for line, after in shown.lines():
        picture = picture_at(shown.film, (after.start_ms - 60) / 1000)
        step = after.y - line.y
        assert ink(shown.place(picture)) > 5 * max(ink(shown.place(picture, below)) for below in (step, -step))


@pytest.mark.req(65)
async def test_each_line_moves_up_to_where_the_one_before_was_spoken(shown: Shown) -> None:
    for line, after in shown.lines():
        before = picture_at(shown.film, (after.start_ms - 60) / 1000)
        then = picture_at(shown.film, after.start_ms / 1000 + 0.9)
        coming, spoken = shown.place(before, after.y - line.y), shown.place(then)
        assert alike(coming, spoken) > alike(shown.place(before), spoken) + 0.2


@pytest.mark.req(65)
async def test_the_script_is_heard_as_well_as_seen(shown: Shown) -> None:
    probed = probe(shown.film)
    assert probed.audio_codec == "aac"
    assert abs(probed.sound_ms - probed.pictures_ms) <= 34


@pytest.mark.req(58)
async def test_nothing_that_was_written_on_the_way_is_left(shown: Shown) -> None:
    assert list(shown.workspace.iterdir()) == []
