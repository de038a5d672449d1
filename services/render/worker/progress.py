"""How far a job is, told as news: weighted by stages, never back, at most twice a second."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from contracts.rendering import Stage
from services.render.pipeline import WEIGHTS
from services.render.worker.queue import Claim

EVERY_SECONDS = 0.5


class Progress(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One word of news. `percent` is of the whole job, `stage_percent` of the stage at work."""

    job_id: str
    session_id: str
    tenant: str
    stage: Stage
    percent: float
    stage_percent: float


Tell = Callable[[str, Progress], Awaitable[None]]
"""Takes the job's stream and the word. It may lose one, it may not raise for it, and it does not wait long."""


class Journey:
    """The way through one turn at a job. `at` may be called from any thread, `keep_telling` sends what is newest."""

    def __init__(self, claim: Claim, tell: Tell) -> None:
        self._claim = claim
        self._tell = tell
        self._newest: Progress | None = None

    def at(self, stage: Stage) -> Callable[[float], None]:
        """What takes the fraction (0 to 1, never back) that is done of `stage`."""
        before, share = _shares(self._claim.stages, stage)

        def report(fraction: float) -> None:
            self._newest = Progress(
                job_id=str(self._claim.job_id),
                session_id=str(self._claim.session_id),
                tenant=self._claim.tenant,
                stage=stage,
                percent=round(before + share * fraction, 1),
                stage_percent=round(100 * fraction, 1),
            )

        report(0.0)
        return report

    async def keep_telling(self) -> None:
        """Until it is cancelled."""
        told: Progress | None = None
        while True:
            newest = self._newest
            if newest is not None and newest != told:
                await self._tell(self._claim.stream, newest)
                told = newest
            await asyncio.sleep(EVERY_SECONDS)


def _shares(stages: Sequence[Stage], stage: Stage) -> tuple[float, float]:
    """The percent of the job that is done when `stage` begins, and that it is itself."""
    whole = sum(WEIGHTS[one] for one in stages)
    before = sum(WEIGHTS[one] for one in stages[: stages.index(stage)])
    return 100 * before / whole, 100 * WEIGHTS[stage] / whole
