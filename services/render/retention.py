"""What goes by the clock after a job's end: its files as planned, the job when its time is over, and bytes that nothing
names any more.

Jobs go by command, each for the version that was read, so a sweep that runs twice changes nothing, and a job that was
retried meanwhile stays. Bytes are content: they are collected when every file
that ever named them is gone, a while after the last of them went, so that whoever is reading them can finish. Parts
of an output that was never finished go with the end of their job.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID, uuid5

import asyncpg
import structlog

from blobs.store import BlobStore, BlobStoreUnavailable
from contracts.catalog import as_command
from contracts.envelope import Command
from contracts.messages.job import ExpireAsset, PurgeJob
from contracts.model import CommandBody
from eventlog.clock import Clock
from eventlog.errors import Unavailable
from eventlog.read.postgres import Pool
from eventlog.read.postgres.pool import our_errors
from eventlog.write.policy_runner import Sender
from services.render.sql import statement
from services.render.stages import parts

SECONDS = 10.0
COLLECT_EVERY_SECONDS = 600.0
_ENDED = statement("ended_long_ago")
_DUE = statement("due_files")
_UNNAMED = statement("unnamed_bytes")
_COLLECTED = statement("note_collected")
_UNDER_WAY = statement("under_way")

NamedElsewhere: TypeAlias = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Which of these digests something else than a job's file names: an upload, for one. Raises `Unavailable`."""


@dataclass(frozen=True)
class Keeping:
    """How long things are kept. `failed_days`, `completed_days`: after the end of a job; None: for ever."""

    failed_days: int | None = 7
    completed_days: int | None = 30
    bytes_after: timedelta = timedelta(days=1)
    """Bytes are collected so long after the last file that named them went."""


class Retention:
    """Forgets jobs, and collects bytes."""

    def __init__(
        self, pool: Pool, sender: Sender, clock: Clock, blobs: BlobStore, keeping: Keeping, elsewhere: NamedElsewhere
    ) -> None:
        self._pool = pool
        self._sender = sender
        self._clock = clock
        self._blobs = blobs
        self._keeping = keeping
        self._elsewhere = elsewhere
        self._collected_at = -COLLECT_EVERY_SECONDS

    async def once(self) -> None:
        """Expire and forget, and every ten minutes collect. Raises `Unavailable`."""
        await self.expire()
        await self.forget()
        now = asyncio.get_running_loop().time()
        if now - self._collected_at >= COLLECT_EVERY_SECONDS:
            await self.forget_parts()
            await self.collect()
            self._collected_at = now

    async def expire(self) -> int:
        """How many files are asked to go, because their planned time has come. Raises `Unavailable`."""
        with our_errors():
            rows = await self._pool.fetch(_DUE, timeout=SECONDS)
        if rows:
            await self._sender.send([self._expire(row) for row in rows])
        return len(rows)

    async def forget(self) -> int:
        """How many jobs are asked to go. Raises `Unavailable`."""
        commands = await self.due()
        if commands:
            await self._sender.send(commands)
        return len(commands)

    async def due(self) -> Sequence[Command]:
        """What `forget` would ask for now; nothing is sent. Raises `Unavailable`."""
        keeping = self._keeping
        with our_errors():
            rows = await self._pool.fetch(_ENDED, keeping.failed_days, keeping.completed_days, timeout=SECONDS)
        return [self._purge(row) for row in rows]

    async def collect(self) -> int:
        """How many blobs went, 100 at most: those that are still named elsewhere stay. Raises `Unavailable`."""
        gone = await self.collectable()
        for sha256 in gone:
            with _of_blobs():
                await self._blobs.delete(sha256)
            with our_errors():
                await self._pool.execute(_COLLECTED, sha256, timeout=SECONDS)
        if gone:
            structlog.get_logger().info("bytes collected", blobs=len(gone))
        return len(gone)

    async def forget_parts(self) -> int:
        """Of how many jobs parts went, because they have ended. Raises `Unavailable`."""
        with _of_blobs():
            kept = await parts.streams(self._blobs)
            with our_errors():
                rows = await self._pool.fetch(_UNDER_WAY, list(kept), timeout=SECONDS)
            over = kept - {row["stream"] for row in rows}
            await parts.forget(self._blobs, over)
        return len(over)

    async def collectable(self) -> Sequence[str]:
        """The digests that `collect` would delete now. Raises `Unavailable`."""
        with our_errors():
            rows = await self._pool.fetch(_UNNAMED, self._keeping.bytes_after.total_seconds(), timeout=SECONDS)
        unnamed = [row["sha256"] for row in rows]
        kept = await self._elsewhere(unnamed) if unnamed else ()
        return [sha256 for sha256 in unnamed if sha256 not in kept]

    def _purge(self, row: asyncpg.Record) -> Command:
        body = PurgeJob(reason=f"it {'was completed' if row['ended'] == 'completed' else 'failed'} long ago")
        return self._command(row, body, f"purge/{row['ended_at'].isoformat()}", row["version"])

    def _expire(self, row: asyncpg.Record) -> Command:
        """Whatever the job's version: of several files that are due, each that goes makes another."""
        body = ExpireAsset(asset_id=row["asset_id"], reason="its planned time has come")
        return self._command(row, body, f"expire/{row['asset_id']}/{row['due_at'].isoformat()}/{row['version']}", None)

    def _command(self, row: asyncpg.Record, body: CommandBody, about: str, version: int | None) -> Command:
        return as_command(
            body,
            id_=uuid5(UUID(row["stream"].partition("-")[2]), about),
            stream=row["stream"],
            at=self._clock(),
            tenant=row["tenant_id"],
            actor="sweep:render",
            expected_version=version,
        )


@contextmanager
def _of_blobs() -> Generator[None]:
    try:
        yield
    except BlobStoreUnavailable as error:
        raise Unavailable("blobs", str(error)) from error
