"""A folder to work in is gone afterwards; that of a dead worker is removed by the next one that starts."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from ops.settings import PROJECT
from services.render.worker.workspace import workspace

HOLD = """
import sys
from pathlib import Path
from services.render.worker.workspace import workspace
with workspace(Path(sys.argv[1]), "other") as folder:
    (folder / "frame.png").write_bytes(b"x")
    print("held", flush=True)
    sys.stdin.read()
"""


def names(parent: Path) -> list[str]:
    return sorted(path.name for path in parent.iterdir())


def another_process(parent: Path) -> "subprocess.Popen[bytes]":
    """A worker `other` with a file in its folder."""
    process = subprocess.Popen(
        (sys.executable, "-c", HOLD, str(parent)), cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_workspace_is_gone_afterwards_with_what_is_in_it(tmp_path: Path) -> None:
    with workspace(tmp_path / "work", "w") as folder:
        (folder / "frame.png").write_bytes(b"x")
    assert names(tmp_path / "work") == []


def test_that_of_a_killed_worker_is_removed_by_the_next(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
    assert names(tmp_path) == ["other", "other.lock"]
    with workspace(tmp_path, "w"):
        assert names(tmp_path) == ["w", "w.lock"]


def test_that_of_a_living_worker_stays(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        with workspace(tmp_path, "w"):
            assert names(tmp_path) == ["other", "other.lock", "w", "w.lock"]
        assert process.stdin is not None
        process.stdin.close()
    assert names(tmp_path) == []
