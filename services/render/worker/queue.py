"""The queue of jobs in PostgreSQL, as a worker uses it. All times in it are the database's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import asyncpg

from contracts.envelope import stream_id
from contracts.plans import PATIENCE_SECONDS, PLANS
from contracts.rendering import JobInputs, Stage, StageOutput
from eventlog.read.postgres import Pool
from eventlog.read.postgres.pool import our_errors
from services.render.sql import statement
from services.render.worker.presence import Presence

LEASE_SECONDS = 15.0
SILENT_SECONDS = 5.0
"""After so long without a heartbeat, which comes every three seconds, a worker without a session is dead."""
SECONDS = 5.0
"""For one statement, waiting for a connection included."""

_PLANS = ([plan.priority for plan in PLANS], [plan.share for plan in PLANS], PATIENCE_SECONDS)
"""The priorities that have a share of their own, those shares, and after how long all jobs have the highest."""

_LOCK = statement("claim_lock")
_END_DEAD = statement("end_leases_of_the_dead")
_CLAIM = statement("claim")
_LOOK = statement("look")
_PAST = statement("past")
_RENEW = statement("renew")
_LET_GO = statement("let_go")


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker may ask for, under an epoch that nobody had before."""

    stream: str
    tenant: str
    job_id: UUID
    session_id: UUID
    account_id: UUID
    inputs: JobInputs
    epoch: int

    @property
    def subject(self) -> str:
        """The account that the job is for, as its key is named."""
        return stream_id("account", self.tenant, str(self.account_id))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands in the log, as far as it was folded. `left` are the stages to be done, in their order."""

    state: Literal["queued", "running", "over"]
    held: bool
    epoch: int
    left: tuple[Stage, ...]
    outputs: Mapping[Stage, StageOutput]

    def is_at_work(self, claim: Claim) -> bool:
        """Whether the log has accepted this turn, and has not ended it."""
        return self.epoch == claim.epoch and self.state == "running"

    def is_past(self, claim: Claim) -> bool:
        """Whether this turn has ended, or will never begin."""
        return (
            self.state == "over" or self.epoch > claim.epoch or (self.epoch == claim.epoch and self.state == "queued")
        )


class RenderQueue:
    """Every method raises `Unavailable` where the database does not answer within some seconds."""

    def __init__(
        self,
        pool: Pool,
        worker: str,
        *,
        jobs_per_tenant: int,
        lease_seconds: float = LEASE_SECONDS,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._pool = pool
        self.worker = worker
        self.lease_seconds = lease_seconds
        self.presence = Presence(pool, worker)
        self._silent_seconds = silent_seconds
        self._jobs_per_tenant = jobs_per_tenant

    async def ping(self) -> None:
        """Return when the database answers."""
        with our_errors():
            await self._pool.fetchval("SELECT 1", timeout=SECONDS)

    async def claim(self) -> Claim | None:
        """The job whose turn it is, leased; None where there is none.

        Higher priority first, then the tenant with fewest jobs at work, then the one served longest ago; a job that
        has waited for long counts as one of the highest plan. A tenant whose next job is of a plan with a larger
        share may have as many times more jobs at work. Leases of dead workers are ended before, by whoever was here
        himself for as long as they were silent.
        """
        with our_errors():
            async with self._pool.acquire(timeout=SECONDS) as connection, connection.transaction():
                await connection.execute(_LOCK, timeout=SECONDS)
                if self.presence.seconds > self._silent_seconds:
                    await connection.execute(_END_DEAD, self._silent_seconds, timeout=SECONDS)
                row = await connection.fetchrow(
                    _CLAIM, self.worker, self.lease_seconds, self._jobs_per_tenant, *_PLANS, timeout=SECONDS
                )
        return None if row is None else _claim(row)

    async def look(self, claim: Claim) -> Standing | None:
        """How the job stands; None where a rebuild has not come to it."""
        with our_errors():
            row = await self._pool.fetchrow(_LOOK, claim.stream, timeout=SECONDS)
        return None if row is None else _standing(row)

    async def is_past(self, claim: Claim) -> bool:
        """Whether the turn has ended, or will never begin: `Standing.is_past`, without the outputs."""
        with our_errors():
            return bool(await self._pool.fetchval(_PAST, claim.stream, claim.epoch, timeout=SECONDS))

    async def renew(self, claim: Claim) -> bool:
        """Whether the lease was still held, and is for as long again."""
        with our_errors():
            done = await self._pool.execute(
                _RENEW, claim.stream, claim.epoch, self.worker, self.lease_seconds, timeout=SECONDS
            )
        return done.endswith(" 1")

    async def let_go(self, claim: Claim) -> None:
        """End the lease, if it is still ours: the job may be claimed at once."""
        with our_errors():
            await self._pool.execute(_LET_GO, claim.stream, claim.epoch, self.worker, timeout=SECONDS)


def _claim(row: asyncpg.Record) -> Claim:
    return Claim(
        stream=row["stream"],
        tenant=row["tenant_id"],
        job_id=row["job_id"],
        session_id=row["session_id"],
        account_id=row["account_id"],
        inputs=JobInputs.model_validate(row["inputs"]),
        epoch=row["epoch"],
    )


def _standing(row: asyncpg.Record) -> Standing:
    outputs = [StageOutput.model_validate(output) for output in row["outputs"]]
    return Standing(
        state=row["state"],
        held=row["held"],
        epoch=row["epoch"],
        left=tuple(Stage(name) for name in row["stages_left"]),
        outputs={output.stage: output for output in outputs},
    )
