"""The render service in one process: the real rules on a log in memory, folded into the real queue in PostgreSQL."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from prometheus_client import CollectorRegistry

from contracts.catalog import as_command
from contracts.envelope import Command, stream_id
from contracts.messages import RENDER_CATALOG
from contracts.messages.job import ApproveJob, CancelJob, JobEvent, QueueJob
from contracts.model import CommandBody
from contracts.rendering import STAGES, JobInputs, Stage, StageOutput
from eventlog.clock import new_id, now
from eventlog.commit import Position, accept, start
from eventlog.errors import Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.read.postgres import Pool, PostgresProjectionStore
from eventlog.read.projector import ProjectorLane
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from eventlog.write.policy import Heard, PolicyLane
from eventlog.write.processor import Processor
from services.render.deciders import DECIDERS
from services.render.projections import QUEUE
from services.render.worker.metrics import WorkerMetrics
from services.render.worker.progress import Progress
from services.render.worker.queue import RenderQueue
from services.render.worker.turn import Crew, RunStage

TOPIC = "playhead.render.events"


@dataclass(frozen=True, slots=True)
class Wish:
    """A job that was asked for."""

    tenant: str
    job_id: UUID
    stages: tuple[Stage, ...]
    priority: int = 0

    @property
    def stream(self) -> str:
        return stream_id("job", self.tenant, str(self.job_id))

    def command(self, body: CommandBody) -> Command:
        return as_command(
            body,
            id_=new_id(),
            stream=self.stream,
            at=now(),
            tenant=self.tenant,
            actor="tests",
        )


def a_wish(tenant: str = "t", stages: tuple[Stage, ...] = STAGES, priority: int = 0) -> Wish:
    return Wish(tenant, new_id(), stages, priority)


class Court:
    """Commands are decided and projected before `send` returns, unless `away`."""

    def __init__(self, pool: Pool) -> None:
        self._log = MemoryEventLog(TOPIC, 1)
        self._lane = Lane(DECIDERS, RENDER_CATALOG, MemoryLedger(start(TOPIC, 0)), lambda _: True)
        self._processor = Processor(self._log, 0, self._lane)
        self._store = PostgresProjectionStore(pool, "tests", QUEUE)
        self._projector = ProjectorLane(QUEUE, (), RENDER_CATALOG, start(TOPIC, 0), {})
        self._expected: Position | None = None
        self._lock = asyncio.Lock()
        self.away = False
        self.sent: list[Command] = []

    async def send(self, commands: Sequence[Command]) -> None:
        if self.away:
            raise Unavailable("kafka", "no broker answers")
        self.sent.extend(commands)
        async with self._lock:
            if self._projector.position.next_offset == 0:
                await self._processor.start()
            await self._processor.handle(commands)
            await self._project()

    async def _project(self) -> None:
        records = self._log.partitions[0][self._projector.position.next_offset :]
        position, counted = self._projector.take(records)
        changes = self._projector.fold(counted, await self._store.load(self._projector.places(counted)))
        await self._store.commit(TOPIC, 0, self._expected, position, changes)
        self._projector.moved(position, len(records), len(counted))
        self._expected = position

    async def ask(self, *wishes: Wish, paid: bool = True) -> None:
        """Queue jobs, and set their points aside."""
        queued = [wish.command(_queued(wish)) for wish in wishes]
        await self.send(queued + ([wish.command(ApproveJob(run=1)) for wish in wishes] if paid else []))

    async def cancel(self, wish: Wish) -> None:
        await self.send([wish.command(CancelJob(reason="tests"))])

    def heard(self) -> list[Heard]:
        """Every event and refusal, in the order of the log."""
        found: list[Heard] = []
        lane = PolicyLane([lambda heard: found.append(heard) or ()], RENDER_CATALOG, start(TOPIC, 0), "tests")
        position = start(TOPIC, 0)
        for record in self._log.partitions[0]:
            position, _ = accept(position, record)
            lane.see(record)
        return found

    def events(self, wish: Wish) -> list[JobEvent]:
        return [heard.body for heard in self.heard() if heard.stream == wish.stream and heard.body is not None]  # pyright: ignore[reportReturnType]

    def told(self, wish: Wish) -> list[str]:
        """The types of the events."""
        return [event.TYPE.removeprefix("job.") for event in self.events(wish)]

    def refusals(self) -> list[str]:
        return [heard.refusal.code for heard in self.heard() if heard.refusal is not None]


@dataclass
class Studio:
    """Stages of tests: each leaves an output, or does what `acts` says instead."""

    acts: Mapping[Stage, Callable[[], object]] = field(default_factory=dict[Stage, Callable[[], object]])
    ran: list[Stage] = field(default_factory=list[Stage])

    async def run(
        self,
        stage: Stage,
        inputs: JobInputs,
        done: Mapping[Stage, StageOutput],
        folder: Path,
        report: Callable[[float], None],
    ) -> StageOutput:
        self.ran.append(stage)
        act = self.acts.get(stage)
        found = act() if act else None
        if asyncio.iscoroutine(found):
            await found
        report(1.0)
        return StageOutput(stage=stage, output_key=f"{stage.value}-key", script="Words.", duration_ms=12_000)


@dataclass
class News:
    """What was told of progress."""

    words: list[Progress] = field(default_factory=list[Progress])

    async def tell(self, _stream: str, progress: Progress) -> None:
        self.words.append(progress)


def a_crew(court: Court, queue: RenderQueue, run_stage: RunStage, workspace: Path, news: News | None = None) -> Crew:
    return Crew(queue, court, run_stage, (news or News()).tell, now, WorkerMetrics(CollectorRegistry()), workspace)


def _queued(wish: Wish) -> QueueJob:
    return QueueJob(
        job_id=wish.job_id,
        session_id=new_id(),
        account_id=new_id(),
        stages=wish.stages,
        inputs=JobInputs(prompt="Tides"),
        estimate_points=2,
        priority=wish.priority,
    )
