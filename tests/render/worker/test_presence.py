"""Dead workers: their jobs go on before their leases run out; who lives, or may live, keeps his."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from eventlog.read.postgres import Pool, open_pool
from services.render.worker.queue import Claim, RenderQueue
from tests.render.worker.conftest import NewQueue
from tests.render.worker.court import Court, a_wish
from tests.waiting import eventually

pytestmark = pytest.mark.live
SILENT_SECONDS = 0.2
END_SESSIONS = """
SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()
"""


@asynccontextmanager
async def living(*queues: RenderQueue) -> AsyncGenerator[None]:
    """These workers have sessions, for long enough to judge others."""
    async with asyncio.TaskGroup() as group:
        keeping = [group.create_task(queue.presence.keep()) for queue in queues]
        for queue in queues:
            await eventually(lambda queue=queue: judges(queue))
        yield
        for task in keeping:
            task.cancel()


async def judges(queue: RenderQueue) -> bool:
    return queue.presence.seconds > SILENT_SECONDS


async def heard(pool: Pool, seconds_ago: float) -> None:
    """That is how old every heartbeat is; every lease goes on."""
    await pool.execute("UPDATE render.leases SET heartbeat_at = now() - make_interval(secs => $1)", seconds_ago)


@pytest.fixture
async def claimed(court: Court, new_queue: NewQueue) -> tuple[RenderQueue, Claim]:
    """A worker with a job, and an hour of lease."""
    await court.ask(a_wish())
    queue = new_queue("first", lease_seconds=3600)
    claim = await queue.claim()
    assert claim is not None
    return queue, claim


async def test_the_job_of_a_dead_worker_is_claimed_before_its_lease_has_run_out(
    claimed: tuple[RenderQueue, Claim], new_queue: NewQueue, pool: Pool
) -> None:
    first, claim = claimed
    other = new_queue("other", silent_seconds=SILENT_SECONDS)
    async with living(other):
        async with living(first):
            await heard(pool, seconds_ago=1)
            assert await other.claim() is None, "a worker that is silent and has a session may be frozen"
        taken = await eventually(other.claim)  # the server may take a moment to see that a session has ended
    assert (taken.stream, taken.epoch) == (claim.stream, claim.epoch + 1)
    assert not await first.renew(claim)


async def test_a_worker_that_is_heard_keeps_its_job_without_a_session(
    claimed: tuple[RenderQueue, Claim], new_queue: NewQueue, pool: Pool
) -> None:
    first, claim = claimed
    other = new_queue("other", silent_seconds=SILENT_SECONDS)
    async with living(other):
        await heard(pool, seconds_ago=-60)
        assert await other.claim() is None
    assert await first.renew(claim)


async def test_who_has_just_come_to_the_database_judges_nobody(
    claimed: tuple[RenderQueue, Claim], new_queue: NewQueue, pool: Pool
) -> None:
    first, claim = claimed
    other = new_queue("other", silent_seconds=SILENT_SECONDS)
    async with living(other):
        await heard(pool, seconds_ago=1)
        await pool.execute(END_SESSIONS)
        await eventually(lambda: is_away(other))
        assert await other.claim() is None
        await eventually(lambda: judges(other))
        assert await other.claim() is not None
    assert not await first.renew(claim)


async def test_a_presence_that_is_told_to_stop_stops_although_the_pool_ends_before_it_has(dsn: str) -> None:
    pool = await open_pool(dsn, application="tests")
    queue = RenderQueue(pool, "leaving", jobs_per_tenant=1)
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(queue.presence.keep())
        await eventually(lambda: judges(queue))
        keeping.cancel()
        await asyncio.wait({keeping}, timeout=0)
        pool.terminate()
        await asyncio.wait({keeping}, timeout=5)
        ended = keeping.cancelled()
        keeping.cancel()
    assert ended


async def is_away(queue: RenderQueue) -> bool:
    return queue.presence.seconds == 0.0
