"""The `playhead` command, run as an operator runs it."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from typing import Any, NamedTuple

from ops.settings import PROJECT
from tests.live.infrastructure import without_urls

SECONDS = 180


class Said(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """Its JSON."""
        return json.loads(self.out)


async def playhead(settings: Mapping[str, str], *arguments: str, typed: str | None = None) -> Said:
    """Run it to its end; `typed` is what is answered when it asks."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops", *arguments),
        cwd=PROJECT,
        env={**without_urls(), **settings},
        stdin=DEVNULL if typed is None else PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate(None if typed is None else typed.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Said(process.returncode or 0, out.decode(), err.decode())
