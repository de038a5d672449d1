"""P7: what a film costs beside ffmpeg's own work, and how long a minute of 720p takes.

All stages are run as a worker runs them, over the real engines and a store of files; only the time within ffmpeg
is taken out. A queue, a log and a database would add milliseconds, not shares.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blobs.objects import open_blobs
from contracts.rendering import STAGES, JobInputs, Kind, Stage, StageOutput
from ops.bench.measure import Figure
from services.render.engines.espeak import EspeakVoice
from services.render.engines.ffmpeg import Ffmpeg
from services.render.engines.template_writer import TemplateWriter
from services.render.pipeline import Tools, run_stage

ROUNDS = 3
MINUTE_SECONDS = 60.0
MOST_SECONDS = 40.0
MOST_OVERHEAD = 0.10
_SENTENCES = (
    "Twice a day the sea climbs the shore and leaves it again.",
    "The moon pulls at the water that is nearest to it, and a broad low wave follows it around the world.",
    "The sun pulls as well, with less than half of that strength.",
    "When both stand in one line the tide runs high; at right angles they work against each other.",
)


@dataclass(frozen=True, slots=True)
class TimedFfmpeg(Ffmpeg):
    """Ffmpeg, and the seconds that each of its runs took."""

    seconds: list[float] = field(default_factory=list[float])

    async def run(self, *arguments: Any, **named: Any) -> str:
        began = _now()
        try:
            return await Ffmpeg.run(self, *arguments, **named)
        finally:
            self.seconds.append(_now() - began)


@dataclass(frozen=True, slots=True)
class Film:
    """What one film took, in seconds of wall clock, and how long it is."""

    wall: float
    ffmpeg: float
    lasts: float

    @property
    def for_a_minute(self) -> float:
        return self.wall * MINUTE_SECONDS / self.lasts


async def overhead(folder: Path) -> Figure:
    """P7. Each round films another script, so that nothing is found in the store."""
    films = [await _film(folder / str(number), number) for number in range(ROUNDS)]
    return Figure(
        id="P7",
        what="wall clock of a film of 60 s, 720p",
        unit="s",
        ours=[film.for_a_minute for film in films],
        limit_name="ffmpeg alone",
        limit=[film.ffmpeg * MINUTE_SECONDS / film.lasts for film in films],
        goal_ratio=1 / (1 - MOST_OVERHEAD),
        floor=MOST_SECONDS,
        at_least=False,
        correct=all(abs(film.lasts - MINUTE_SECONDS) <= MINUTE_SECONDS / 4 for film in films),
        notes=[
            f"overhead (wall - ffmpeg)/wall: {', '.join(f'{1 - film.ffmpeg / film.wall:.1%}' for film in films)}",
            f"films of {', '.join(f'{film.lasts:.1f} s in {film.wall:.1f} s' for film in films)}",
        ],
    )


async def _film(folder: Path, number: int) -> Film:
    await asyncio.to_thread(folder.mkdir, parents=True)
    ffmpeg = TimedFfmpeg()
    tools = Tools(open_blobs(f"file://{(folder / 'blobs').resolve()}"), TemplateWriter(), EspeakVoice(), ffmpeg)
    inputs = JobInputs(kind=Kind.SLIDES, title=f"Tides, part {number + 1}", script=_script(number))
    done: dict[Stage, StageOutput] = {}
    began = _now()
    for stage in STAGES:
        done[stage] = await run_stage(stage, inputs, done, tools, folder / "work", _nobody)
    return Film(_now() - began, sum(ffmpeg.seconds), (done[Stage.VIDEO].duration_ms or 0) / 1000)


def _script(number: int) -> str:
    """About a minute of speech."""
    paragraphs: Sequence[str] = [" ".join(_SENTENCES[place % 4 :] + _SENTENCES[: place % 4]) for place in range(3)]
    return f"This is part {number + 1}.\n\n" + "\n\n".join(paragraphs)


def _nobody(_: float) -> None:
    """Progress is told, and not heard."""


def _now() -> float:
    return asyncio.get_running_loop().time()
