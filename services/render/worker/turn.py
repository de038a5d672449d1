"""One turn at one job: the claim, the stages that are left, and what came of it, told to the job's stream."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path

import msgspec
import structlog

from contracts.envelope import Command
from contracts.messages.job import ReleaseReason
from contracts.rendering import FREE_STAGES, JobInputs, Stage, StageOutput
from contracts.sealing import KeyDestroyed, Keys, NoKeys
from eventlog import tracing
from eventlog.clock import Clock
from eventlog.errors import Unavailable
from eventlog.tasks import plain_errors
from eventlog.write.policy_runner import Sender
from services.render.stages.errors import StageFailed
from services.render.worker.lease import Lease, Lost, Over
from services.render.worker.metrics import WorkerMetrics
from services.render.worker.progress import Journey, Tell
from services.render.worker.queue import Claim, RenderQueue, Standing
from services.render.worker.words import Words

ACCEPT_SECONDS = 10.0
"""For a claim to be seen in the queue; after that the job is left to whoever comes next."""
SETTLE_SECONDS = 60.0
"""For the last word to be seen there; after that it is believed, for it is in the log."""
FAREWELL_SECONDS = 1.5
"""For each of two farewells when the worker is asked to stop."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.2
SEND_PAUSE_SECONDS = 0.5

RunStage = Callable[
    [Stage, JobInputs, Mapping[Stage, StageOutput], Path, Callable[[float], None]], Awaitable[StageOutput]
]
"""Stage, inputs, earlier outputs, a folder, who hears of progress. Every failure that is known is a `StageFailed`."""


async def _none(_: str) -> int:
    return 0


class Outcome(StrEnum):
    """What came of a turn."""

    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    OVER = "over"
    LOST = "lost"
    REFUSED = "refused"
    DRAINED = "drained"


@dataclass(frozen=True, slots=True)
class Crew:
    """What every turn of one worker works with. `keep`: so long the files that it makes are kept. `parts_of`: how much
    of its next stage is kept of the job with that stream."""

    queue: RenderQueue
    sender: Sender
    run_stage: RunStage
    tell: Tell
    clock: Clock
    metrics: WorkerMetrics
    workspace: Path
    keep: timedelta | None = None
    trace_of: Callable[[str], str] = lambda _: ""
    """The `traceparent` of a job's stream; empty where it is not traced."""
    keys: Keys = field(default_factory=NoKeys)
    parts_of: Callable[[str], Awaitable[int]] = _none


