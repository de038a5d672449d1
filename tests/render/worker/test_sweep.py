"""What is due by the clock: overdue jobs expire once, leases of ended jobs are forgotten, those of others are not."""

from datetime import timedelta

import pytest

from contracts.messages.job import ClaimJob
from eventlog.clock import now
from eventlog.read.postgres import Pool
from services.render.sweep import Sweep
from tests.render.worker.conftest import NewQueue
from tests.render.worker.court import Court, a_wish

pytestmark = pytest.mark.live


def a_sweep(pool: Pool, court: Court, deadline: timedelta) -> Sweep:
    return Sweep(pool, court, now, deadline, lambda: True)


async def test_a_job_past_its_deadline_expires_and_a_second_sweep_changes_nothing(court: Court, pool: Pool) -> None:
    wish = a_wish()
    await court.ask(wish)
    assert await a_sweep(pool, court, timedelta(hours=1)).once() == 0
    await pool.execute("UPDATE render.queue SET queued_at = queued_at - interval '2 hours'")
    sweep = a_sweep(pool, court, timedelta(hours=1))
    assert await sweep.once() == 1
    assert court.told(wish)[-1] == "expired"
    await court.send([court.sent[-1]])
    assert court.told(wish).count("expired") == 1
    assert await sweep.once() == 0


async def test_two_sweeps_of_one_moment_send_the_same_command(court: Court, pool: Pool) -> None:
    await court.ask(a_wish())
    overdue = await pool.fetchval(
        "UPDATE render.queue SET queued_at = queued_at - interval '2 hours' RETURNING queued_at"
    )
    await a_sweep(pool, court, timedelta(hours=1)).once()
    await pool.execute("UPDATE render.queue SET state = 'queued', queued_at = $1", overdue)
    await a_sweep(pool, court, timedelta(hours=1)).once()
    assert court.sent[-1].id == court.sent[-2].id


async def test_a_lease_is_forgotten_when_its_job_is_over_and_the_log_knows_its_epoch(
    court: Court, pool: Pool, new_queue: NewQueue
) -> None:
    over, unseen = a_wish(), a_wish()
    await court.ask(over, unseen)
    queue = new_queue()
    claims = [await queue.claim(), await queue.claim()]
    for claim in claims:
        assert claim is not None
        if claim.stream == over.stream:
            await court.send([over.command(ClaimJob(worker="w", epoch=claim.epoch))])
        await queue.let_go(claim)
    await court.cancel(over)
    await court.cancel(unseen)
    await a_sweep(pool, court, timedelta(hours=1)).once()
    assert [row["stream"] for row in await pool.fetch("SELECT stream FROM render.leases")] == [unseen.stream]
