"""The age of the oldest lease, as the queue knows it: of jobs that are at work, and of no others."""

import pytest

from contracts.messages.job import ClaimJob
from eventlog.read.postgres import Pool
from services.render.leases import oldest_in
from tests.render.worker.conftest import NewQueue
from tests.render.worker.court import Court, a_wish

pytestmark = pytest.mark.live


async def test_the_age_is_that_of_the_job_at_work_whose_worker_is_silent_longest(
    court: Court, pool: Pool, new_queue: NewQueue
) -> None:
    oldest, over, wishes = oldest_in(pool), a_wish(), [a_wish(), a_wish()]
    assert await oldest() is None
    await court.ask(over, *wishes)
    for _ in range(3):
        claim = await new_queue().claim()
        assert claim is not None
        wish = next(one for one in (over, *wishes) if one.stream == claim.stream)
        await court.send([wish.command(ClaimJob(worker="w", epoch=claim.epoch))])
    await court.cancel(over)
    await pool.execute(
        "UPDATE render.leases SET heartbeat_at = now() - interval '1 hour' WHERE stream = $1", over.stream
    )
    assert 0 <= (await oldest() or 0) < 60
    await pool.execute(
        "UPDATE render.leases SET heartbeat_at = now() - interval '90 s', lease_until = now() - interval '75 s' "
        "WHERE stream = $1",
        wishes[0].stream,
    )
    assert (await oldest() or 0) == pytest.approx(90, abs=30)
