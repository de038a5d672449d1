"""manim as a program: our file is run by this Python in a process on a leash, and leaves one film without sound."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from services.render.engines.manim.code import FILE_NAME, PICTURES
from services.render.engines.process import Ended, Limits, run
from services.render.stages.errors import StageFailed

INSTALL = "install libcairo2-dev, libpango1.0-dev, pkg-config and a C compiler, then run `uv pip install -e '.[manim]'`"
_SCENE = re.compile(r"scene (\d+) of (\d+)")
_KILLED = (-9, 137)
_TAIL_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Manim:
    """An installed manim, and what one film may take of the machine. Another `identity`, other pictures."""

    identity: str
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def installed(cls) -> Self | None:
        """The one of this Python; None without the extra `manim`."""
        if find_spec("manim") is None:
            return None
        try:
            return cls(f"manim/{version('manim')}")
        except PackageNotFoundError:
            return None

    async def film(self, folder: Path, report: Callable[[float], None]) -> Path:
        """Run `scene.py` in `folder`, where `fonts.conf` tells the fonts. `report` hears 0 to 1, scene by scene.

        `scenes.manim_failed`, `scenes.killed`, `stage.deadline`, `disk.full`.
        """

        def hear(line: str) -> None:
            if found := _SCENE.fullmatch(line.strip()):
                report((int(found.group(1)) - 1) / int(found.group(2)))

        home = str(folder)
        try:
            ended = await run(
                [sys.executable, "-s", "-P", "-B", FILE_NAME],
                folder=folder,
                environment={
                    "FONTCONFIG_FILE": str(folder / "fonts.conf"),
                    **dict.fromkeys(("PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), home),
                    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"),
                    "LC_ALL": "C.UTF-8",
                    "PYTHONHASHSEED": "0",  # one order in every set: the same film again
                },
                limits=self.limits,
                on_line=hear,
            )
        except TimeoutError as error:
            message = (
                f"manim took longer than {self.limits.seconds:g} s: shorten the film, or give the worker more time"
            )
            raise StageFailed("stage.deadline", message, retryable=True) from error
        _judge(ended, folder)
        report(1.0)
        return folder / PICTURES


def _judge(ended: Ended, folder: Path) -> None:
    cause = ended.complaint[-_TAIL_CHARACTERS:]
    if "No space left on device" in ended.complaint:
        message = f"the disk of the working folder {folder} is full: make room there, then retry"
        raise StageFailed("disk.full", message, retryable=True, cause=cause)
    if ended.code in _KILLED:
        message = "manim was killed, most likely because the machine ran out of memory: retry, or give the worker more"
        raise StageFailed("scenes.killed", message, retryable=True, cause=cause)
    if ended.code != 0 or not (folder / PICTURES).is_file():
        last = next((line.strip() for line in reversed(cause.splitlines()) if line.strip()), "it printed nothing")
        message = f"manim ended with code {ended.code} and without a film: {last}"
        raise StageFailed("scenes.manim_failed", message, retryable=True, cause=cause)
