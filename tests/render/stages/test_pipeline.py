"""Stages are pure, resumable, and leave nothing behind; every failure is a sentence with a code."""

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blobs.memory import MemoryBlobs
from blobs.store import BlobRef, BlobStoreUnavailable, key_of
from contracts.rendering import STAGE_PERCENT, STAGES, JobInputs, Kind, Stage
from services.render.engines.ffmpeg import Ffmpeg
from services.render.pipeline import estimate_points, forward, percent, points_of, run_stage
from services.render.stages.errors import StageFailed
from services.render.stages.tools import Tools
from tests.render.stages.conftest import INPUTS, Made, make, tools_of


class FullBlobs(MemoryBlobs):
    """A store without room."""

    async def put(self, content: bytes | Path, *, expected: str | None = None) -> BlobRef:
        raise BlobStoreUnavailable("the disk of the blob store is full: 12.0 MB were needed in /blobs", disk_full=True)


def is_empty(folder: Path) -> bool:
    return list(folder.iterdir()) == []


def idle(_: float) -> None:
    """Nobody listens."""


async def test_the_same_inputs_give_the_same_bytes_elsewhere(tides: Made, tmp_path: Path) -> None:
    again = await make(INPUTS, tmp_path)
    assert again.done == tides.done
    assert again.film.sha256 == tides.film.sha256


async def test_a_stage_that_was_done_before_is_found_and_not_run(tides: Made, tmp_path: Path) -> None:
    no_encoder = tools_of(tides.blobs, Ffmpeg(tmp_path / "no-ffmpeg"))
    found = await run_stage(Stage.VIDEO, INPUTS, tides.done, no_encoder, tmp_path, idle)
    assert found == tides.done[Stage.VIDEO]


