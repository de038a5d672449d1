"""The program that films: on a leash like every other, and honest about how it ended."""

import asyncio
from pathlib import Path

import pytest

from services.render.engines.manim.program import Manim
from services.render.engines.process import Limits
from services.render.stages.errors import StageFailed

LEAVES_A_FILM = """
from pathlib import Path
for number in (1, 2, 3, 4):
    print(f"scene {number} of 4", flush=True)
Path("media/film").mkdir(parents=True)
Path("media/film/pictures.mp4").write_bytes(b"pictures")
"""
ASKS_THE_NETWORK = """
import socket
socket.socket(socket.AF_UNIX).close()
socket.create_connection(("127.0.0.1", 9))
"""


async def film(code: str, folder: Path, seconds: float = 30.0) -> tuple[Path, list[float]]:
    (folder / "scene.py").write_text(code)
    told: list[float] = []
    return await Manim("manim/test", Limits(seconds=seconds)).film(folder, told.append), told


async def test_the_film_is_told_scene_by_scene(tmp_path: Path) -> None:
    path, told = await film(LEAVES_A_FILM, tmp_path)
    assert path.read_bytes() == b"pictures"
    assert told == [0.0, 0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise SystemExit(3)", "ended with code 3"),
        ("", "without a film"),
        ("1 / 0", "division by zero"),
        (ASKS_THE_NETWORK, "Permission denied"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended with code -11"),
    ],
)
async def test_a_run_that_leaves_no_film_says_what_it_ended_with(code: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(StageFailed) as failed:
        await film(code, tmp_path)
    assert (failed.value.code, failed.value.retryable) == ("scenes.manim_failed", True)
    assert says in failed.value.message


async def test_a_killed_run_says_that_memory_was_short(tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match=r"scenes\.killed.*out of memory"):
        await film("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", tmp_path)


async def test_a_run_past_its_time_is_ended(tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match=r"stage\.deadline.*longer than 0\.5 s"):
        await film("import time; time.sleep(600)", tmp_path, seconds=0.5)


async def test_a_run_sees_nothing_of_the_worker_s_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_WRITER_KEY", "a secret")
    asked = "import os, sys; sys.exit('seen' if 'PLAYHEAD_WRITER_KEY' in os.environ else 'not seen')"
    with pytest.raises(StageFailed, match="not seen"):
        await film(asked, tmp_path)


async def test_a_canceled_film_is_gone_at_once(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text("print('scene 1 of 2', flush=True)\nimport time; time.sleep(600)")
    begun = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        work = group.create_task(Manim("manim/test").film(tmp_path, lambda _: begun.set()))
        async with asyncio.timeout(20):
            await begun.wait()
        work.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait([work])
    assert work.cancelled()
