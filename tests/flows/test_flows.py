"""What comes of a wish, through both services: every arrow between the streams, and what everybody reads of it."""

from collections.abc import Callable

import pytest

from contracts.messages.account import GrantCredits
from contracts.messages.job import (
    CancelJob,
    ClaimJob,
    CompleteStage,
    FailJob,
    FailStage,
    ReleaseJob,
    ReleaseReason,
    RetryJob,
)
from contracts.messages.session import DeleteSession, RequestStages, RestoreSession
from contracts.pricing import price
from contracts.rendering import STAGES, Stage
from tests.flows.world import World
from tests.session.words import ANOTHER_JOB, DURATION_MS, JOB, PRICE, SCRIPT, SPOKEN, output, start


def fail(stage: Stage, epoch: int) -> FailStage:
    return FailStage(epoch=epoch, stage=stage, code="tool.failed", message="it broke", retryable=True)


def a_film() -> World:
    world = World()
    world.send(start())
    assert world.work(*STAGES) == ["done"] * 6
    return world


def cannot_pay() -> World:
    world = World(starter_grant=1)
    world.send(start())
    return world


def canceled_while_running() -> World:
    world = World()
    world.send(start())
    world.work(*STAGES[:3])
    assert world.send(CancelJob(reason="enough")) == ["done"]
    return world


def failed_thrice() -> World:
    world = World()
    world.send(start())
    world.work(*STAGES[:4])
    for epoch in (1, 2, 3):
        assert world.send(fail(Stage.VIDEO, epoch)) == ["done"]
        world.send(ClaimJob(worker="next", epoch=epoch + 1))
    return world


def retried_after_failure() -> World:
    world = failed_thrice()
    assert world.send(RetryJob()) == ["done"]
    assert world.work(Stage.VIDEO, epoch=4) == ["done", "done"]
    return world


def deleted_while_running() -> World:
    world = World()
    world.send(start())
    world.work(*STAGES[:1])
    assert world.send(DeleteSession()) == ["done"]
    return world


def with_a_script() -> World:
    world = World()
    world.send(start(script=SCRIPT))
    assert world.work(*SPOKEN) == ["done"] * 4
    return world


def taken_over() -> World:
    world = World()
    world.send(start())
    world.work(*STAGES[:2])
    assert world.work(*STAGES[2:], epoch=2) == ["done"] * 4
    return world


def stepwise() -> World:
    world = World()
    world.send(start(stages=STAGES[:2]))
    world.work(*STAGES[:2])
    assert world.send(RequestStages(job_id=ANOTHER_JOB, stages=SPOKEN)) == ["done"]
    return world


def retried_after_its_session_was_deleted() -> World:
    world = failed_thrice()
    assert world.send(DeleteSession(), RetryJob()) == ["done", "done"]
    return world


def restored_after_deletion() -> World:
    world = deleted_while_running()
    assert world.send(RestoreSession()) == ["done"]
    return world


FLOWS = [
    retried_after_its_session_was_deleted,
    restored_after_deletion,
    a_film,
    cannot_pay,
    canceled_while_running,
    failed_thrice,
    retried_after_failure,
    deleted_while_running,
    with_a_script,
    taken_over,
    stepwise,
]


async def test_a_wish_becomes_a_film_that_is_paid_for() -> None:
    world = a_film()
    session, job, account = [await world.view(name) for name in ("sessions", "jobs", "accounts")]
    assert (session["status"], session["activeJob"], session["durationMs"]) == ("completed", None, DURATION_MS)
    assert [stage["status"] for stage in session["stages"]] == ["done"] * 5
    assert (session["script"], session["title"]) == (SCRIPT, "The salty sea")
    assert session["videoFilePath"].endswith(".mp4")
    assert session["audioFilePath"].endswith(".wav")
    assert (job["status"], job["progress"], job["pointsSettled"]) == ("completed", 100, PRICE)
    assert [item["kind"] for item in account["items"]] == ["granted", "reserved", "settled"]
    assert account["balance"] == 100 - PRICE


