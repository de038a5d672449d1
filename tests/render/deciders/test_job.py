"""A job: each command with its possible outcomes. Happened, refused, or no news because it is so already."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.messages.job import (
    ApproveJob,
    CancelJob,
    ClaimJob,
    CompleteStage,
    ExpireJob,
    FailJob,
    FailStage,
    JobApproved,
    JobCanceled,
    JobClaimed,
    JobCommand,
    JobCompleted,
    JobExpired,
    JobFailed,
    JobPurged,
    JobQueued,
    JobReleased,
    JobRetried,
    JobStageCompleted,
    JobStageFailed,
    PurgeJob,
    ReleaseJob,
    ReleaseReason,
    RetryJob,
)
from contracts.pricing import price
from contracts.rendering import STAGES, AssetKind, JobInputs, Stage
from services.render.deciders.job import DECIDER
from services.render.deciders.job_turn import BACKOFF, MOST_ATTEMPTS, MOST_LOSSES
from tests.bdd import NOON, Given, given
from tests.session.words import ACCOUNT, DURATION_MS, JOB, PRICE, PROMPT, SESSION, SPOKEN, an_id, output, queue

IDS: dict[str, Any] = {"job_id": JOB, "session_id": SESSION, "account_id": ACCOUNT}
FREE, PAID = (Stage.REFINE, Stage.SCRIPT), SPOKEN


def claim(epoch: int = 1, worker: str = "w1") -> ClaimJob:
    return ClaimJob(worker=worker, epoch=epoch)


def complete(stage: Stage, epoch: int = 1) -> CompleteStage:
    return CompleteStage(epoch=epoch, output=output(stage))


def fail(stage: Stage, epoch: int = 1, *, retryable: bool = True) -> FailStage:
    return FailStage(epoch=epoch, stage=stage, code="tool.failed", message="it broke", retryable=retryable)


def lose(epoch: int) -> ReleaseJob:
    return ReleaseJob(epoch=epoch, reason=ReleaseReason.WORKER_LOST)


def failed(stage: Stage, code: str = "tool.failed", message: str = "it broke", *, retryable: bool = True) -> JobFailed:
    return JobFailed(**IDS, run=1, stage=stage, code=code, message=message, retryable=retryable)


def queued(*stages: Stage, **how: Any) -> Given:
    return given(DECIDER).after(queue(*stages, **how))


def at_work(*stages: Stage, **how: Any) -> Given:
    return queued(*stages, **how).after(ApproveJob(run=1), claim())


@pytest.mark.parametrize(("stages", "held"), [(FREE, False), (STAGES, True), (PAID, True)])
def test_a_job_waits_for_its_points_if_any_stage_costs_some(stages: tuple[Stage, ...], held: bool) -> None:
    after = (
        given(DECIDER)
        .when(queue(*stages))
        .then(
            JobQueued(
                **IDS,
                stages=stages,
                inputs=JobInputs(prompt=PROMPT),
                outputs=(),
                estimate_points=12,
                priority=0,
                held=held,
            )
        )
    )
    after.when(queue(*stages)).then_nothing()


@pytest.mark.parametrize(
    "command",
    [
        ApproveJob(run=1),
        claim(),
        complete(Stage.REFINE),
        fail(Stage.REFINE),
        FailJob(code="quota.exceeded", message="no points"),
        lose(1),
        CancelJob(),
        RetryJob(),
        ExpireJob(),
    ],
)
def test_where_there_is_no_job_everything_else_is_refused(command: JobCommand) -> None:
    given(DECIDER).when(command).refused("job.unknown")


def test_points_approve_their_run_once() -> None:
    after = queued().when(ApproveJob(run=1)).then(JobApproved(**IDS, run=1))
    after.when(ApproveJob(run=1)).then_nothing()
    queued().when(ApproveJob(run=2)).then_nothing()


def test_a_claim_gives_the_job_to_a_worker_once() -> None:
    after = queued().when(claim()).then(JobClaimed(**IDS, worker="w1", epoch=1, takeover=False))
    after.when(claim()).then_nothing()
    after.when(claim(1, "w2")).refused("job.stale_epoch")


def test_a_newer_epoch_takes_the_job_over_and_the_older_one_is_no_longer_heard() -> None:
    after = at_work().when(claim(2, "w2")).then(JobClaimed(**IDS, worker="w2", epoch=2, takeover=True))
    for late in (complete(Stage.REFINE), fail(Stage.REFINE), lose(1), claim()):
        after.when(late).refused("job.stale_epoch")


def test_what_has_to_be_paid_first_cannot_be_claimed() -> None:
    queued(*PAID).when(claim()).refused("job.held")


def test_the_free_stages_may_be_done_before_the_points_are_there_and_then_the_job_waits() -> None:
    free_done = queued().after(claim(), complete(Stage.REFINE), complete(Stage.SCRIPT))
    free_done.when(complete(Stage.SPEECH)).refused("job.stale_epoch")
    free_done.when(claim(2)).refused("job.held")
    free_done.after(ApproveJob(run=1)).when(claim(2)).then(JobClaimed(**IDS, worker="w1", epoch=2, takeover=False))


def test_a_finished_stage_is_done_for_good_and_told_once() -> None:
    told = complete(Stage.REFINE)
    after = at_work().when(told).then(JobStageCompleted(**IDS, epoch=1, attempt=1, output=output(Stage.REFINE)))
    after.when(told).then_nothing()
    after.when(fail(Stage.REFINE)).refused("job.wrong_stage")


def test_stages_are_done_in_their_order() -> None:
    at_work().when(complete(Stage.SCRIPT)).refused("job.wrong_stage")
    at_work().when(fail(Stage.VIDEO)).refused("job.wrong_stage")


def test_nobody_completes_a_stage_of_a_job_that_nobody_has() -> None:
    queued().when(complete(Stage.REFINE)).refused("job.stale_epoch")


def test_the_last_stage_completes_the_job_at_the_price_of_its_length() -> None:
    told = complete(Stage.VIDEO)
    after = (
        at_work()
        .after(*(complete(stage) for stage in STAGES[:-1]))
        .when(told)
        .then(
            JobStageCompleted(**IDS, epoch=1, attempt=1, output=output(Stage.VIDEO)),
            JobCompleted(**IDS, run=1, points=PRICE, duration_ms=DURATION_MS),
        )
    )
    after.when(told).then_nothing()
    after.when(claim(2)).refused("job.over")
    after.when(RetryJob()).refused("job.completed")
    after.when(CancelJob()).then_nothing()


def test_free_stages_cost_nothing() -> None:
    events = queued(*FREE).after(claim(), complete(Stage.REFINE), complete(Stage.SCRIPT)).events
    assert events[-1] == JobCompleted(**IDS, run=1, points=0, duration_ms=None)


def test_a_job_that_only_films_is_priced_by_the_length_of_what_was_spoken_before() -> None:
    done = at_work(Stage.VIDEO, outputs=(output(Stage.SCRIPT), output(Stage.SPEECH))).after(complete(Stage.VIDEO))
    assert done.events[-1] == JobCompleted(
        **IDS, run=1, points=price(DURATION_MS, (Stage.VIDEO,)), duration_ms=DURATION_MS
    )


def test_a_failed_attempt_gives_the_job_back_for_a_later_one() -> None:
    after = (
        at_work()
        .when(fail(Stage.REFINE))
        .then(
            JobStageFailed(
                **IDS,
                epoch=1,
                stage=Stage.REFINE,
                attempt=1,
                code="tool.failed",
                message="it broke",
                retryable=True,
                retry_at=NOON + BACKOFF[0],
            )
        )
    )
    after.when(fail(Stage.REFINE)).refused("job.stale_epoch")


def test_the_last_attempt_ends_the_job() -> None:
    state = at_work()
    for attempt in range(1, MOST_ATTEMPTS):
        state = state.after(fail(Stage.REFINE, attempt), claim(attempt + 1))
    *_, end = state.when(fail(Stage.REFINE, MOST_ATTEMPTS), NOON + timedelta(minutes=1)).decided()
    assert end == failed(Stage.REFINE)


def test_a_failure_that_no_attempt_can_mend_ends_the_job_at_once() -> None:
    attempt, end = at_work().when(fail(Stage.REFINE, retryable=False)).decided()
    assert isinstance(attempt, JobStageFailed)
    assert attempt.retry_at is None
    assert end == failed(Stage.REFINE, retryable=False)


def test_a_finished_stage_gives_the_next_its_own_attempts() -> None:
    state = at_work().after(fail(Stage.REFINE), claim(2), fail(Stage.REFINE, 2), claim(3), complete(Stage.REFINE, 3))
    (attempt,) = state.when(fail(Stage.SCRIPT, 3)).decided()
    assert isinstance(attempt, JobStageFailed)
    assert attempt.attempt == 1


def test_a_job_that_is_given_back_waits_for_another_worker() -> None:
    drained = ReleaseJob(epoch=1, reason=ReleaseReason.DRAINED)
    after = at_work().when(drained).then(JobReleased(**IDS, epoch=1, reason=ReleaseReason.DRAINED))
    after.when(drained).refused("job.stale_epoch")
    after.when(claim(2)).then(JobClaimed(**IDS, worker="w1", epoch=2, takeover=False))


def test_a_job_at_which_worker_after_worker_vanishes_fails() -> None:
    state = at_work()
    for epoch in range(1, MOST_LOSSES):
        state = state.after(lose(epoch), claim(epoch + 1))
    message = f"{MOST_LOSSES} workers in a row vanished at it; the last was w1"
    released = JobReleased(**IDS, epoch=MOST_LOSSES, reason=ReleaseReason.WORKER_LOST)
    state.when(lose(MOST_LOSSES)).then(released, failed(Stage.REFINE, "worker.lost", message))
    state.when(claim(MOST_LOSSES + 1)).then(failed(Stage.REFINE, "worker.lost", message))


def test_a_finished_stage_forgives_the_workers_that_vanished() -> None:
    state = at_work()
    for epoch in range(1, MOST_LOSSES):
        state = state.after(lose(epoch), claim(epoch + 1))
    state.after(complete(Stage.REFINE, MOST_LOSSES)).when(lose(MOST_LOSSES)).then(
        JobReleased(**IDS, epoch=MOST_LOSSES, reason=ReleaseReason.WORKER_LOST)
    )


def test_a_worker_that_vanished_after_it_came_further_is_no_loss() -> None:
    state = at_work()
    for epoch in range(2, 3 * MOST_LOSSES):
        found = ClaimJob(worker="w1", epoch=epoch, parts=epoch)
        state = state.when(found).then(JobClaimed(**IDS, worker="w1", epoch=epoch, takeover=True, parts=epoch))


def test_a_job_at_which_nobody_comes_further_any_more_fails() -> None:
    state = at_work().after(claim(2), ClaimJob(worker="w1", epoch=3, parts=4))
    for epoch in range(4, 3 + MOST_LOSSES):
        state = state.after(ClaimJob(worker="w1", epoch=epoch, parts=4 - epoch % 2))
    message = f"{MOST_LOSSES} workers in a row vanished at it; the last was w1"
    last = ClaimJob(worker="w1", epoch=3 + MOST_LOSSES, parts=4)
    state.when(last).then(failed(Stage.REFINE, "worker.lost", message))


def test_the_parts_of_one_stage_say_nothing_of_the_next() -> None:
    state = at_work().after(ClaimJob(worker="w1", epoch=2, parts=9), complete(Stage.REFINE, 2), claim(3))
    for epoch in range(4, 3 + MOST_LOSSES - 1):
        state = state.after(claim(epoch))
    found = ClaimJob(worker="w1", epoch=99, parts=1)
    state.when(found).then(JobClaimed(**IDS, worker="w1", epoch=99, takeover=True, parts=1))


def test_a_job_that_nobody_pays_for_fails_once() -> None:
    told = FailJob(code="quota.exceeded", message="no points")
    after = queued().when(told).then(failed(Stage.REFINE, "quota.exceeded", "no points"))
    after.when(told).then_nothing()


def test_a_job_that_is_canceled_stops_at_once_and_costs_what_it_finished() -> None:
    nothing = at_work().when(CancelJob(reason="enough")).then(JobCanceled(**IDS, run=1, reason="enough", points=0))
    nothing.when(CancelJob()).then_nothing()
    nothing.when(complete(Stage.REFINE)).refused("job.stale_epoch")
    spoken = at_work().after(*(complete(stage) for stage in STAGES[:3]))
    spoken.when(CancelJob()).then(JobCanceled(**IDS, run=1, reason="", points=price(DURATION_MS, (Stage.SPEECH,))))


def test_a_job_past_its_deadline_ends_once() -> None:
    after = at_work().when(ExpireJob()).then(JobExpired(**IDS, run=1))
    after.when(ExpireJob()).then_nothing()


def test_a_retry_goes_on_with_what_is_left_in_a_new_run_that_is_paid_for_anew() -> None:
    ended = at_work().after(*(complete(stage) for stage in STAGES[:4]), fail(Stage.VIDEO, retryable=False))
    points = price(DURATION_MS, (Stage.VIDEO,))
    after = ended.when(RetryJob()).then(JobRetried(**IDS, run=2, held=True, estimate_points=points))
    after.when(RetryJob()).then_nothing()
    after.when(ApproveJob(run=1)).then_nothing()
    after.when(claim(1)).refused("job.stale_epoch")
    done = after.after(ApproveJob(run=2), claim(2), complete(Stage.VIDEO, 2))
    assert done.events[-1] == JobCompleted(**IDS, run=2, points=points, duration_ms=DURATION_MS)


FILES = tuple(an_id(kind) for kind in (AssetKind.AUDIO, AssetKind.TIMINGS, AssetKind.VIDEO, AssetKind.POSTER))
"""What the stages leave, in their order."""


def test_a_job_whose_session_is_gone_is_forgotten_with_its_files_named_once() -> None:
    over = at_work().after(*(CompleteStage(epoch=1, output=output(stage)) for stage in STAGES))
    gone = over.when(PurgeJob()).then(JobPurged(**IDS, files=("5f" * 32,), assets=FILES))
    gone.when(PurgeJob()).then_nothing()
    gone.when(CancelJob()).then_nothing()
    gone.when(RetryJob()).refused("job.unknown")


def test_a_live_job_is_stopped_before_it_is_forgotten() -> None:
    stopped, gone = at_work().when(PurgeJob()).decided()
    assert (stopped.TYPE, gone.TYPE) == ("job.canceled", "job.purged")


def test_what_is_said_of_another_run_ends_nothing() -> None:
    at_work().when(FailJob(code="quota.exceeded", message="no points", run=2)).then_nothing()
    at_work().when(CancelJob(run=2)).then_nothing()
    (canceled,) = at_work().when(CancelJob(run=1)).decided()
    assert canceled.TYPE == "job.canceled"
