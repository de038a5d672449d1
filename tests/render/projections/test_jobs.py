"""What a job's document and its row in the queue say at moments that are easily told wrong."""

from contracts.messages.job import ApproveJob, ClaimJob, CompleteStage, FailJob, FailStage, JobCommand, RetryJob
from contracts.rendering import STAGES, Stage
from eventlog.read.projection import Row
from services.render.deciders.job import DECIDER
from services.render.projections import jobs, queue
from tests.histories import events_of, folded, played
from tests.session.words import output
from tests.session.words import queue as queued

CLAIM = ClaimJob(worker="w1", epoch=1)


def complete(*stages: Stage) -> list[JobCommand]:
    return [CompleteStage(epoch=1, output=output(stage)) for stage in stages]


def seen(*commands: JobCommand) -> tuple[Row, Row]:
    """The document and the row."""
    events = events_of(played(DECIDER, [queued(), *commands]))
    (document,), (row,) = folded(jobs.PROJECTION, events), folded(queue.PROJECTION, events)
    return document, row


def test_a_job_whose_free_stages_are_done_waits_for_its_points_and_nobody_has_it() -> None:
    document, row = seen(CLAIM, *complete(Stage.REFINE, Stage.SCRIPT))
    assert (document["status"], document["held"], document["worker"], document["stage"]) == (
        "queued",
        True,
        None,
        "speech",
    )
    assert [stage["status"] for stage in document["stages"]] == ["done", "done", "pending", "pending", "pending"]
    assert (row["state"], row["claimable"], row["worker"]) == ("queued", False, None)


def test_once_paid_it_can_be_claimed_again_and_the_first_attempt_at_speech_is_the_first() -> None:
    approved = [CLAIM, *complete(Stage.REFINE, Stage.SCRIPT), ApproveJob(run=1)]
    assert seen(*approved)[1]["claimable"] is True
    document, _ = seen(*approved, ClaimJob(worker="w2", epoch=2))
    speech = document["stages"][2]
    assert (speech["status"], speech["attempt"], document["worker"]) == ("running", 1, "w2")


def test_points_are_said_to_be_set_aside_only_while_they_are_for_this_run() -> None:
    failed = [ApproveJob(run=1), FailJob(code="x", message="y")]
    assert seen(ApproveJob(run=1))[0]["pointsReserved"] == 12
    retried, row = seen(*failed, RetryJob())
    assert (retried["pointsReserved"], retried["held"], row["held"], row["run"]) == (0, True, True, 2)


def test_progress_counts_finished_stages_by_their_share_and_ends_at_a_hundred() -> None:
    told = [seen(ApproveJob(run=1), CLAIM, *complete(*STAGES[:number]))[0]["progress"] for number in range(6)]
    assert told == [0, 5, 15, 25, 45, 100]


def test_a_job_is_not_claimed_again_before_its_next_attempt_may_begin() -> None:
    failing = FailStage(epoch=1, stage=Stage.REFINE, code="x", message="y", retryable=True)
    document, row = seen(CLAIM, failing)
    assert (row["claimable"], row["not_before"] is not None, document["error"]["code"]) == (True, True, "x")
