"""ffmpeg from typed parts: plain file names in one folder, filters with quoted values, no shell, no network, no input.

A user's words never come here: they reach a film inside of a subtitle file, whose text has an escape of its own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from services.render.engines.process import Ended, Limits, run
from services.render.stages.errors import StageFailed

_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_FIRST = ("-nostdin", "-hide_banner", "-loglevel", "info", "-nostats", "-progress", "pipe:1", "-y")
_EXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1")
_KILLED, _NO_PROGRAM = (-9, 137), 127
_TAIL_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: its name and its options. A string is quoted as a whole, so its commas and colons stay inside."""

    name: str
    options: tuple[tuple[str, int | float | str], ...] = ()

    @classmethod
    def of(cls, name: str, **options: int | float | str) -> Self:
        return cls(name, tuple(options.items()))

    def __str__(self) -> str:
        if not self.options:
            return self.name
        return self.name + "=" + ":".join(f"{key}={_quoted(value)}" for key, value in self.options)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, by its plain name in the working folder."""

    file: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write, or with `file=None` nothing: the filters alone are wanted."""

    file: str | None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """The program and what it may take. `path=None`: the one that the package imageio-ffmpeg brings."""

    path: Path | None = None
    limits: Limits = field(default_factory=Limits)

    async def run(
        self,
        part: str,
        sources: Sequence[Source],
        target: Target,
        *,
        folder: Path,
        pictures: Sequence[Filter] = (),
        sound: Sequence[Filter] = (),
        graph: str = "",
        duration_ms: int = 0,
        report: Callable[[float], None] = lambda _: None,
    ) -> str:
        """Run once in `folder`; what it printed about its work is returned.

        `graph` is one that `graph.written` gave. `part` begins the codes of errors (`video.killed`); `report` hears
        the true fraction of `duration_ms`, 0 to 1.
        """
        filters = (("-filter_complex", graph), ("-filter:v", _joined(pictures)), ("-filter:a", _joined(sound)))
        arguments = [str(self._program(part)), *_FIRST, *_read(sources)]
        arguments += [word for option, value in filters if value for word in (option, value)]
        arguments += [*_EXACT, *target.options]
        arguments += ["-f", "null", "-"] if target.file is None else [f"file:{_plain(target.file)}"]

        def hear(line: str) -> None:
            name, _, value = line.partition("=")
            if name == "out_time_us" and value.isdecimal() and duration_ms:
                report(min(int(value) / 1000 / duration_ms, 1.0))

        try:
            ended = await run(
                arguments,
                folder=folder,
                environment={"FONTCONFIG_FILE": str(folder / "fonts.conf"), "LC_ALL": "C"},
                limits=self.limits,
                on_line=hear,
            )
        except TimeoutError as error:
            raise self._too_slow() from error
        _judge(part, ended, folder)
        report(1.0)
        return ended.complaint

    def _too_slow(self) -> StageFailed:
        message = f"ffmpeg took longer than {self.limits.seconds:g} s: shorten the film, or give the worker more time"
        return StageFailed("stage.deadline", message, retryable=True)

    def _program(self, part: str) -> Path:
        path = self.path or _packaged()
        if path is None or not path.is_file():
            where = f"at {path}" if path else "in this installation"
            message = f"there is no ffmpeg {where}: install the extra `render`, or give the path of an ffmpeg program"
            raise StageFailed(f"{part}.encoder_missing", message, retryable=False)
        return path


def _read(sources: Sequence[Source]) -> list[str]:
    before = ("-protocol_whitelist", "file,pipe")
    return [word for one in sources for word in (*before, *one.options, "-i", f"file:{_plain(one.file)}")]


def _joined(filters: Sequence[Filter]) -> str:
    return ",".join(map(str, filters))


def _judge(part: str, ended: Ended, folder: Path) -> None:
    if ended.code == 0:
        return
    cause = ended.complaint[-_TAIL_CHARACTERS:]
    if ended.code == _NO_PROGRAM:
        message = "ffmpeg could not be started: check that the program is executable and made for this machine"
        raise StageFailed(f"{part}.encoder_missing", message, retryable=False, cause=cause)
    if "No space left on device" in ended.complaint:
        message = f"the disk of the working folder {folder} is full: make room there, then retry"
        raise StageFailed("disk.full", message, retryable=True, cause=cause)
    if ended.code in _KILLED:
        message = "ffmpeg was killed, most likely because the machine ran out of memory: retry, or give the worker more"
        raise StageFailed(f"{part}.killed", message, retryable=True, cause=cause)
    message = f"ffmpeg ended with code {ended.code}: {_last_line(cause)}"
    raise StageFailed(f"{part}.encoder_failed", message, retryable=True, cause=cause)


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it printed nothing")


def _packaged() -> Path | None:
    if find_spec("imageio_ffmpeg") is None:
        return None
    try:
        return Path(import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except RuntimeError:
        return None


def _plain(name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no plain file name: a-z, 0-9, '.', '_' and '-' are allowed, and no folder")
    return name


def _quoted(value: float | str) -> str:
    if not isinstance(value, str):
        return repr(value)
    if re.fullmatch(r"[A-Za-z0-9._+-]+", value):
        return value
    inner = value.replace("\\", "\\\\").replace("'", "\\'").replace(":", "\\:")
    return "'" + inner.replace("'", "'\\''") + "'"
