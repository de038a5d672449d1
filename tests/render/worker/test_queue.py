"""The queue: each job to one worker at a time, tenants in turn, the important ones first."""

import asyncio

import pytest

from contracts.messages.job import CancelJob, ClaimJob, CompleteStage, ReleaseJob, ReleaseReason
from contracts.plans import PATIENCE_SECONDS, PREMIUM
from contracts.rendering import Stage, StageOutput
from eventlog.read.postgres import Pool
from services.render.worker.queue import Claim, RenderQueue
from tests.render.worker.conftest import NewQueue
from tests.render.worker.court import Court, Wish, a_wish
from tests.waiting import eventually

pytestmark = pytest.mark.live


async def claims(queue: RenderQueue, at_most: int = 10_000) -> list[Claim]:
    """Everything that this worker is given, one after the other."""
    found: list[Claim] = []
    while len(found) < at_most and (claim := await queue.claim()) is not None:
        found.append(claim)
    return found


async def take(court: Court, queue: RenderQueue, wish: Wish) -> Claim:
    """Claim it, and have the claim accepted."""
    claim = await queue.claim()
    assert claim is not None
    assert claim.stream == wish.stream
    await court.send([wish.command(ClaimJob(worker=queue.worker, epoch=claim.epoch))])
    return claim


async def test_eight_workers_at_once_claim_each_of_two_hundred_jobs_once(court: Court, new_queue: NewQueue) -> None:
    wishes = [a_wish(f"t{n % 5}") for n in range(200)]
    await court.ask(*wishes)
    found = await asyncio.gather(*(claims(new_queue(f"w{n}")) for n in range(8)))
    taken = [claim for one in found for claim in one]
    assert sorted(claim.stream for claim in taken) == sorted(wish.stream for wish in wishes)
    assert {claim.epoch for claim in taken} == {1}
    assert sum(1 for one in found if one) > 1, "more than one worker got something"


async def test_a_lease_that_ran_out_is_claimed_once_under_a_newer_epoch(
    court: Court, new_queue: NewQueue, pool: Pool
) -> None:
    await court.ask(*(a_wish() for _ in range(20)))
    await claims(new_queue("dead"))
    assert await new_queue().claim() is None
    await pool.execute("UPDATE render.leases SET lease_until = now()")
    found = await asyncio.gather(*(claims(new_queue(f"w{n}")) for n in range(8)))
    assert sorted(claim.epoch for one in found for claim in one) == [2] * 20


async def test_an_epoch_that_the_log_knows_is_never_given_again(court: Court, new_queue: NewQueue, pool: Pool) -> None:
    wish = a_wish()
    await court.ask(wish)
    await take(court, new_queue("one"), wish)
    await pool.execute("DELETE FROM render.leases")
    again = await new_queue("two").claim()
    assert again is not None
    assert again.epoch == 2


@pytest.mark.req(68)
async def test_a_tenant_with_a_thousand_jobs_keeps_another_waiting_for_one_at_most(
    court: Court, new_queue: NewQueue
) -> None:
    await court.ask(*(a_wish("large") for _ in range(1_000)))
    queue = new_queue()
    await claims(queue, at_most=3)
    await court.ask(a_wish("small"), a_wish("small"))
    assert [claim.tenant for claim in await claims(queue, at_most=4)] == ["small", "small", "large", "large"]


async def test_tenants_take_turns_when_jobs_are_done_one_by_one(court: Court, new_queue: NewQueue) -> None:
    await court.ask(*(a_wish(tenant) for tenant in ("a", "a", "a", "b", "b", "c")))
    queue = new_queue()
    served: list[str] = []
    while (claim := await queue.claim()) is not None:
        served.append(claim.tenant)
        await court.send([Wish(claim.tenant, claim.job_id, ()).command(CancelJob())])
        await queue.let_go(claim)
    assert [sorted(served[:3]), sorted(served[3:5]), served[5:]] == [["a", "b", "c"], ["a", "b"], ["a"]]


async def test_no_tenant_has_more_than_its_share_at_work(court: Court, new_queue: NewQueue) -> None:
    await court.ask(*(a_wish("large") for _ in range(10)), a_wish("small"))
    found = await asyncio.gather(*(claims(new_queue(f"w{n}", jobs_per_tenant=2)) for n in range(8)))
    assert sorted(claim.tenant for one in found for claim in one) == ["large", "large", "small"]


