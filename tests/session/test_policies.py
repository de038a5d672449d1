"""What the session service's policies ask for, of which stream, and nothing else."""

from uuid import uuid5

import pytest

from contracts.envelope import Refusal, stream_id
from contracts.messages.account import CreditsGranted, CreditsReserved
from contracts.messages.job import ApproveJob, CancelJob, FailJob, QueueJob
from contracts.messages.session import SessionDeleted, StagesRequested
from contracts.model import EventBody
from contracts.rendering import STAGES, JobInputs, Stage
from eventlog.write.policy import Ask, Heard
from services.session.policies import POLICIES
from tests.bdd import NOON
from tests.histories import TENANT
from tests.session.words import ACCOUNT, JOB, PROMPT, SESSION, an_id, output

JOB_STREAM = stream_id("job", TENANT, str(JOB))


def heard(
    body: EventBody | None, refusal: Refusal | None = None, command_type: str = "Any", origin: str = JOB_STREAM
) -> Heard:
    return Heard(
        id=an_id("event"),
        stream="session-1",
        version=1,
        at=NOON,
        tenant=TENANT,
        actor="tests",
        command_id=an_id("command"),
        command_type=command_type,
        origin=origin,
        body=body,
        refusal=refusal,
    )


def asked(what: Heard) -> list[Ask]:
    return [ask for policy in POLICIES for ask in policy(what)]


def test_stages_that_were_asked_for_become_a_job() -> None:
    wish = StagesRequested(
        session_id=SESSION,
        account_id=ACCOUNT,
        job_id=JOB,
        stages=(Stage.SPEECH, Stage.VIDEO),
        inputs=JobInputs(prompt=PROMPT),
        outputs=(output(Stage.SCRIPT),),
        estimate_points=3,
    )
    job = QueueJob(
        job_id=JOB,
        session_id=SESSION,
        account_id=ACCOUNT,
        stages=wish.stages,
        inputs=wish.inputs,
        outputs=wish.outputs,
        estimate_points=3,
    )
    assert asked(heard(wish)) == [Ask("queue", JOB_STREAM, job)]


def test_points_that_are_set_aside_approve_the_run_that_they_are_for() -> None:
    reserved = CreditsReserved(
        account_id=ACCOUNT, entry_id=an_id(1), job_id=JOB, session_id=SESSION, run=2, amount=-3, balance_after=97
    )
    assert asked(heard(reserved)) == [Ask("approve", JOB_STREAM, ApproveJob(run=2))]


def test_a_job_that_nobody_pays_for_fails() -> None:
    refusal = Refusal(code="quota.exceeded", detail="this takes 3 points, the account has 1", about="2")
    failing = FailJob(code="quota.exceeded", message="this takes 3 points, the account has 1", retryable=True, run=2)
    assert asked(heard(None, refusal, "ReserveCredits")) == [Ask("cannot_pay", JOB_STREAM, failing)]


def test_a_job_that_its_session_does_not_want_back_is_stopped_in_that_run() -> None:
    refusal = Refusal(code="session.superseded", detail="the session has gone on", about="3")
    stop = CancelJob(reason="the session has gone on", run=3)
    assert asked(heard(None, refusal, "RecordRetry")) == [Ask("not_again", JOB_STREAM, stop)]


def test_what_runs_for_a_deleted_session_is_stopped() -> None:
    stop = CancelJob(reason="the session was deleted")
    assert asked(heard(SessionDeleted(session_id=SESSION, job_id=JOB))) == [Ask("stop", JOB_STREAM, stop)]


@pytest.mark.parametrize(
    "what",
    [
        heard(SessionDeleted(session_id=SESSION, job_id=None)),
        heard(CreditsGranted(account_id=ACCOUNT, entry_id=an_id(1), amount=5, balance_after=5, reason="")),
        heard(None, Refusal(code="session.busy"), "RequestStages"),
        heard(None, Refusal(code="quota.exceeded"), "ReserveCredits", origin="gateway-1"),
    ],
)
def test_nothing_else_asks_for_anything(what: Heard) -> None:
    assert asked(what) == []


def test_the_names_of_rules_are_frozen_because_ids_are_made_of_them() -> None:
    assert [policy.__name__ for policy in POLICIES] == [
        "queue",
        "approve",
        "cannot_pay",
        "stop",
        "not_again",
        "derive",
        "purge",
    ]
    (ask,) = asked(heard(SessionDeleted(session_id=SESSION, job_id=JOB)))
    assert str(uuid5(uuid5(an_id("event"), ask.rule), ask.stream)) == "41ac0c31-4626-54e6-a741-73d393f678e4"


def test_every_stage_can_be_asked_of_a_job() -> None:
    wish = StagesRequested(
        session_id=SESSION, account_id=ACCOUNT, job_id=JOB, stages=STAGES, inputs=JobInputs(), estimate_points=0
    )
    assert len(asked(heard(wish))) == 1
