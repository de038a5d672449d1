"""What a stage is given beside its inputs: engines, the blob store, and a folder that is taken away afterwards."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from blobs.store import BlobStore
from contracts.rendering import Artifact, AssetKind, JobInputs, Stage, StageOutput
from services.render.engines.ffmpeg import Ffmpeg
from services.render.engines.manim.program import Manim
from services.render.engines.online import Online
from services.render.engines.prose import clean, one_line
from services.render.engines.subject import subject_of
from services.render.engines.voice import Voice
from services.render.engines.writer import Writer
from services.render.stages.errors import StageFailed
from services.render.stages.keys import asset_id
from services.render.stages.notes import Notes, PlainNotes
from services.render.stages.parts import NoParts, Parts

PART_SECONDS = 6
"""Three times the distance of pictures that are whole; to begin anew costs the encoder a fifteenth of it."""

P = ParamSpec("P")
R = TypeVar("R")
Done = Mapping[Stage, StageOutput]


@dataclass(frozen=True, slots=True)
class Tools:
    """The engines of a worker. `threads`: for the encoder, which makes a film in parts of `part_seconds`; the same
    numbers always give the same bytes. `writer` needs no network and steps in for `online`, which a worker may be
    without, as it may be without `manim`. `notes`: how what a stage left is noted; `parts`: what it has made so far."""

    blobs: BlobStore
    writer: Writer
    voice: Voice
    ffmpeg: Ffmpeg
    threads: int = 2
    part_seconds: int = PART_SECONDS
    online: Online | None = None
    manim: Manim | None = None
    notes: Notes = field(default_factory=PlainNotes)
    parts: Parts = field(default_factory=NoParts)


@dataclass(frozen=True, slots=True)
class Task:
    """One run of one stage: its output's key, where it may write, and whom to tell the fraction that is done."""

    stage: Stage
    key: str
    inputs: JobInputs
    done: Done
    tools: Tools
    folder: Path
    report: Callable[[float], None]

    async def keep(
        self, kind: AssetKind, media_type: str, file_name: str, content: bytes | Path, duration_ms: int | None = None
    ) -> Artifact:
        """Put a finished file into the blob store; what is returned is true once it is durable."""
        blob = await self.tools.blobs.put(content)
        return Artifact(
            asset_id=asset_id(self.key, file_name),
            kind=kind,
            media_type=media_type,
            file_name=file_name,
            sha256=blob.sha256,
            size_bytes=blob.size,
            duration_ms=duration_ms,
        )

    async def fetch(self, artifact: Artifact, file_name: str) -> Path:
        """Bring an earlier stage's file into the folder, its digest checked."""
        path = self.folder / file_name
        with path.open("wb") as file:
            async for chunk in self.tools.blobs.get(artifact.sha256):
                file.write(chunk)
        return path


async def in_thread(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Run what keeps a processor busy beside the event loop. A cancellation waits until it has let go of its files."""
    work = asyncio.get_running_loop().run_in_executor(None, partial(function, *arguments, **named))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


def title_of(inputs: JobInputs, done: Done) -> str:
    """The film's title: the newest that a stage gave, else the one asked for, else the script's or prompt's subject."""
    for stage in (Stage.SCRIPT, Stage.REFINE):
        output = done.get(stage)
        if output is not None and output.title:
            return output.title
    return one_line(inputs.title) or subject_of(inputs.prompt or inputs.script).title


def script_of(inputs: JobInputs, done: Done) -> str:
    """The words to speak, cleaned; `script.empty` when there are none."""
    output = done.get(Stage.SCRIPT)
    script = clean((output.script if output is not None else None) or inputs.script)
    if not any(character.isalnum() for character in script):
        message = "the script holds no word that could be spoken: give a script, or run the script stage first"
        raise StageFailed("script.empty", message, retryable=False)
    return script


def artifact_of(done: Done, stage: Stage, kind: AssetKind) -> Artifact:
    """The artifact of this kind that an earlier stage left; `<stage>.missing` when that stage has not been run."""
    output = done.get(stage)
    found = next((one for one in output.artifacts if one.kind is kind), None) if output is not None else None
    if found is None:
        message = f"the {stage.value} stage has left no {kind.value}: run it before this one"
        raise StageFailed(f"{stage.value}.missing", message, retryable=False)
    return found