@pytest.mark.req(68)
async def test_premium_goes_first(court: Court, new_queue: NewQueue) -> None:
    await court.ask(*(a_wish("plain") for _ in range(3)))
    await court.ask(a_wish("premium", priority=10))
    assert (await claims(new_queue()))[0].tenant == "premium"


@pytest.mark.req(68)
async def test_a_premium_job_may_be_at_work_beside_as_many_others_as_its_plan_says(
    court: Court, new_queue: NewQueue
) -> None:
    await court.ask(*(a_wish("one", priority=PREMIUM.priority) for _ in range(9)), a_wish("one"))
    await court.ask(*(a_wish("other") for _ in range(9)))
    taken = await claims(new_queue(jobs_per_tenant=2))
    assert sorted(claim.tenant for claim in taken) == ["one"] * 2 * PREMIUM.share + ["other"] * 2


@pytest.mark.req(68)
async def test_who_has_waited_for_long_takes_turns_with_premium(court: Court, new_queue: NewQueue, pool: Pool) -> None:
    await court.ask(a_wish("patient"), a_wish("plain"))
    await court.ask(*(a_wish("premium", priority=PREMIUM.priority) for _ in range(3)))
    queue = new_queue()
    assert (await claims(queue, at_most=1))[0].tenant == "premium"
    late = "UPDATE render.queue SET queued_at = queued_at - make_interval(secs => $1) WHERE tenant_id = 'patient'"
    await pool.execute(late, PATIENCE_SECONDS)
    assert [claim.tenant for claim in await claims(queue)] == ["patient", "premium", "premium", "plain"]


async def test_what_is_not_paid_for_waits_once_its_free_stages_are_done(court: Court, new_queue: NewQueue) -> None:
    written, spoken = a_wish(stages=(Stage.SCRIPT, Stage.SPEECH)), a_wish(stages=(Stage.SPEECH,))
    await court.ask(written, spoken, paid=False)
    queue = new_queue()
    claim = await take(court, queue, written)
    assert await queue.claim() is None
    output = StageOutput(stage=Stage.SCRIPT, output_key="k", script="Words.")
    await court.send([written.command(CompleteStage(epoch=claim.epoch, output=output))])
    await queue.let_go(claim)
    assert await queue.claim() is None
    assert await queue.is_past(claim)


async def test_a_lease_is_renewed_by_its_holder_alone_and_only_in_time(
    court: Court, new_queue: NewQueue, pool: Pool
) -> None:
    await court.ask(a_wish())
    queue = new_queue("one")
    claim = await queue.claim()
    assert claim is not None
    assert await queue.renew(claim)
    assert not await new_queue("two").renew(claim)
    await pool.execute("UPDATE render.leases SET lease_until = now()")
    assert not await queue.renew(claim)


async def test_what_was_given_back_may_be_claimed_at_once(court: Court, new_queue: NewQueue) -> None:
    wish = a_wish()
    await court.ask(wish)
    queue = new_queue()
    claim = await take(court, queue, wish)
    await court.send([wish.command(ReleaseJob(epoch=claim.epoch, reason=ReleaseReason.DRAINED))])
    await queue.let_go(claim)
    again = await queue.claim()
    assert again is not None
    assert again.epoch == claim.epoch + 1


async def test_a_turn_is_past_when_its_job_is_over_or_another_has_it(court: Court, new_queue: NewQueue) -> None:
    one, other = a_wish(), a_wish()
    await court.ask(one)
    queue = new_queue()
    first = await take(court, queue, one)
    assert not await queue.is_past(first)
    await court.send([one.command(ClaimJob(worker="other", epoch=first.epoch + 1))])
    assert await queue.is_past(first)
    await court.ask(other)
    second = await take(court, queue, other)
    await court.cancel(other)
    assert await queue.is_past(second)


async def test_a_failed_attempt_is_not_before_its_time(court: Court, new_queue: NewQueue, pool: Pool) -> None:
    wish = a_wish()
    await court.ask(wish)
    await pool.execute("UPDATE render.queue SET not_before = now() + interval '300 ms'")
    queue = new_queue()
    assert await queue.claim() is None
    assert await eventually(queue.claim)
