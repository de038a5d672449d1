"""What a provider of words took is a fact that analysts can add up, from the wish to the table."""

from pathlib import Path

import pytest

from blobs.memory import MemoryBlobs
from contracts.messages.job import ClaimJob, CompleteStage, JobQueued
from contracts.rendering import Stage, StageOutput, WriterEngine, Writing
from services.render.engines.espeak import EspeakVoice
from services.render.engines.ffmpeg import Ffmpeg
from services.render.engines.template_writer import TemplateWriter
from services.render.pipeline import Tools, run_stage
from tests.flows.world import World
from tests.render.engines.online.company import MODEL, Company, Reply, company, good
from tests.session.words import start

ONLINE = Writing(engine=WriterEngine.ONLINE, model=MODEL)


def queued(world: World) -> JobQueued:
    [(name, version, data)] = [
        (event.type, event.type_version, bytes(event.data))
        for commit in world.render.commits()
        for event in commit.events
        if event.type == JobQueued.TYPE
    ]
    body = world.render.catalog.decode_event(name, version, data)
    assert isinstance(body, JobQueued)
    return body


async def written(world: World, endpoint: Company, folder: Path) -> dict[Stage, StageOutput]:
    """A worker does the stages that write."""
    tools = Tools(MemoryBlobs(), TemplateWriter(), EspeakVoice(), Ffmpeg(), online=endpoint.online())
    done: dict[Stage, StageOutput] = {}
    world.send(ClaimJob(worker="worker-1", epoch=1))
    for stage in (Stage.REFINE, Stage.SCRIPT):
        done[stage] = await run_stage(stage, queued(world).inputs, done, tools, folder, lambda _: None)
        assert world.send(CompleteStage(epoch=1, output=done[stage])) == ["done"]
    return done


@pytest.mark.req(41)
async def test_each_use_of_a_provider_is_a_row_with_its_calls_tokens_and_latency(tmp_path: Path) -> None:
    world = World()
    world.send(start().model_copy(update={"writing": ONLINE}))
    async with company(Reply(status=500), good()) as endpoint:
        done = await written(world, endpoint, tmp_path)
    rows = {row["operation"]: row for row in await world.rows("analytics.api_usage")}
    assert set(rows) == {"refine", "script"}
    for operation, calls in (("refine", 2), ("script", 1)):
        row = rows[operation]
        assert (row["provider"], row["model"], row["calls"]) == ("127.0.0.1", MODEL, calls)
        assert (row["prompt_tokens"], row["completion_tokens"]) == (11, 7)
        assert row["latency_ms"] >= 0
    assert done[Stage.SCRIPT].writer == f"online/1/{MODEL}"
    (session,) = await world.rows("sessions")
    assert session["script"] == done[Stage.SCRIPT].script == "The sea rises.\n\nThe sea falls."


@pytest.mark.req(41)
async def test_calls_that_came_to_nothing_are_counted_too(tmp_path: Path) -> None:
    world = World()
    world.send(start().model_copy(update={"writing": ONLINE}))
    async with company(Reply(status=401)) as endpoint:
        done = await written(world, endpoint, tmp_path)
    rows = [(row["operation"], row["model"], row["calls"]) for row in await world.rows("analytics.api_usage")]
    assert sorted(rows) == [(name, model, 1) for name in ("refine", "script") for model in (MODEL, "template/2")]
    assert (done[Stage.SCRIPT].writer, done[Stage.SCRIPT].fell_back) == ("template/2", "writer.denied")
