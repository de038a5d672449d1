"""The stages as a worker runs them: one at a time, resumed from what is already stored, cleaned up behind.

Blind to queues, logs and databases. The same inputs give the same output, so running a stage again is always safe.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from blobs.store import NO_ROOM, BlobCorrupt, BlobMissing, BlobStoreUnavailable
from contracts.rendering import STAGE_PERCENT, STAGES, JobInputs, Stage, StageOutput
from services.render.engines.prose import clean, tokens
from services.render.stages import cut, refine, scenes, script, speech, video
from services.render.stages.errors import StageFailed
from services.render.stages.keys import RENDERER_VERSION, output_key
from services.render.stages.kinds import installed
from services.render.stages.tools import Done, Task, Tools

__all__ = [
    "RENDERER_VERSION",
    "StageFailed",
    "Tools",
    "estimate_points",
    "percent",
    "points_of",
    "run_stage",
]

_MS_A_POINT = 10_000
_MS_A_WORD, _MS_A_CHARACTER, _MS_AROUND = 400, 520, 3000
_WORDS_OF_A_PROMPT = 110


@dataclass(frozen=True, slots=True)
class _Work:
    depends: Callable[[JobInputs, Done, Tools], dict[str, str | int]]
    perform: Callable[[Task], Awaitable[StageOutput]]


_WORK: Mapping[Stage, _Work] = {
    Stage.REFINE: _Work(refine.depends, refine.perform),
    Stage.SCRIPT: _Work(script.depends, script.perform),
    Stage.SPEECH: _Work(speech.depends, speech.perform),
    Stage.SCENES: _Work(scenes.depends, scenes.perform),
    Stage.VIDEO: _Work(video.depends, video.perform),
}
_CUT = _Work(cut.depends, cut.perform)
"""The one stage of a film that is cut of a project's timeline."""


async def run_stage(
    stage: Stage,
    inputs: JobInputs,
    done: Done,
    tools: Tools,
    workspace: Path,
    report: Callable[[float], None],
) -> StageOutput:
    """Make what `stage` makes of the inputs and of earlier outputs, or find it where it was stored before.

    `report` hears fractions from 0 to 1 that never go back. Everything that fails is a `StageFailed`. What was written
    into `workspace` is gone on return, on failure and on cancellation, which takes at most some seconds.
    """
    installed(inputs.kind, tools)
    folder = workspace / stage.value
    work = _WORK[stage] if inputs.film is None else _CUT
    try:
        key = output_key(stage, work.depends(inputs, done, tools))
        stored = await _stored(tools, key)
        if stored is not None:
            report(1.0)
            return stored
        await asyncio.to_thread(_fresh, folder)
        output = await work.perform(Task(stage, key, inputs, done, tools, folder, forward(report)))
        await _note(tools, output)
        await tools.parts.forget()
        report(1.0)
        return output
    except (BlobMissing, BlobCorrupt) as error:
        message = f"what an earlier stage left cannot be used: {error}"
        raise StageFailed("blobs.corrupt", message, retryable=False) from error
    except BlobStoreUnavailable as error:
        code = "disk.full" if error.disk_full else "blobs.unavailable"
        raise StageFailed(code, str(error), retryable=True) from error
    except OSError as error:
        raise _refused(error, folder) from error
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))


def percent(stage: Stage, fraction: float) -> float:
    """How far a whole film is, from 0 to 100, when `fraction` of `stage` is done and all before it is."""
    before = sum(STAGE_PERCENT[one] for one in STAGES[: STAGES.index(stage)])
    return before + STAGE_PERCENT[stage] * min(max(fraction, 0.0), 1.0)


def forward(report: Callable[[float], None]) -> Callable[[float], None]:
    """The same report, but from 0 to 1 and never back."""
    furthest = 0.0

    def tell(fraction: float) -> None:
        nonlocal furthest
        furthest = max(furthest, min(fraction, 1.0))
        report(furthest)

    return tell


def points_of(duration_ms: int) -> int:
    """One point for each started ten seconds of film, at least one."""
    return max(-(-duration_ms // _MS_A_POINT), 1)


def estimate_points(inputs: JobInputs) -> int:
    """The points that a film will take at most in all likelihood, before its narration exists."""
    found = tokens(clean(inputs.script))
    glued = sum(token.glued for token in found)
    words = len(found) - glued if found else _WORDS_OF_A_PROMPT
    return points_of(words * _MS_A_WORD + glued * _MS_A_CHARACTER + _MS_AROUND)


async def _note(tools: Tools, output: StageOutput) -> None:
    name = _manifest(output.output_key)
    hidden = await asyncio.to_thread(tools.notes.hidden, name, output.model_dump_json(by_alias=True).encode())
    if hidden is not None:
        await tools.blobs.note(name, hidden)


async def _stored(tools: Tools, key: str) -> StageOutput | None:
    """The output that was noted under this key, if it can be read and all that it names is still there."""
    kept = await tools.blobs.noted(_manifest(key))
    manifest = await asyncio.to_thread(tools.notes.shown, _manifest(key), kept) if kept is not None else None
    if manifest is None:
        return None
    try:
        output = StageOutput.model_validate_json(manifest)
    except ValidationError:
        return None  # a torn or foreign note is no output: the stage is run again and writes a new one
    for artifact in output.artifacts:
        if await tools.blobs.size(artifact.sha256) != artifact.size_bytes:
            return None
    return output if output.output_key == key else None


def _manifest(key: str) -> str:
    return f"outputs/{key}.json"


def _fresh(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _refused(error: OSError, folder: Path) -> StageFailed:
    if error.errno in NO_ROOM:
        message = f"the disk of the working folder {folder} is full: make room there, then retry"
        return StageFailed("disk.full", message, retryable=True)
    message = f"the working folder {folder} cannot be used: {error.strerror or error}; check that it is writable"
    return StageFailed("engine.failed", message, retryable=True)