async def test_a_film_is_told_to_analysts_without_its_words() -> None:
    world = a_film()
    fact, attempts = await world.view("analytics.fact_job"), await world.rows("analytics.fact_stage_attempt")
    assert (fact["status"], fact["points"], fact["claims"], fact["takeovers"]) == ("completed", PRICE, 1, 0)
    assert [(one["stage"], one["number"], one["outcome"]) for one in attempts] == [(s, 1, "completed") for s in STAGES]
    assert (await world.view("analytics.fact_session"))["status"] == "completed"
    assert (await world.view("analytics.api_usage"))["cost_micro_usd"] == 120
    assert (await world.view("wallet.video_rows"))["format"] == "mp4"
    assert (await world.view("wallet.account_rows"))["prompt_points"] == 100 - PRICE


async def test_who_cannot_pay_gets_a_reason_and_keeps_what_is_there() -> None:
    world = cannot_pay()
    session, job, account = [await world.view(name) for name in ("sessions", "jobs", "accounts")]
    assert (session["status"], session["error"]["code"]) == ("failed", "quota.exceeded")
    assert (job["status"], job["error"]["code"], job["error"]["retryable"]) == ("failed", "quota.exceeded", True)
    assert (account["balance"], len(account["items"])) == (1, 1)
    assert world.work() == ["job.over"]


async def test_where_nothing_is_enforced_the_film_is_made_on_debt() -> None:
    world = World(enforce=False, starter_grant=1)
    world.send(start())
    world.work(*STAGES)
    assert (await world.view("accounts"))["balance"] == 1 - PRICE


async def test_cancelling_costs_what_was_finished_and_the_worker_is_not_heard_any_more() -> None:
    world = canceled_while_running()
    session, job, account = [await world.view(name) for name in ("sessions", "jobs", "accounts")]
    assert (session["status"], job["status"], job["reason"]) == ("canceled", "canceled", "enough")
    assert [stage["status"] for stage in session["stages"]] == ["done"] * 3 + ["canceled"] * 2
    assert account["balance"] == 100 - price(DURATION_MS, (Stage.SPEECH,))
    assert world.send(CompleteStage(epoch=1, output=output(Stage.SCENES))) == ["job.stale_epoch"]


async def test_cancelling_before_anything_was_finished_costs_nothing() -> None:
    world = World()
    world.send(start(), CancelJob())
    assert (await world.view("accounts"))["balance"] == 100
    assert (await world.view("render.queue"))["claimable"] is False


async def test_a_stage_that_fails_three_times_fails_the_job_and_gives_everything_back() -> None:
    world = failed_thrice()
    session, job, account = [await world.view(name) for name in ("sessions", "jobs", "accounts")]
    assert (session["status"], session["error"]) == (
        "failed",
        {"code": "tool.failed", "stage": "video", "retryable": True},
    )
    assert (job["status"], job["pointsSettled"], account["balance"]) == ("failed", 0, 100)
    attempts = [one for one in await world.rows("analytics.fact_stage_attempt") if one["stage"] == "video"]
    assert [(one["number"], one["outcome"]) for one in attempts] == [(1, "failed"), (2, "failed"), (3, "failed")]


async def test_a_retry_goes_on_where_the_job_had_stopped_and_completes_the_session() -> None:
    world = retried_after_failure()
    session, job, account = [await world.view(name) for name in ("sessions", "jobs", "accounts")]
    assert (session["status"], session["error"], session["errorMessage"]) == ("completed", None, "")
    assert (job["status"], job["run"], job["error"]) == ("completed", 2, None)
    assert account["balance"] == 100 - price(DURATION_MS, (Stage.VIDEO,))
    assert (await world.view("analytics.fact_job"))["error_code"] is None


@pytest.mark.req(85)
async def test_a_job_that_is_retried_for_a_deleted_session_is_stopped_and_costs_nothing() -> None:
    world = retried_after_its_session_was_deleted()
    job, account = await world.view("jobs"), await world.view("accounts")
    assert (job["status"], job["run"], job["reason"]) == ("canceled", 2, "there is no open session of this id")
    assert account["balance"] == 100


