"""Whose turn it is at a job, as PostgreSQL has it: the newest turn that the log has accepted, and the lease."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from tests.chaos.system import System

_LOOK = """
SELECT q.stream, q.tenant_id, q.epoch, coalesce(q.worker, '') AS worker, l.lease_until > now() AS leased
FROM render.queue q
LEFT JOIN render.leases l ON l.stream = q.stream AND l.epoch = q.epoch
WHERE q.session_id = $1
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """`leased`: whether the lease of this very turn goes on."""

    stream: str
    tenant: str
    epoch: int
    worker: str
    leased: bool


async def turn(system: System, session: UUID) -> Turn:
    """At the one job of a session."""
    connection = await asyncpg.connect(system.endpoints.postgres, timeout=10)
    try:
        row = await connection.fetchrow(_LOOK, session)
    finally:
        await connection.close(timeout=10)
    assert row is not None, f"there is no job of session {session} in the queue"
    return Turn(row["stream"], row["tenant_id"], row["epoch"], row["worker"], bool(row["leased"]))
