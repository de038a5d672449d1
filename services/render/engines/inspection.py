"""What is in a file that somebody sent: found out on the leash of the encoder, never by its name."""

import json
import sys
from pathlib import Path

from pydantic import ValidationError

from contracts.messages.upload import Media, Unfit
from eventlog.errors import Unavailable
from services.render.engines.process import Limits, run

_PROGRAM = Path(__file__).with_name("inspect_process.py")
_NOT_INSTALLED = 3
LIMITS = Limits(seconds=60.0, memory=3 << 30, file_size=0)
"""It reads one file, and writes none."""


async def inspect(file: Path, limits: Limits = LIMITS) -> Media | Unfit:
    """What the file is, or why it is not taken. Raises `Unavailable` where nobody can look."""
    lines: list[str] = []
    try:
        ended = await run(
            [sys.executable, "-I", str(_PROGRAM), str(file)],
            folder=file.parent,
            environment={"LC_ALL": "C.UTF-8"},
            limits=limits,
            on_line=lines.append,
        )
    except TimeoutError:
        return _unfit(f"The file could not be read within {limits.seconds:g} s: send a shorter or a simpler one.")
    if ended.code == _NOT_INSTALLED:
        raise Unavailable("uploads", "the extra `render` is not installed: nobody can look into files here")
    try:
        found = json.loads(lines[-1])
        return Media.model_validate(found["media"]) if "media" in found else Unfit.model_validate(found["unfit"])
    except (IndexError, ValueError, KeyError, ValidationError):
        return _unfit("The file could not be read: it broke the program that looked into it. Export it again.")


def _unfit(message: str) -> Unfit:
    return Unfit(code="upload.unfit", message=message)
