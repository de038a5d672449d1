"""Copies of films in PostgreSQL, for the one-shot application's SQL, where the blob store is somewhere else.

A copy is no projection: it is content, found by its digest. It comes after its film's row, and goes after it.
"""

import asyncio
from importlib.resources import files

import structlog

from blobs.postgres import PostgresBlobs
from blobs.store import BlobCorrupt, BlobMissing, BlobStore, BlobStoreUnavailable
from eventlog.errors import Unavailable
from eventlog.read.postgres import Pool
from eventlog.read.postgres.pool import our_errors

EVERY_SECONDS = 2.0
SECONDS = 10.0
_log = structlog.get_logger(__name__)


def _statement(name: str) -> str:
    return (files("services.analytics") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


_UNCOPIED, _LEFT_OVER = _statement("uncopied_films"), _statement("forget_copies")


class FilmCopies:
    """Keeps the copies; several processes may do so at once."""

    def __init__(self, pool: Pool, source: BlobStore, target: PostgresBlobs) -> None:
        self._pool = pool
        self._source = source
        self._target = target
        self._unusable: set[str] = set()

    async def run(self) -> None:
        """Every two seconds, until it is cancelled."""
        while True:
            try:
                await self.once()
            except (Unavailable, BlobStoreUnavailable) as error:
                _log.warning("films are not copied now", detail=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> int:
        """How many films were copied. Raises `Unavailable`, `BlobStoreUnavailable`."""
        with our_errors():
            await self._pool.execute(_LEFT_OVER, timeout=SECONDS)
            rows = await self._pool.fetch(_UNCOPIED, list(self._unusable), timeout=SECONDS)
        copied = 0
        for row in rows:
            copied += await self._copy(row["sha256"])
        return copied

    async def _copy(self, sha256: str) -> bool:
        try:
            await self._target.copy_from(self._source, sha256)
        except (BlobMissing, BlobCorrupt) as error:
            self._unusable.add(sha256)
            _log.warning("a film cannot be copied; it is left out until this process starts again", detail=str(error))
            return False
        return True
