"""The wiring of a worker: the one place that names its real parts."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from blobs.opening import open_blobs
from blobs.store import BlobStore
from contracts.rendering import JobInputs, Stage, StageOutput
from contracts.topics import COMMANDS_OF, RENDER_EVENTS
from eventlog import tracing
from eventlog.clock import new_id, now
from eventlog.kafka import KafkaEventLog, KafkaSender
from eventlog.read.postgres import Pool, open_service_pool
from eventlog.service import Service, kafka_broker, reached
from eventlog.telemetry import Metrics
from services.render.engines.espeak import EspeakVoice
from services.render.engines.ffmpeg import Ffmpeg
from services.render.engines.manim.program import Manim
from services.render.engines.online import Access, Endpoint, Online
from services.render.engines.template_writer import TemplateWriter
from services.render.pipeline import Tools, run_stage
from services.render.settings import WorkerSettings
from services.render.stages.notes import SealedNotes
from services.render.stages.parts import StoredParts, count
from services.render.worker.metrics import WorkerMetrics
from services.render.worker.news import KafkaNews
from services.render.worker.queue import Claim, RenderQueue
from services.render.worker.traces import Traces
from services.render.worker.turn import Crew, RunStage, Turn
from services.render.worker.worker import Worker
from services.render.worker.workspace import workspace

END_SECONDS = 8.0
"""For the jobs in hand to be given back, before the connections are closed."""


@asynccontextmanager
async def wire(settings: WorkerSettings, metrics: Metrics) -> AsyncGenerator[Service]:
    """Everything connected on the way in; on the way out, closed when the jobs in hand were given back."""
    name = settings.worker_name or f"worker-{new_id().hex[-12:]}"
    access = settings.kafka(f"playhead-{name}")
    sender, news = KafkaSender(access, COMMANDS_OF), KafkaNews(access)
    jobs = KafkaEventLog(access, RENDER_EVENTS.name) if tracing.on() else None
    pools: list[Pool] = []
    blobs, keys = open_blobs(settings.blobs), settings.keys(metrics.unreadable)

    async def connect() -> None:
        dsn = settings.database_url.get_secret_value()
        pools.append(await open_service_pool(dsn, application=f"playhead-{name}", size=3 + 2 * settings.jobs))

    try:
        await reached(connect)
        await reached(sender.start)
        if jobs is not None:
            await reached(jobs.start)
        with workspace(settings.data / "work", name) as folder:
            queue = RenderQueue(pools[0], name, jobs_per_tenant=settings.jobs_per_tenant)
            tools, measures = tools_of(settings, blobs), WorkerMetrics(metrics.registry)
            traces = Traces(jobs) if jobs is not None else None
            trace_of = traces.of if traces is not None else lambda _: ""

            async def take(claim: Claim, began: float) -> None:
                notes = SealedNotes(keys.keys, claim.subject)
                work = stages(replace(tools, notes=notes, parts=StoredParts(blobs, notes, claim.stream)))
                crew = Crew(
                    *(queue, sender, work, news.tell, now, measures, folder, settings.keep_files, trace_of, keys.keys),
                    partial(count, blobs),
                )
                await Turn(crew, claim, began).run()

            worker = Worker(queue, take, settings.jobs)
            checks = {"postgres": queue.ping, "queue": worker.check}
            besides = (
                queue.presence.keep,
                worker.run,
                *keys.besides,
                *((traces.run,) if traces is not None else ()),
            )
            try:
                yield Service(kafka_broker(access), (), metrics, checks, besides=besides)
            finally:
                await _ended(worker)
    finally:
        await blobs.close()
        await news.close()
        if jobs is not None:
            await jobs.close()
        await sender.close()
        for pool in pools:
            pool.terminate()
        keys.close()


async def _ended(worker: Worker) -> None:
    try:
        async with asyncio.timeout(END_SECONDS):
            await worker.ended.wait()
    except TimeoutError:
        structlog.get_logger().error("jobs were not given back in time; their leases will run out", seconds=END_SECONDS)


def tools_of(settings: WorkerSettings, blobs: BlobStore) -> Tools:
    """The engines of this machine."""
    return Tools(
        blobs=blobs,
        writer=TemplateWriter(),
        voice=EspeakVoice(),
        ffmpeg=Ffmpeg(Path(settings.ffmpeg) if settings.ffmpeg else None),
        online=online(settings),
        manim=Manim.installed(),
    )


def stages(tools: Tools) -> RunStage:
    """The stages with these engines."""

    async def run(
        stage: Stage,
        inputs: JobInputs,
        done: Mapping[Stage, StageOutput],
        folder: Path,
        report: Callable[[float], None],
    ) -> StageOutput:
        return await run_stage(stage, inputs, done, tools, folder, report)

    return run


def online(settings: WorkerSettings) -> Online | None:
    """The endpoint that writes, where one is set up."""
    if not settings.writer_url:
        return None
    access = Access(
        url=settings.writer_url,
        key=settings.writer_key,
        seconds=settings.writer_seconds,
        tokens=settings.writer_tokens,
        tokens_field=settings.writer_tokens_field,
        form=settings.writer_form,
    )
    return Online(Endpoint(access), settings.models)
