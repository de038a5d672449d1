"""The job's inputs name the writer; another one writes only where the job allows it, and under its own key."""

from pathlib import Path

import pytest

from blobs.memory import MemoryBlobs
from contracts.rendering import JobInputs, Stage, StageOutput, WriterEngine, Writing
from services.render.engines.espeak import EspeakVoice
from services.render.engines.ffmpeg import Ffmpeg
from services.render.engines.template_writer import TemplateWriter
from services.render.pipeline import run_stage
from services.render.stages.errors import StageFailed
from services.render.stages.tools import Tools
from tests.render.engines.online.company import MODEL, Company, Reply, company, good, said

STRICT = JobInputs(prompt="Explain tides", writing=Writing(engine=WriterEngine.ONLINE, model=MODEL, fallback=False))
LENIENT = STRICT.model_copy(update={"writing": Writing(engine=WriterEngine.ONLINE, model=MODEL)})
PLAIN = JobInputs(prompt="Explain tides")
DOWN = Reply(status=500)


async def run(stage: Stage, inputs: JobInputs, blobs: MemoryBlobs, folder: Path, made: Company | None) -> StageOutput:
    tools = Tools(blobs, TemplateWriter(), EspeakVoice(), Ffmpeg(), online=made.online() if made else None)
    return await run_stage(stage, inputs, {}, tools, folder, lambda _: None)


@pytest.mark.parametrize("stage", [Stage.REFINE, Stage.SCRIPT])
async def test_the_writer_that_was_named_writes_once(stage: Stage, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    async with company(good(), DOWN) as made:
        output = await run(stage, STRICT, blobs, tmp_path, made)
        again = await run(stage, STRICT, blobs, tmp_path, made)
    assert again == output
    assert len(made.asked) == 1
    assert (output.writer, output.fell_back, output.title) == (f"online/1/{MODEL}", None, "Tides")
    assert [(one.model, one.operation) for one in output.usage] == [(MODEL, stage.value)]


async def test_the_same_inputs_have_the_same_key_on_every_worker(tmp_path: Path) -> None:
    async with company(good()) as one, company(good(title="Other tides")) as other:
        here = await run(Stage.SCRIPT, STRICT, MemoryBlobs(), tmp_path, one)
        there = await run(Stage.SCRIPT, STRICT, MemoryBlobs(), tmp_path, other)
    assert here.output_key == there.output_key
    plain = await run(Stage.SCRIPT, PLAIN, MemoryBlobs(), tmp_path, None)
    assert plain.output_key != here.output_key


@pytest.mark.parametrize("stage", [Stage.REFINE, Stage.SCRIPT])
async def test_where_the_job_allows_it_the_template_writer_steps_in_and_says_so(stage: Stage, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    plain = await run(stage, PLAIN, MemoryBlobs(), tmp_path, None)
    async with company(said("nonsense"), DOWN, DOWN, good()) as made:
        output = await run(stage, LENIENT, blobs, tmp_path, made)
        assert (output.writer, output.fell_back) == ("template/2", "writer.unavailable")
        assert (output.script, output.refined_prompt) == (plain.script, plain.refined_prompt)
        assert [(one.model, one.calls, one.prompt_tokens) for one in output.usage] == [
            (MODEL, 3, 11),
            ("template/2", 1, 0),
        ]
        assert output.output_key == plain.output_key
        later = await run(stage, LENIENT, blobs, tmp_path, made)
    assert later.writer == f"online/1/{MODEL}"
    assert later.output_key != output.output_key


async def test_where_the_job_does_not_allow_it_the_stage_fails(tmp_path: Path) -> None:
    async with company(DOWN) as made:
        with pytest.raises(StageFailed) as failed:
            await run(Stage.SCRIPT, STRICT, MemoryBlobs(), tmp_path, made)
    assert (failed.value.code, failed.value.retryable) == ("writer.unavailable", True)


async def test_a_worker_without_an_online_writer_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match="PLAYHEAD_WRITER_URL") as failed:
        await run(Stage.SCRIPT, STRICT, MemoryBlobs(), tmp_path, None)
    assert (failed.value.code, failed.value.retryable) == ("writer.not_installed", False)
    output = await run(Stage.SCRIPT, LENIENT, MemoryBlobs(), tmp_path, None)
    assert (output.writer, output.fell_back) == ("template/2", "writer.not_installed")
