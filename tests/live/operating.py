"""The `playhead` command, run as an operator runs it."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.live.infrastructure import without_urls
from tests.live.operator import ERR, IN, OUT, forked

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


async def playhead(settings: Mapping[str, str], *arguments: str, typed: str = "") -> Said:
    """Run it to its end; `typed` is what is answered when it asks."""
    return await asyncio.to_thread(_run, {**without_urls(), **settings}, arguments, typed)


def _run(environment: Mapping[str, str], arguments: tuple[str, ...], typed: str) -> Said:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for stream, content in ((IN, typed), (OUT, ""), (ERR, "")):
            (folder / stream).write_text(content)
        process = forked(folder, environment, arguments)
        process.start()
        try:
            process.join(SECONDS)
            out, err = (folder / OUT).read_text(), (folder / ERR).read_text()
            assert process.exitcode is not None, f"playhead {arguments} did not end within {SECONDS} s:\n{out}{err}"
        finally:
            process.kill()
            process.join()
        return Said(process.exitcode, out, err)