async def test_a_job_that_is_retried_while_another_has_its_place_is_stopped() -> None:
    world = failed_thrice()
    world.send(RequestStages(job_id=ANOTHER_JOB, stages=(Stage.VIDEO,)), RetryJob())
    (first, second) = sorted(await world.rows("jobs"), key=lambda job: job["jobId"] != str(JOB))
    assert (first["status"], second["status"]) == ("canceled", "queued")
    assert (await world.view("sessions"))["activeJob"] == str(ANOTHER_JOB)
    assert (await world.view("accounts"))["balance"] == 100 - second["pointsReserved"]


async def test_a_late_refusal_of_points_does_not_end_the_run_after_it() -> None:
    world = cannot_pay()
    world.send(GrantCredits(entry_id=ANOTHER_JOB, amount=100), RetryJob())
    late = FailJob(code="quota.exceeded", message="too few points", run=1)
    assert world.send(late) == ["done"]
    job = await world.view("jobs")
    assert (job["status"], job["run"], job["held"]) == ("queued", 2, False)


async def test_a_restored_session_has_what_it_had_and_its_job_stays_stopped() -> None:
    world = restored_after_deletion()
    session = await world.view("sessions")
    assert (session["status"], session["activeJob"]) == ("canceled", None)
    assert [stage["status"] for stage in session["stages"]] == ["done"] + ["canceled"] * 4
    assert (await world.view("analytics.fact_session"))["status"] == "canceled"


async def test_deleting_a_session_stops_what_runs_for_it() -> None:
    world = deleted_while_running()
    session, job, account = [await world.view(name) for name in ("sessions", "jobs", "accounts")]
    assert (session["status"], session["activeJob"], job["status"]) == ("deleted", None, "canceled")
    assert [stage["status"] for stage in session["stages"]] == ["done"] + ["canceled"] * 4
    assert (account["balance"], job["reason"]) == (100, "the session was deleted")


async def test_a_given_script_is_used_as_it_is() -> None:
    world = with_a_script()
    session, job = await world.view("sessions"), await world.view("jobs")
    assert (session["status"], session["script"]) == ("completed", SCRIPT)
    assert [stage["status"] for stage in session["stages"]] == ["none", "none", "done", "done", "done"]
    assert [stage["name"] for stage in job["stages"]] == list(SPOKEN)


async def test_a_worker_that_was_taken_over_is_not_heard_any_more() -> None:
    world = taken_over()
    before = await world.view("jobs")
    late = (
        CompleteStage(epoch=1, output=output(Stage.SPEECH, duration_ms=1)),
        fail(Stage.SPEECH, 1),
        ReleaseJob(epoch=1, reason=ReleaseReason.WORKER_LOST),
    )
    assert world.send(*late) == ["job.stale_epoch"] * 3
    assert await world.view("jobs") == before
    assert (before["status"], before["epoch"], before["attempts"]) == ("completed", 2, 2)
    assert (await world.view("analytics.fact_job"))["takeovers"] == 1


async def test_the_free_stages_alone_cost_nothing_and_the_others_follow_as_another_job() -> None:
    world = stepwise()
    (first, second) = sorted(await world.rows("jobs"), key=lambda job: job["jobId"] != str(JOB))
    session, account = await world.view("sessions"), await world.view("accounts")
    assert (first["status"], first["pointsSettled"], second["status"]) == ("completed", 0, "queued")
    assert (session["status"], session["activeJob"]) == ("audio_generating", str(ANOTHER_JOB))
    assert [item["kind"] for item in account["items"]] == ["granted", "reserved"]


@pytest.mark.parametrize("flow", FLOWS)
async def test_everything_told_twice_changes_nothing(flow: Callable[[], World]) -> None:
    world = flow()
    before = await world.everything()
    world.deliver([*world.sent, *world.told_again(), *reversed(world.sent)])
    assert await world.everything() == before


@pytest.mark.parametrize("flow", FLOWS)
async def test_the_history_and_the_outcomes_name_everything_that_was_said(flow: Callable[[], World]) -> None:
    world = flow()
    for service, outcomes, history in (
        (world.session, "session_commands", "session_history"),
        (world.render, "render_commands", "render_history"),
    ):
        commits = service.commits()
        assert [row["_id"] for row in await world.rows(outcomes)] == [str(one.command_id) for one in commits]
        assert len(await world.rows(history)) == sum(len(one.events) for one in commits)
