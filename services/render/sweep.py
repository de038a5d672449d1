"""What is due by the clock: jobs past their deadline are expired, leases of ended jobs are forgotten.

Whoever has partition 0 of the commands sweeps. Two sweeps at once, or the same one again, change nothing: the id of
each command is made of the job's stream and of when it was due.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid5

import asyncpg
import structlog

from contracts.catalog import as_command
from contracts.envelope import Command
from contracts.messages.job import ExpireJob
from eventlog.clock import Clock
from eventlog.errors import Unavailable
from eventlog.read.postgres import Pool
from eventlog.read.postgres.pool import our_errors
from eventlog.write.policy_runner import Sender
from services.render.sql import statement

EVERY_SECONDS = 15.0
SECONDS = 10.0
_OVERDUE = statement("overdue")
_FORGET = statement("forget_leases")


class Sweep:
    """`is_mine` tells whether this process is the one to sweep; `deadline` is what a job has from being queued on.

    `besides` is done in every sweep, too.
    """

    def __init__(
        self,
        pool: Pool,
        sender: Sender,
        clock: Clock,
        deadline: timedelta,
        is_mine: Callable[[], bool],
        besides: Sequence[Callable[[], Awaitable[object]]] = (),
    ) -> None:
        self._pool = pool
        self._sender = sender
        self._clock = clock
        self._deadline = deadline
        self._is_mine = is_mine
        self._besides = besides

    async def run(self) -> None:
        """Every quarter of a minute, until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            if self._is_mine():
                try:
                    await self.once()
                except Unavailable as error:
                    structlog.get_logger().warning("not swept", detail=str(error))

    async def once(self) -> int:
        """How many jobs are overdue. Raises `Unavailable`."""
        commands = await self.due()
        with our_errors():
            await self._pool.execute(_FORGET, timeout=SECONDS)
        if commands:
            await self._sender.send(commands)
        for also in self._besides:
            await also()
        return len(commands)

    async def due(self) -> Sequence[Command]:
        """What a sweep would ask for now; nothing is sent. Raises `Unavailable`."""
        with our_errors():
            rows = await self._pool.fetch(_OVERDUE, self._deadline.total_seconds(), timeout=SECONDS)
        return [self._expire(row) for row in rows]

    def _expire(self, row: asyncpg.Record) -> Command:
        due = row["queued_at"] + self._deadline
        return as_command(
            ExpireJob(),
            id_=uuid5(UUID(row["stream"].partition("-")[2]), f"due/{due.isoformat()}"),
            stream=row["stream"],
            at=self._clock(),
            tenant=row["tenant_id"],
            actor="sweep:render",
        )
