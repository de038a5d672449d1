"""What analysts are told at moments that are easily told wrong."""

from contracts.messages.job import (
    ApproveJob,
    CancelJob,
    ClaimJob,
    CompleteStage,
    FailStage,
    JobCommand,
    ReleaseJob,
    ReleaseReason,
    RetryJob,
)
from contracts.messages.session import RecordFailure, RecordRetry
from contracts.rendering import STAGES, Stage
from eventlog.read.projection import Row, View
from services.analytics.projections import OF_JOBS, OF_SESSIONS
from services.render.deciders.job import DECIDER
from services.session.deciders.session import DECIDER as SESSIONS
from tests.flows.kept import tables
from tests.histories import events_of, folded, played
from tests.session.words import JOB, output, queue, start

FACT_JOB, ATTEMPTS, USAGE, WALLET_JOBS, VIDEOS = OF_JOBS
FAILING = FailStage(epoch=1, stage=Stage.REFINE, code="tool.failed", message="it broke", retryable=False)


def complete(*stages: Stage, epoch: int = 1) -> list[JobCommand]:
    return [CompleteStage(epoch=epoch, output=output(stage)) for stage in stages]


def claim(epoch: int = 1) -> ClaimJob:
    return ClaimJob(worker=f"w{epoch}", epoch=epoch)


def job(*commands: JobCommand) -> Row:
    (row,) = folded(FACT_JOB, events_of(played(DECIDER, [queue(), *commands])))
    return row


def attempts(*commands: JobCommand) -> list[tuple[str, int, str]]:
    rows: View = folded(ATTEMPTS, events_of(played(DECIDER, [queue(), ApproveJob(run=1), *commands])))
    return [(row["stage"], row["number"], row["outcome"]) for row in rows if row["outcome"] != "waiting"]


def test_every_projection_has_its_table() -> None:
    for projection in (*OF_SESSIONS, *OF_JOBS):
        assert set(projection.key) <= set(tables()[projection.name])


def test_each_turn_at_a_stage_is_an_attempt_and_says_how_it_ended() -> None:
    drained = ReleaseJob(epoch=1, reason=ReleaseReason.DRAINED)
    assert attempts(claim(), drained, claim(2), claim(3), *complete(Stage.REFINE, epoch=3), CancelJob()) == [
        ("refine", 1, "released"),
        ("refine", 2, "lost"),
        ("refine", 3, "completed"),
        ("script", 1, "stopped"),
    ]


def test_a_retried_stage_is_tried_again_under_its_own_name() -> None:
    again = [claim(), FAILING, RetryJob(), ApproveJob(run=2), claim(2), *complete(Stage.REFINE, epoch=2)]
    assert attempts(*again) == [("refine", 1, "failed"), ("refine", 2, "completed"), ("script", 1, "running")]


def test_a_job_that_was_retried_has_no_error_any_more() -> None:
    failed = job(claim(), FAILING)
    assert (failed["status"], failed["error_code"], failed["error_stage"]) == ("failed", "tool.failed", "refine")
    retried = job(claim(), FAILING, RetryJob())
    assert (retried["status"], retried["error_code"], retried["ended_at"], retried["runs"]) == ("queued", None, None, 2)


def test_a_session_that_was_retried_has_no_error_any_more() -> None:
    failure = RecordFailure(job_id=JOB, stage=Stage.VIDEO, code="tool.failed", message="it broke")
    (failed,) = folded(OF_SESSIONS[0], events_of(played(SESSIONS, [start(), failure])))
    (retried,) = folded(OF_SESSIONS[0], events_of(played(SESSIONS, [start(), failure, RecordRetry(job_id=JOB)])))
    assert (failed["status"], failed["error_code"]) == ("failed", "tool.failed")
    assert (retried["status"], retried["error_code"], retried["retries"]) == ("active", None, 1)


def test_uses_of_providers_are_numbered_through_the_job() -> None:
    events = events_of(played(DECIDER, [queue(), ApproveJob(run=1), claim(), *complete(*STAGES)]))
    assert [(row["number"], row["stage"]) for row in folded(USAGE, events)] == [(1, "script")]


def test_a_wallets_job_speaks_the_words_of_the_one_shot_application() -> None:
    def said(*commands: JobCommand) -> str:
        (row,) = folded(WALLET_JOBS, events_of(played(DECIDER, [queue(), ApproveJob(run=1), *commands])))
        return row["status"]

    assert [said(), said(claim()), said(claim(), *complete(*STAGES)), said(CancelJob())] == [
        "pending",
        "generating",
        "completed",
        "failed",
    ]
