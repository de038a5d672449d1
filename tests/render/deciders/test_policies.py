"""What the render service's policies ask for, of which stream, and nothing else."""

from typing import Any
from uuid import uuid5

import pytest

from contracts.envelope import Refusal, stream_id
from contracts.messages.account import RefundCredits, ReserveCredits, SettleCredits
from contracts.messages.job import (
    JobApproved,
    JobCanceled,
    JobClaimed,
    JobCompleted,
    JobExpired,
    JobFailed,
    JobQueued,
    JobReleased,
    JobRetried,
    JobStageCompleted,
    JobStageFailed,
    ReleaseReason,
)
from contracts.messages.session import RecordCancel, RecordFailure, RecordRetry, RecordStage
from contracts.model import EventBody
from contracts.rendering import STAGES, JobInputs, Stage
from eventlog.write.policy import Ask, Heard
from services.render.policies import policies
from tests.bdd import NOON
from tests.histories import TENANT
from tests.session.words import ACCOUNT, JOB, SESSION, an_id, output

IDS: dict[str, Any] = {"job_id": JOB, "session_id": SESSION, "account_id": ACCOUNT}
TO_ACCOUNT = stream_id("account", TENANT, str(ACCOUNT))
TO_SESSION = stream_id("session", TENANT, str(SESSION))


def heard(body: EventBody | None, refusal: Refusal | None = None) -> Heard:
    return Heard(
        id=an_id("event"),
        stream="job-1",
        version=1,
        at=NOON,
        tenant=TENANT,
        actor="tests",
        command_id=an_id("command"),
        command_type="Any",
        origin="gateway-1",
        body=body,
        refusal=refusal,
    )


def asked(body: EventBody | None, refusal: Refusal | None = None, *, enforce: bool = True) -> list[Ask]:
    return [ask for policy in policies(enforce_credits=enforce) for ask in policy(heard(body, refusal))]


def queued(*, held: bool) -> JobQueued:
    return JobQueued(**IDS, stages=STAGES, inputs=JobInputs(), outputs=(), estimate_points=12, priority=0, held=held)


def refund(reason: str) -> Ask:
    return Ask("refund", TO_ACCOUNT, RefundCredits(job_id=JOB, session_id=SESSION, run=2, reason=reason))


@pytest.mark.parametrize("enforce", [True, False])
def test_a_job_that_has_to_be_paid_for_asks_for_its_points(enforce: bool) -> None:
    points = ReserveCredits(job_id=JOB, session_id=SESSION, run=1, amount=12, enforce=enforce)
    assert asked(queued(held=True), enforce=enforce) == [Ask("reserve", TO_ACCOUNT, points)]


def test_a_retried_job_asks_for_the_points_of_its_new_run_and_tells_its_session() -> None:
    points = ReserveCredits(job_id=JOB, session_id=SESSION, run=2, amount=3, enforce=True)
    told = Ask("record", TO_SESSION, RecordRetry(job_id=JOB, run=2))
    assert asked(JobRetried(**IDS, run=2, held=True, estimate_points=3)) == [Ask("reserve", TO_ACCOUNT, points), told]
    assert asked(JobRetried(**IDS, run=2, held=False, estimate_points=0)) == [told]


def test_a_finished_stage_is_told_to_the_session() -> None:
    done = JobStageCompleted(**IDS, epoch=1, attempt=1, output=output(Stage.SCRIPT))
    assert asked(done) == [Ask("record", TO_SESSION, RecordStage(job_id=JOB, output=output(Stage.SCRIPT)))]


def test_a_finished_job_is_paid_for() -> None:
    paid = SettleCredits(job_id=JOB, run=2, actual=4)
    assert asked(JobCompleted(**IDS, run=2, points=4, duration_ms=31_400)) == [Ask("settle", TO_ACCOUNT, paid)]


def test_a_failed_job_gives_its_points_back_and_tells_its_session() -> None:
    failed = JobFailed(**IDS, run=2, stage=Stage.VIDEO, code="tool.failed", message="it broke", retryable=True)
    told = RecordFailure(job_id=JOB, stage=Stage.VIDEO, code="tool.failed", message="it broke", retryable=True)
    assert asked(failed) == [Ask("record", TO_SESSION, told), refund("tool.failed")]


def test_a_job_out_of_time_gives_its_points_back_and_tells_its_session() -> None:
    told, back = asked(JobExpired(**IDS, run=2))
    assert isinstance(told.body, RecordFailure)
    assert (told.rule, told.stream, told.body.code, told.body.retryable) == ("record", TO_SESSION, "job.expired", True)
    assert back == refund("job.expired")


def test_a_canceled_job_pays_for_what_it_finished_or_gets_everything_back() -> None:
    told = Ask("record", TO_SESSION, RecordCancel(job_id=JOB, reason="enough"))
    paid = Ask("settle", TO_ACCOUNT, SettleCredits(job_id=JOB, run=2, actual=2))
    assert asked(JobCanceled(**IDS, run=2, reason="enough", points=2)) == [told, paid]
    assert asked(JobCanceled(**IDS, run=2, reason="enough", points=0)) == [told, refund("job.canceled")]


@pytest.mark.parametrize(
    "body",
    [
        queued(held=False),
        JobApproved(**IDS, run=1),
        JobClaimed(**IDS, worker="w1", epoch=1, takeover=False),
        JobReleased(**IDS, epoch=1, reason=ReleaseReason.DRAINED),
        JobStageFailed(
            **IDS, epoch=1, stage=Stage.VIDEO, attempt=1, code="x", message="y", retryable=True, retry_at=NOON
        ),
    ],
)
def test_nothing_else_asks_for_anything(body: EventBody) -> None:
    assert asked(body) == []
    assert asked(None, Refusal(code="job.stale_epoch")) == []


def test_the_names_of_rules_are_frozen_because_ids_are_made_of_them() -> None:
    (ask,) = asked(JobCompleted(**IDS, run=2, points=4, duration_ms=31_400))
    assert str(uuid5(uuid5(an_id("event"), ask.rule), ask.stream)) == "f9fc3dcd-b596-552c-86fa-2fe9046e1709"
