"""Programs run in a group of their own, within limits, and never outlive what wanted them."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from services.render.engines.process import Limits, run

STUBBORN = (
    "import signal, os, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print(os.getpid(), flush=True); time.sleep(600)"
)


async def python(code: str, folder: Path, limits: Limits | None = None, **more: object) -> tuple[int, str, list[str]]:
    lines: list[str] = []
    ended = await run(
        [sys.executable, "-c", code],
        folder=folder,
        environment={},
        limits=limits or Limits(seconds=20),
        stdin=str(more.get("stdin", "")).encode(),
        on_line=lines.append,
    )
    return ended.code, ended.complaint, lines


def is_alive(process: int) -> bool:
    status = Path(f"/proc/{process}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def gone(process: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(process) and time.monotonic() < deadline:
        os.sched_yield()
    return not is_alive(process)


async def test_lines_code_and_complaint_of_a_program_are_told(tmp_path: Path) -> None:
    code = "import sys; print('one'); print(input()); print('oh', file=sys.stderr); sys.exit(3)"
    assert await python(code, tmp_path, stdin="two\n") == (3, "oh", ["one", "two"])


async def test_a_program_that_cannot_be_started_ends_with_127(tmp_path: Path) -> None:
    ended = await run(["/nowhere/ffmpeg"], folder=tmp_path, environment={}, limits=Limits(seconds=20))
    assert ended.code == 127
    assert "/nowhere/ffmpeg" in ended.complaint


async def test_a_program_opens_no_socket_but_local_ones(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "socket.socket(socket.AF_UNIX).close()\n"
        "for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):\n"
        "    try: socket.socket(family); print('open')\n"
        "    except PermissionError: print('refused')"
    )
    assert await python(code, tmp_path) == (0, "", ["refused"] * 3)


async def test_a_program_steps_back_behind_who_waits_for_an_answer(tmp_path: Path) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    code, complaint, lines = await python("import os; print(os.nice(0))", tmp_path)
    assert (code, complaint, lines) == (0, "", [str(before + 10)])


async def test_a_cancelled_program_that_ignores_the_first_signal_is_gone_in_time(
    tmp_path: Path,
) -> None:
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(
            run(
                [sys.executable, "-c", STUBBORN],
                folder=tmp_path,
                environment={},
                limits=Limits(),
                on_line=lambda line: started.set_result(int(line)),
            )
        )
        process = await asyncio.wait_for(started, 10)
        before = time.monotonic()
        task.cancel()
    assert time.monotonic() - before < 2
    assert not is_alive(process)


async def test_a_program_over_its_deadline_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        await python("import time; time.sleep(600)", tmp_path, Limits(seconds=0.5))


async def test_a_program_cannot_take_more_memory_than_its_limit(tmp_path: Path) -> None:
    code, complaint, _ = await python("bytearray(1 << 30)", tmp_path, Limits(seconds=20, memory=512 << 20))
    assert code == 1
    assert "MemoryError" in complaint


async def test_a_program_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent_code = (
        "import asyncio, sys; from pathlib import Path; from services.render.engines.process import Limits, run;"
        f"asyncio.run(run([sys.executable, '-c', {STUBBORN!r}], folder=Path({str(tmp_path)!r}), environment={{}},"
        " limits=Limits(), on_line=lambda line: print(line, flush=True)))"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", parent_code, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    child = int(await asyncio.wait_for(parent.stdout.readline(), 20))
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()
    assert gone(child, 5)
