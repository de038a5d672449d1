"""A rival's process: started, killed -9, started again, and gone with us."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress

from ops.settings import PROJECT, passed_on
from ops.stack.child import leash

_LINE_BYTES = 65_536


class Respawned:
    """One Python program. `process` is the one that runs now."""

    def __init__(self, argv: tuple[str, ...], told: Mapping[str, str], process: Process) -> None:
        self._argv = argv
        self._told = told
        self.process = process

    async def kill(self) -> None:
        """SIGKILL to it and to all that it started; then the next one is started."""
        await self.end()
        self.process = await _spawned(self._argv, self._told)

    async def end(self) -> None:
        """The same, and none is started."""
        self.strike()
        await self.process.wait()

    def strike(self) -> None:
        """SIGKILL alone."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


@asynccontextmanager
async def respawned(*argv: str, told: Mapping[str, str]) -> AsyncGenerator[Respawned]:
    """`python ARGV`, with `told` in its environment; killed on the way out."""
    running = Respawned(argv, told, await _spawned(argv, told))
    try:
        yield running
    finally:
        await running.end()


async def _spawned(argv: tuple[str, ...], told: Mapping[str, str]) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, *argv),
        cwd=PROJECT,
        env={**passed_on(), **told},
        stdin=PIPE,
        stdout=PIPE if "decide" in argv else DEVNULL,
        limit=_LINE_BYTES,
        start_new_session=True,
        preexec_fn=leash(),
    )
