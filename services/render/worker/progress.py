"""How far a job is, told as news: weighted by stages, never back, at most twice a second."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

import msgspec

from contracts.rendering import STAGE_PERCENT, STAGES, Stage
from services.render.worker.queue import Claim

EVERY_SECONDS = 0.5


class Progress(msgspec.Struct, frozen=True, rename="camel"):
    """One word of news. `percent` is of the whole job, `stage_percent` of the stage at work."""

    job_id: str
    session_id: str
    tenant: str
    stage: Stage
    percent: float
    stage_percent: float


Tell = Callable[[str, Progress], Awaitable[None]]
"""Takes the job's stream and the word. It may lose a word, it does not raise for it, and it does not wait for long."""


class Journey:
    """The way through one turn at a job. What `at` gives may be called from any thread."""

    def __init__(self, claim: Claim, stages: Collection[Stage], tell: Tell) -> None:
        """`stages` are all that stand for the whole: those that are done and those that are left."""
        self._claim = claim
        self._stages = [stage for stage in STAGES if stage in stages]
        self._tell = tell
        self._newest: Progress | None = None

    def at(self, stage: Stage) -> Callable[[float], None]:
        """What takes the fraction (0 to 1, never back) that is done of `stage`."""
        whole = sum(STAGE_PERCENT[one] for one in self._stages)
        before = sum(STAGE_PERCENT[one] for one in self._stages[: self._stages.index(stage)])

        def report(fraction: float) -> None:
            self._newest = Progress(
                job_id=str(self._claim.job_id),
                session_id=str(self._claim.session_id),
                tenant=self._claim.tenant,
                stage=stage,
                percent=round(100 * (before + STAGE_PERCENT[stage] * fraction) / whole, 1),
                stage_percent=round(100 * fraction, 1),
            )

        report(0.0)
        return report

    async def keep_telling(self) -> None:
        """Tell what is newest, until it is cancelled."""
        told: Progress | None = None
        while True:
            newest = self._newest
            if newest is not None and newest != told:
                await self._tell(self._claim.stream, newest)
                told = newest
            await asyncio.sleep(EVERY_SECONDS)
