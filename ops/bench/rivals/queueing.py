"""The rival Celery at work: a worker, and wishes for it through Redis."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from celery import Celery
from pydantic import SecretStr
from redis.asyncio import Redis

from ops.bench.rivals import queued as tasks
from ops.bench.rivals.counting import Wish
from ops.bench.rivals.processes import Respawned, respawned
from ops.bench.rivals.tables import Tables, tables

_WORKER = (
    *("-m", "celery", "-A", "ops.bench.rivals.queued", "worker", "--concurrency", "1", "--loglevel", "ERROR"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)


class Queued:
    """Wishes go as tasks to the queue; a worker with one child takes them. Both are killed, Redis is not."""

    def __init__(self, kept: Tables, redis: "Redis", worker: Respawned, sender: Celery, *, late: bool) -> None:
        self.tables = kept
        self._redis = redis
        self._worker = worker
        self._sender = sender
        self.name = f"Celery + Redis, acks_late {'on' if late else 'off'}"
        more = ", task_reject_on_worker_lost, worker_prefetch_multiplier 1" if late else " and the rest as it comes"
        self.how = (
            f"task_acks_late={late}{more}; visibility_timeout {tasks.VISIBLE_SECONDS} s, so that what was taken comes"
            " back within the run; the pool prefork with one child, killed with its parent; the task writes a row of"
            " PostgreSQL without a key against repeats; acknowledged: Redis has the message"
        )

    async def send(self, wish: Wish) -> bool:
        task = (str(wish.id), str(wish.stream), wish.number)
        await asyncio.to_thread(self._sender.send_task, tasks.TASK, task)
        return True

    async def done(self) -> int:
        return await self.tables.done()

    async def idle(self) -> bool:
        begin = tasks.prefix(self.tables.schema)
        return not await self._redis.exists(f"{begin}{tasks.QUEUE}", f"{begin}unacked")

    async def kill(self) -> None:
        await self._worker.kill()

    async def effects(self) -> Sequence[UUID]:
        return await self.tables.effects()


@asynccontextmanager
async def queued(postgres: str, redis: str, *, late: bool) -> AsyncGenerator[Queued]:
    """A worker over a fresh schema and keys of its own; both are gone afterwards."""
    async with tables(postgres) as kept, Redis.from_url(redis) as client:
        told = {
            "RIVAL_BROKER": redis,
            "RIVAL_DATABASE": postgres,
            "RIVAL_SCHEMA": kept.schema,
            "RIVAL_ACKS_LATE": str(late),
        }
        settings = tasks.RivalSettings.model_construct(
            broker=redis, database=SecretStr(postgres), schema_name=kept.schema, late=late
        )
        sender = tasks.application(settings)
        try:
            async with respawned(*_WORKER, told=told) as worker:
                yield Queued(kept, client, worker, sender, late=late)
        finally:
            await asyncio.to_thread(sender.close)
            async for key in client.scan_iter(match=f"{tasks.prefix(kept.schema)}*"):
                await client.delete(key)
