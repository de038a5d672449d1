"""The runner, with small real programs: ready by doing, started again, stopped without a rest."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ops.stack.part import Program, StackError
from ops.stack.ports import Ports
from ops.stack.runner import Runner
from tests.waiting import eventually

LISTEN = """
import os, signal, socket, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN if "stubborn" in sys.argv else lambda *_: sys.exit(0))
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
if "fork" in sys.argv and os.fork() == 0:
    open(sys.argv[-1], "w").write(str(os.getpid()))
while True:
    signal.pause()
"""


@pytest.fixture
async def runner(tmp_path: Path) -> AsyncGenerator[Runner]:
    runner = Runner(tmp_path / "logs", lambda: None)
    keeping = asyncio.ensure_future(runner.keep())  # noqa: TID251 - the fixture ends it
    yield runner
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    await runner.stop(list(runner.running))


async def at_once() -> None:
    return None


def program(
    folder: Path, code: str, *arguments: str, ready: Callable[[], Awaitable[None]] = at_once, deadline: float = 20.0
) -> Program:
    port = Ports(folder / "ports.json").take("toy")
    argv = (sys.executable, "-c", code, str(port), *arguments)
    return Program("toy", argv, f"http://127.0.0.1:{port}", port, ready, folder, {"PATH": os.defpath}, deadline)


def is_alive(pid: int) -> bool:
    """Running; what only waits to be collected by its parent has no command line."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def steps_back(pid: int, nice: int) -> bool:
    """As a whole, where the kernel weighs sessions."""
    group = Path(f"/proc/{pid}/autogroup")
    return not group.exists() or group.read_text().endswith(f"nice {nice}\n")


async def test_a_program_is_ready_when_it_does_its_work_not_when_its_port_is_open(
    runner: Runner, tmp_path: Path
) -> None:
    asked: list[str] = []

    async def at_the_third_time() -> None:
        asked.append(runner.running["toy"].state)
        if len(asked) < 3:
            raise StackError("not yet")

    await runner.start(program(tmp_path, LISTEN, ready=at_the_third_time))

    assert asked == ["starting"] * 3
    assert runner.running["toy"].state == "ready"


async def test_a_program_that_is_to_step_back_does(runner: Runner, tmp_path: Path) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    starting: list[int] = []

    async def looked_at() -> None:
        starting.append(os.getpriority(os.PRIO_PROCESS, runner.running["toy"].child.pid))

    await runner.start(replace(program(tmp_path, LISTEN, ready=looked_at), nice=5))
    pid = runner.running["toy"].child.pid
    assert starting == [before], "not while it starts"
    assert os.getpriority(os.PRIO_PROCESS, pid) == before + 5
    assert steps_back(pid, before + 5)


async def test_a_program_that_ends_at_once_is_told_with_its_exit_code_and_last_lines(
    runner: Runner, tmp_path: Path
) -> None:
    with pytest.raises(StackError) as told:
        await runner.start(program(tmp_path, "import sys; print('the reason'); sys.exit(7)"))

    assert "toy ended with exit code 7" in str(told.value)
    assert "the reason" in str(told.value)


async def test_a_program_that_never_works_is_told_at_its_deadline(runner: Runner, tmp_path: Path) -> None:
    async def never() -> None:
        raise StackError("the table is missing")

    with pytest.raises(StackError, match=r"toy did not work within 1 s: the table is missing"):
        await runner.start(program(tmp_path, LISTEN, ready=never, deadline=1))


async def test_a_program_that_is_killed_is_started_again_and_the_cause_is_kept(runner: Runner, tmp_path: Path) -> None:
    await runner.start(program(tmp_path, LISTEN))
    before = runner.running["toy"].child.pid
    os.kill(before, signal.SIGKILL)

    async def again() -> bool:
        now = runner.running["toy"]
        return now.state == "ready" and now.restarts == 1

    await eventually(again)
    assert runner.running["toy"].child.pid != before
    assert runner.running["toy"].last_end.startswith("toy was ended by SIGKILL")
    assert runner.remarks == ["toy was ended by SIGKILL: somebody killed it, or the machine was out of memory."]


async def test_the_back_off_doubles_while_a_program_keeps_ending(runner: Runner, tmp_path: Path) -> None:
    await runner.start(program(tmp_path, LISTEN))
    waits: list[float] = []
    for killed in range(3):
        waits.append(runner.running["toy"].backoff)
        os.kill(runner.running["toy"].child.pid, signal.SIGKILL)

        async def again(restarts: int = killed + 1) -> bool:
            now = runner.running["toy"]
            return now.state == "ready" and now.restarts == restarts

        await eventually(again)

    assert waits == [0.2, 0.4, 0.8]


async def test_a_stop_takes_what_the_program_has_started_with_it(runner: Runner, tmp_path: Path) -> None:
    file = tmp_path / "grandchild"
    await runner.start(program(tmp_path, LISTEN, "fork", str(file)))

    async def grandchild() -> int | None:
        return int(file.read_text()) if file.exists() and file.read_text() else None

    pid = await eventually(grandchild)
    await runner.stop(["toy"])

    async def gone() -> bool:
        return not is_alive(pid)

    await eventually(gone)
    assert runner.running == {}


async def test_what_does_not_listen_to_a_stop_is_killed_at_the_deadline_and_told(tmp_path: Path) -> None:
    runner = Runner(tmp_path / "logs", lambda: None, stop_seconds=0.5)
    await runner.start(program(tmp_path, LISTEN, "stubborn"))
    pid = runner.running["toy"].child.pid

    await runner.stop(["toy"])

    assert not is_alive(pid)
    assert runner.remarks == ["toy did not end within 0.5 s and was killed"]