class Turn:
    """To be run once. `began` is the loop's time before the claim was asked for."""

    def __init__(self, crew: Crew, claim: Claim, began: float) -> None:
        self._crew = crew
        self._claim = claim
        self._lease = Lease(crew.queue, claim, began, crew.keys)
        self._words = Words(claim, crew.queue.worker, crew.clock, crew.keep, crew.keys)
        self._log = structlog.get_logger().bind(stream=claim.stream, epoch=claim.epoch)
        self._folder = crew.workspace / f"{claim.stream}-{claim.epoch}"
        self.outcome: Outcome | None = None

    async def run(self) -> Outcome:
        """Whatever comes of it. Cancelled, it stops what runs, gives the job back and raises on."""
        try:
            with plain_errors():
                async with asyncio.TaskGroup() as group:
                    keeping = group.create_task(self._lease.keep())
                    await self._work(group)
                    keeping.cancel()
        except Lost as lost:
            self.outcome = Outcome.LOST
            self._log.warning("the job is left to another worker", detail=str(lost))
        except Over as over:
            self.outcome = self.outcome or Outcome.OVER
            self._log.info("the turn is over", detail=str(over))
        except KeyDestroyed:
            self.outcome = Outcome.OVER
            self._log.info("the turn is over", detail="whom the job is about was erased meanwhile")
        except asyncio.CancelledError:
            await self._give_back()
            raise
        finally:
            await self._leave()
        return self.outcome or Outcome.REFUSED

    async def _work(self, group: asyncio.TaskGroup) -> None:
        # Nobody has left anything of a job that nobody had before.
        parts = await self._crew.parts_of(self._claim.stream) if self._claim.epoch > 1 else 0
        await self._say(partial(self._words.claim, parts))
        standing = await self._seen(lambda standing: standing.is_at_work(self._claim), ACCEPT_SECONDS)
        if standing is None:
            self._log.warning("the claim was not accepted in time", seconds=ACCEPT_SECONDS)
            return
        self._log.info("at work", stages=[stage.value for stage in standing.left])
        journey = Journey(self._claim, {*standing.outputs, *standing.left}, self._crew.tell)
        telling = group.create_task(journey.keep_telling())
        self.outcome = await self._stages(standing, journey)
        telling.cancel()
        settled = await self._seen(lambda standing: standing.is_past(self._claim), SETTLE_SECONDS)
        if settled is None:
            self._log.warning("the log has not said what came of it", seconds=SETTLE_SECONDS)
        elif self.outcome is Outcome.DONE and settled.left:
            self.outcome = Outcome.OVER

    async def _stages(self, standing: Standing, journey: Journey) -> Outcome:
        done = dict(standing.outputs)
        for place, stage in enumerate(standing.left):
            if standing.held and stage not in FREE_STAGES and not await self._is_paid(stage):
                return Outcome.HELD
            output = await self._stage(stage, done, journey)
            if output is None:
                return Outcome.FAILED
            done[stage] = output
            await self._say(partial(self._words.complete, output))
            self._log.info("stage done", stage=stage.value, left=len(standing.left) - place - 1)
        return Outcome.DONE

    async def _is_paid(self, stage: Stage) -> bool:
        """Wait until the log has said what it makes of the stages before: it takes an unpaid job back."""
        standing = await self._seen(lambda seen: seen.is_past(self._claim) or seen.left[:1] == (stage,), SETTLE_SECONDS)
        return standing is not None and standing.is_at_work(self._claim)

    async def _stage(self, stage: Stage, done: Mapping[Stage, StageOutput], journey: Journey) -> StageOutput | None:
        """What the stage left; None after a failure that was told."""
        began, code = _now(), "done"
        try:
            with self._span(stage):
                return await self._crew.run_stage(stage, self._claim.inputs, done, self._folder, journey.at(stage))
        except StageFailed as failed:
            code = failed.code
            self._log.warning("stage failed", stage=stage.value, code=code, cause=failed.cause)
            word = partial(self._words.fail, stage, code, failed.message, retryable=failed.retryable)
        except Exception as error:  # noqa: BLE001 - a stage that breaks is that job's misfortune, not the worker's
            code = "worker.failed"
            self._log.error("stage broke", stage=stage.value, exc_info=True)
            message = f"the stage broke with {type(error).__name__}; the worker's log says where"
            word = partial(self._words.fail, stage, code, message, retryable=True)
        finally:
            self._crew.metrics.stage(stage, code, _now() - began)
        await self._say(word)
        return None

    def _span(self, stage: Stage) -> AbstractContextManager[object]:
        trace = self._crew.trace_of(self._claim.stream)
        return tracing.span(f"stage {stage.value}", trace) if trace else nullcontext()

    async def _say(self, word: Callable[[], Command]) -> None:
        """Return when the log has it. Raises `Lost` rather than say anything under a lease that is over."""
        command: Command | None = None
        while True:
            self._lease.ensure()
            try:
                if command is None:
                    said = await asyncio.to_thread(word)  # whose key it is said under may have to be asked for
                    command = msgspec.structs.replace(said, trace=self._crew.trace_of(self._claim.stream))
                return await self._crew.sender.send([command])
            except Unavailable as error:
                self._log.warning("not said yet", detail=str(error))
            await asyncio.sleep(SEND_PAUSE_SECONDS)

    async def _seen(self, wanted: Callable[[Standing], bool], seconds: float) -> Standing | None:
        """How the job stands once it is as wanted, or past this turn; None after so many seconds."""
        pause, deadline = FIRST_PAUSE_SECONDS, _now() + seconds
        while _now() < deadline:
            try:
                standing = await self._crew.queue.look(self._claim)
            except Unavailable as error:
                self._log.warning("the queue cannot be read", detail=str(error))
            else:
                if standing is not None and wanted(standing):
                    return standing
                if standing is not None and standing.is_past(self._claim):
                    raise Over(f"turn {self._claim.epoch} at {self._claim.stream} was ended by somebody else")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
        return None

    async def _give_back(self) -> None:
        """The worker is asked to stop: another one is to go on, at once."""
        if self.outcome is not None:
            return
        self.outcome = Outcome.DRAINED
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._crew.sender.send([self._words.release(ReleaseReason.DRAINED)])
        except (Unavailable, TimeoutError) as error:
            self._log.warning("the job was not given back; its lease will run out", detail=str(error))

    async def _leave(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        self._crew.metrics.turn(self.outcome or Outcome.REFUSED)
        if self.outcome is Outcome.LOST:
            return
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._crew.queue.let_go(self._claim)
        except (Unavailable, TimeoutError) as error:
            self._log.warning("the lease was not ended; it will run out", detail=str(error))


def _now() -> float:
    return asyncio.get_running_loop().time()
