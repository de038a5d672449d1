"""Run one program to its end: in a group of its own, with a deadline, and gone at once when it is no longer wanted."""

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GRACE_SECONDS = 1.0
"""What it would still write nobody reads; and of the three seconds that a cancel may take, others need some."""
TAIL_LINES = 200
_LEASH = Path(__file__).with_name("leash.py")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may take. Seconds of wall clock, bytes of address space and of one file."""

    seconds: float = 1800.0
    memory: int = 6 << 30
    file_size: int = 8 << 30


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code (negative: the signal that killed it) and the last lines it complained."""

    code: int
    complaint: str


async def run(
    program: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    limits: Limits,
    stdin: bytes = b"",
    on_line: Callable[[str], None] = lambda _: None,
) -> Ended:
    """Run `program` in `folder` and tell each line that it prints.

    TimeoutError after `limits.seconds`. On that and on cancellation the whole group gets SIGTERM, 1 s later SIGKILL,
    and this returns only when it is gone.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), str(limits.memory), str(limits.file_size)),
        *program,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=dict(environment),
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    complaint: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        async with asyncio.timeout(limits.seconds), asyncio.TaskGroup() as group:
            group.create_task(_feed(process.stdin, stdin))
            group.create_task(_each_line(process.stdout, on_line))
            group.create_task(_each_line(process.stderr, complaint.append))
            code = await process.wait()
    finally:
        await _end(process)
    return Ended(code, "\n".join(complaint))


async def _feed(writer: asyncio.StreamWriter, content: bytes) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may end without reading; its exit code tells
        writer.write(content)
        await writer.drain()
    writer.close()


async def _each_line(reader: asyncio.StreamReader, tell: Callable[[str], None]) -> None:
    async for line in _lines(reader):
        tell(line)


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    rest = b""
    while chunk := await reader.read(1 << 16):
        *lines, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
        rest = rest[-(1 << 16) :]
        for line in lines:
            yield line.decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    try:
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
    finally:
        if process.returncode is None:
            _signal_group(process.pid, signal.SIGKILL)
    await process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
