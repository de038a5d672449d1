"""PostgreSQL, as far as the gateway looks at it: is it there, and how large is what it holds?"""

import asyncio
from collections.abc import Sequence
from importlib.resources import files

import asyncpg

from eventlog.errors import Unavailable
from eventlog.read.postgres.pool import Pool, open_pool, our_errors
from services.gateway.health.lag import Mark
from services.gateway.ports.gateway import PartState

_STATISTICS = (files("services.gateway") / "sql" / "statistics.sql").read_text(encoding="utf-8")
_CHECKPOINTS = (files("services.gateway") / "sql" / "checkpoints.sql").read_text(encoding="utf-8")


class Database:
    """Connects when it is first looked at, and again after it was away."""

    def __init__(self, dsn: str, seconds: float) -> None:
        self._dsn = dsn
        self._seconds = seconds
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()

    async def look(self) -> PartState:
        """Connection, latency, and the statistics of the seeds' health page."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            pool = await self._opened()
            with our_errors():
                row = await pool.fetchrow(_STATISTICS, timeout=self._seconds)
        except Unavailable:
            return PartState(connected=False)
        numbers = dict(row) if row is not None else {}
        about = {
            "activeConnections": numbers.get("connections"),
            "maxConnections": numbers.get("most"),
            "poolSize": pool.get_size(),
            "poolInUse": pool.get_size() - pool.get_idle_size(),
            "statistics": {
                "sizeBytes": numbers.get("bytes"),
                "rows": numbers.get("rows"),
                "tableBytes": numbers.get("sizes"),
            },
        }
        return PartState(True, round((loop.time() - begun) * 1000, 3), about)

    async def checkpoints(self) -> Sequence[Mark]:
        """Where the projectors of tables stand. Raises `Unavailable`."""
        pool = await self._opened()
        with our_errors():
            try:
                found = await pool.fetch(_CHECKPOINTS, timeout=self._seconds)
            except asyncpg.UndefinedTableError:
                return []  # before the first `playhead migrate` no projector stands anywhere
        return [Mark(*row) for row in found]

    def close(self) -> None:
        """Let go of every connection."""
        if self._pool is not None:
            self._pool.terminate()

    async def _opened(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await open_pool(self._dsn, application="playhead-gateway", size=2, seconds=self._seconds)
            return self._pool
