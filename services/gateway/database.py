"""PostgreSQL, as far as the gateway looks at it: is it there, and how large is what it holds?"""

import asyncio
from importlib.resources import files

from eventlog.errors import Unavailable
from eventlog.read.postgres.pool import Pool, open_pool, our_errors
from services.gateway.gateway import PartState

_STATISTICS = (files("services.gateway") / "sql" / "statistics.sql").read_text(encoding="utf-8")


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
            "poolSize": pool.get_size(),
            "statistics": {"sizeBytes": numbers.get("bytes"), "rows": numbers.get("rows")},
        }
        return PartState(True, round((loop.time() - begun) * 1000, 3), about)

    def close(self) -> None:
        """Let go of every connection."""
        if self._pool is not None:
            self._pool.terminate()

    async def _opened(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await open_pool(self._dsn, application="playhead-gateway", size=2, seconds=self._seconds)
            return self._pool