async def test_a_stage_whose_bytes_are_lost_is_run_again(tides: Made, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    blobs.kept, blobs.notes = dict(tides.blobs.kept), dict(tides.blobs.notes)
    lost = tides.done[Stage.SCENES].artifacts[0].sha256
    await blobs.delete(lost)
    assert (
        await run_stage(Stage.SCENES, INPUTS, tides.done, tools_of(blobs), tmp_path, idle) == tides.done[Stage.SCENES]
    )
    assert await blobs.size(lost) is not None


async def test_a_torn_note_is_no_output(tides: Made, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    await blobs.note(f"outputs/{tides.done[Stage.SCRIPT].output_key}.json", b'{"stage": "scr')
    assert (
        await run_stage(Stage.SCRIPT, INPUTS, tides.done, tools_of(blobs), tmp_path, idle) == tides.done[Stage.SCRIPT]
    )


async def test_what_a_stage_tells_never_goes_back_and_ends_at_one(tides: Made) -> None:
    for told in tides.told.values():
        assert told == sorted(told)
        assert told[-1] == 1.0
    assert len(tides.told[Stage.VIDEO]) > 3


async def test_keys_change_with_what_matters_and_with_nothing_else(tides: Made, tmp_path: Path) -> None:
    blobs, changed = MemoryBlobs(), INPUTS.model_copy(update={"renderer_version": "0", "aspect": "9:16"})
    same = await run_stage(Stage.SCRIPT, changed, tides.done, tools_of(blobs), tmp_path, idle)
    assert same.output_key == tides.done[Stage.SCRIPT].output_key
    other = INPUTS.model_copy(update={"script": INPUTS.script + " More."})
    assert (
        await run_stage(Stage.SCRIPT, other, tides.done, tools_of(blobs), tmp_path, idle)
    ).output_key != same.output_key


async def test_a_script_that_was_given_is_spoken_as_it_is(tides: Made) -> None:
    assert tides.done[Stage.SCRIPT].script == INPUTS.script
    assert tides.done[Stage.SCRIPT].title == "Tides"


async def test_a_prompt_alone_becomes_a_plan_with_a_title_card(tmp_path: Path) -> None:
    made = await make(JobInputs(prompt="Why is the sky blue?"), tmp_path, until=Stage.SCENES)
    scenes = made.done[Stage.SCENES].scenes
    assert scenes[0].heading == "Why is the sky blue?"
    assert 4 <= len(scenes) <= 8
    assert 25_000 <= (made.done[Stage.SPEECH].duration_ms or 0) <= 46_000
    assert points_of(made.done[Stage.SPEECH].duration_ms or 0) <= estimate_points(made.inputs)


@pytest.mark.parametrize(
    ("stage", "inputs", "code"),
    [
        (Stage.REFINE, JobInputs(), "script.empty"),
        (Stage.SCRIPT, JobInputs(), "script.empty"),
        (Stage.SPEECH, JobInputs(), "script.empty"),
        (Stage.SPEECH, JobInputs(script="🚀 …"), "script.empty"),
        (Stage.SPEECH, JobInputs(script="word " * 9000), "script.too_long"),
        (Stage.SCENES, INPUTS, "speech.missing"),
        (Stage.VIDEO, INPUTS, "speech.missing"),
        (Stage.VIDEO, JobInputs(kind=Kind.MANIM), "kind.not_installed"),
        (Stage.REFINE, JobInputs(kind=Kind.MANIM, prompt="Pythagoras"), "kind.not_installed"),
    ],
)
async def test_what_cannot_be_made_is_refused_for_good(
    stage: Stage, inputs: JobInputs, code: str, tmp_path: Path
) -> None:
    with pytest.raises(StageFailed) as failure:
        await run_stage(stage, inputs, {}, tools_of(MemoryBlobs()), tmp_path, idle)
    assert (failure.value.code, failure.value.retryable) == (code, False)
    assert is_empty(tmp_path)


async def test_a_missing_encoder_fails_and_leaves_no_file(tides: Made, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    blobs.kept = dict(tides.blobs.kept)
    with pytest.raises(StageFailed) as failure:
        await run_stage(Stage.VIDEO, INPUTS, tides.done, tools_of(blobs, Ffmpeg(tmp_path / "x")), tmp_path, idle)
    assert failure.value.code == "video.encoder_missing"
    assert is_empty(tmp_path)


async def test_bytes_that_changed_are_not_filmed(tides: Made, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    blobs.kept = dict(tides.blobs.kept)
    blobs.kept[key_of(tides.artifact(Stage.SPEECH, "narration.wav").sha256)] = b"noise"
    with pytest.raises(StageFailed, match="what an earlier stage left") as failure:
        await run_stage(Stage.VIDEO, INPUTS, tides.done, tools_of(blobs), tmp_path, idle)
    assert (failure.value.code, failure.value.retryable) == ("blobs.corrupt", False)


async def test_a_full_disk_is_worth_another_try(tides: Made, tmp_path: Path) -> None:
    blobs = FullBlobs()
    blobs.kept = dict(tides.blobs.kept)
    with pytest.raises(StageFailed, match=r"12\.0 MB were needed") as failure:
        await run_stage(Stage.SCENES, INPUTS, tides.done, tools_of(blobs), tmp_path, idle)
    assert (failure.value.code, failure.value.retryable) == ("disk.full", True)


async def test_a_cancelled_stage_ends_within_three_seconds_and_leaves_nothing(tides: Made, tmp_path: Path) -> None:
    encoding = asyncio.Event()

    def listen(fraction: float) -> None:
        if fraction > 0.1:
            encoding.set()

    blobs = MemoryBlobs()
    blobs.kept = dict(tides.blobs.kept)
    tools: Tools = tools_of(blobs)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(run_stage(Stage.VIDEO, INPUTS, tides.done, tools, tmp_path, listen))
        await asyncio.wait_for(encoding.wait(), 60)
        before = time.monotonic()
        task.cancel()
    assert task.cancelled()
    assert time.monotonic() - before < 3
    assert is_empty(tmp_path)
    assert blobs.notes == {}


@given(st.lists(st.floats(0, 1), max_size=20))
def test_progress_only_goes_forward(fractions: list[float]) -> None:
    told: list[float] = []
    tell = forward(told.append)
    for fraction in fractions:
        tell(fraction)
    assert told == sorted(told)


def test_the_percentages_of_all_stages_join_into_a_whole() -> None:
    assert sum(STAGE_PERCENT.values()) == 100
    assert [percent(stage, 0) for stage in STAGES] == [0, 5, 15, 25, 45]
    assert percent(Stage.VIDEO, 1) == 100
    assert percent(Stage.REFINE, 9) == 5


@pytest.mark.parametrize(("duration_ms", "points"), [(0, 1), (1, 1), (10_000, 1), (10_001, 2), (39_000, 4)])
def test_a_point_is_ten_started_seconds(duration_ms: int, points: int) -> None:
    assert points_of(duration_ms) == points


def test_an_estimate_grows_with_the_script() -> None:
    assert estimate_points(JobInputs(script="word " * 20)) < estimate_points(JobInputs(script="word " * 200))
    assert estimate_points(JobInputs(prompt="tides")) == 5
