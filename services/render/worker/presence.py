"""That a worker lives, as the database knows it: a session of its own, which ends with the process however that ends.

A killed process cannot say goodbye, but its connections are closed for it. So a worker holds a lock in a session; when
the lock is free and no heartbeat comes either, the worker is dead, and nobody has to wait until its lease runs out. A
frozen process keeps its session, a machine that lost power says nothing: there the lease has to run out, as ever.
"""

import asyncio

import structlog

from eventlog.errors import Unavailable
from eventlog.read.postgres import Pool
from eventlog.read.postgres.pool import our_errors
from services.render.sql import statement

SECONDS = 5.0
PAUSE_SECONDS = 0.5
_PRESENT = statement("present")


class Presence:
    """Of the worker of that name."""

    def __init__(self, pool: Pool, worker: str) -> None:
        self._pool = pool
        self._worker = worker
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """For how long the session lasts without a break; 0 where there is none.

        Who has just come to the database does not know whether the others are dead, or on their way like himself.
        """
        return 0.0 if self._since is None else _now() - self._since

    async def keep(self) -> None:
        """Hold the session, and open another whenever it ends. Runs until it is cancelled."""
        while True:
            try:
                await self._hold()
            except Unavailable as error:
                structlog.get_logger().warning("other workers cannot see this one", detail=str(error))
            finally:
                self._since = None
            await asyncio.sleep(PAUSE_SECONDS)

    async def _hold(self) -> None:
        ended = asyncio.Event()
        with our_errors():
            session = await self._pool.acquire(timeout=SECONDS)
            try:
                session.add_termination_listener(lambda _: ended.set())
                await session.execute(_PRESENT, self._worker, timeout=SECONDS)
                self._since = _now()
                await ended.wait()
            finally:
                # Not given back: that would wait for the server, and an error of it would hide that we are cancelled.
                session.terminate()


def _now() -> float:
    return asyncio.get_running_loop().time()
