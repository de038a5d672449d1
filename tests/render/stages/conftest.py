"""One small film, made once, for all tests that look at a finished one; and parts to make others."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from blobs.memory import MemoryBlobs
from contracts.rendering import STAGES, Artifact, AssetKind, JobInputs, Stage, StageOutput
from services.render.engines.espeak import EspeakVoice
from services.render.engines.ffmpeg import Ffmpeg
from services.render.engines.manim.program import Manim
from services.render.engines.template_writer import TemplateWriter
from services.render.pipeline import run_stage
from services.render.stages.tools import Tools

INPUTS = JobInputs(title="Tides", script="Tides rise and fall twice a day.\n\nThe moon pulls. The sea follows, slowly.")


@dataclass
class Made:
    """A film as a worker would have made it, and what was told on the way."""

    inputs: JobInputs
    blobs: MemoryBlobs
    done: dict[Stage, StageOutput] = field(default_factory=dict[Stage, StageOutput])
    told: dict[Stage, list[float]] = field(default_factory=dict[Stage, list[float]])

    def artifact(self, stage: Stage, file_name: str) -> Artifact:
        return next(one for one in self.done[stage].artifacts if one.file_name == file_name)

    async def content(self, stage: Stage, file_name: str) -> bytes:
        artifact = self.artifact(stage, file_name)
        return await self.blobs.read(artifact.sha256, 0, artifact.size_bytes)

    @property
    def film(self) -> Artifact:
        return next(one for one in self.done[Stage.VIDEO].artifacts if one.kind is AssetKind.VIDEO)


def tools_of(blobs: MemoryBlobs, ffmpeg: Ffmpeg | None = None, manim: Manim | None = None) -> Tools:
    return Tools(blobs, TemplateWriter(), EspeakVoice(), ffmpeg or Ffmpeg(), manim=manim)


async def make(inputs: JobInputs, workspace: Path, until: Stage = Stage.VIDEO, manim: Manim | None = None) -> Made:
    """Run the stages in order, up to and with `until`."""
    made = Made(inputs, MemoryBlobs())
    for stage in STAGES[: STAGES.index(until) + 1]:
        told = made.told[stage] = []
        output = await run_stage(stage, inputs, made.done, tools_of(made.blobs, manim=manim), workspace, told.append)
        made.done[stage] = output
    return made


@pytest.fixture(scope="session")
async def tides(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Made]:
    """The film of `INPUTS`."""
    async with asyncio.timeout(120):
        yield await make(INPUTS, tmp_path_factory.mktemp("tides"))
