"""ffmpeg gets typed arguments only, tells how far it is, and fails in sentences with codes."""

import asyncio
import time
from pathlib import Path

import pytest
from PIL import Image

from services.render.engines.ffmpeg import Ffmpeg, Filter, Source, Target
from services.render.engines.process import Limits
from services.render.stages.errors import StageFailed

GREY = Source("grey.ppm", ("-framerate", "30"))
FILM = Target("film.mp4", ("-c:v", "libx264", "-preset", "ultrafast"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (160, 90), (90, 90, 90)).save(tmp_path / "grey.ppm")
    return tmp_path


def lasting(pictures: int) -> list[Filter]:
    return [Filter.of("loop", loop=pictures - 1, size=1), Filter.of("format", pix_fmts="yuv420p")]


def program(folder: Path, lines: str) -> Ffmpeg:
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return Ffmpeg(path)


async def test_the_told_fraction_is_true_and_ends_at_one(folder: Path) -> None:
    told: list[float] = []
    await Ffmpeg().run("video", [GREY], FILM, folder=folder, pictures=lasting(90), duration_ms=3000, report=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert (folder / "film.mp4").stat().st_size > 0


@pytest.mark.parametrize("name", ["-i", "../film.mp4", "/etc/passwd", "http://host/a", "pipe:1", "A.mp4", ""])
async def test_only_plain_names_of_files_in_the_folder_are_taken(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no plain file name"):
        await Ffmpeg().run("video", [Source(name)], FILM, folder=folder)


def test_a_value_cannot_leave_its_option() -> None:
    assert str(Filter.of("scale", flags="bicubic+bitexact")) == "scale=flags=bicubic+bitexact"
    assert str(Filter.of("ass", filename="a',null;[x]")) == "ass=filename='a\\'\\'',null;[x]'"


async def test_a_missing_program_is_named(folder: Path) -> None:
    with pytest.raises(StageFailed, match="install the extra `render`") as failure:
        await Ffmpeg(folder / "no-ffmpeg").run("video", [GREY], FILM, folder=folder)
    assert (failure.value.code, failure.value.retryable) == ("video.encoder_missing", False)


@pytest.mark.parametrize(
    ("lines", "code", "says"),
    [
        ("kill -9 $$", "video.killed", "ran out of memory"),
        ("echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 228", "disk.full", "make room"),
        ("echo 'Unknown encoder' >&2; exit 8", "video.encoder_failed", "ended with code 8: Unknown encoder"),
    ],
)
async def test_each_way_to_fail_has_its_code_and_may_be_retried(folder: Path, lines: str, code: str, says: str) -> None:
    with pytest.raises(StageFailed, match=says) as failure:
        await program(folder, lines).run("video", [GREY], FILM, folder=folder)
    assert (failure.value.code, failure.value.retryable) == (code, True)


async def test_a_run_over_its_deadline_says_what_to_do(folder: Path) -> None:
    slow = Ffmpeg(program(folder, "exec sleep 600").path, Limits(seconds=0.5))
    with pytest.raises(StageFailed, match=r"longer than 0\.5 s") as failure:
        await slow.run("video", [GREY], FILM, folder=folder)
    assert failure.value.code == "stage.deadline"


async def test_a_cancelled_encoder_is_gone_within_three_seconds(folder: Path) -> None:
    working = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(
            Ffmpeg().run(
                *("video", [GREY], FILM),
                folder=folder,
                pictures=lasting(1_000_000),
                duration_ms=33_000_000,
                report=lambda _: working.set(),
            )
        )
        await asyncio.wait_for(working.wait(), 20)
        before = time.monotonic()
        task.cancel()
    assert time.monotonic() - before < 3
    assert task.cancelled()
