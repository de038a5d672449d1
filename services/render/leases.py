"""How old the leases of jobs at work are, for a scraper: a worker that is dead or frozen cannot tell it of itself.

A worker renews every three seconds, and another one takes the job over soon after. So a lease that grows old says that
nobody does: there is no other worker, or none that is free.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Gauge

from eventlog.errors import Unavailable
from eventlog.read.postgres import Pool
from eventlog.read.postgres.pool import our_errors
from services.render.sql import statement

NAME: Final = "playhead_render_lease_age_seconds"
EVERY_SECONDS: Final = 15.0
SECONDS: Final = 5.0
_OLDEST = statement("oldest_lease")

Oldest = Callable[[], Awaitable[float | None]]
"""Seconds since the holder of a job at work was heard, of the one that is silent longest; None: nobody is at work.

Raises `Unavailable`."""


def oldest_in(pool: Pool) -> Oldest:
    """As the queue in PostgreSQL knows it, by the clock of its server."""

    async def oldest() -> float | None:
        with our_errors():
            return await pool.fetchval(_OLDEST, timeout=SECONDS)

    return oldest


class LeaseAge:
    """Every control process tells the same figure: it is the queue's, not the process's."""

    def __init__(self, oldest: Oldest, registry: CollectorRegistry) -> None:
        self._oldest = oldest
        self._age = Gauge(
            NAME,
            "Since the worker of a job at work was last heard, of the one that is silent longest; 0: none is at work.",
            registry=registry,
        )

    async def run(self) -> None:
        """Every quarter of a minute, until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Note the age. It is no number while the queue cannot be read: no old figure stays."""
        try:
            self._age.set(await self._oldest() or 0.0)
        except Unavailable as error:
            self._age.set(float("nan"))
            structlog.get_logger().warning("nobody can tell how old leases are", detail=str(error))
