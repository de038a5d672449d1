"""Processes of the operating system: frozen, thawed, looked at, brought to an end."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

STOP_SECONDS = 60.0


@contextmanager
def frozen(pid: int) -> Generator[None]:
    """A process and all that it has started stand still; they go on afterwards, or when `thaw` is called."""
    stopped = family(pid)
    for one in stopped:
        one.suspend()
    try:
        yield
    finally:
        for one in stopped:
            if one.is_running():
                one.resume()


@contextmanager
def full(pid: int) -> Generator[None]:
    """No file that the process, or one that it has started, writes to may grow, until the block ends.

    The kernel refuses (EFBIG) as it does on a full disk (ENOSPC), without a file system of one's own.
    """
    _limit(pid, 0)
    try:
        yield
    finally:
        _limit(pid, psutil.RLIM_INFINITY)


def _limit(pid: int, size: int) -> None:
    with suppress(psutil.NoSuchProcess):
        for one in family(pid):
            with suppress(psutil.NoSuchProcess):
                _, hard = one.rlimit(psutil.RLIMIT_FSIZE)
                one.rlimit(psutil.RLIMIT_FSIZE, (hard if size == psutil.RLIM_INFINITY else size, hard))


def thaw(pid: int) -> None:
    """What stood still goes on."""
    for one in family(pid):
        one.resume()


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it has started, in whatever process groups."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


async def are_gone(processes: Sequence[psutil.Process]) -> bool:
    """Whether none of them runs."""
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


async def ended(process: Process) -> None:
    """Ask it to end. One that does not is killed, so that nothing is left, and fails the test."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def environment_of(pid: int) -> dict[str, str]:
    """What a process was told when it was started."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if pair)
