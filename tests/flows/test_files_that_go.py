"""A film that is deleted, a job that is forgotten: what goes everywhere with them, and what stays."""

import pytest

from contracts.messages.job import ExpireAsset, PurgeJob, RetryJob
from contracts.messages.session import DeleteSession, PurgeSession, RequestStages
from contracts.rendering import AssetKind, Stage
from tests.flows.test_flows import a_film, canceled_while_running, failed_thrice
from tests.session.words import ANOTHER_JOB, an_id

VIDEO, AUDIO = an_id(AssetKind.VIDEO), an_id(AssetKind.AUDIO)


def kinds(document: object) -> list[str]:
    assert isinstance(document, dict)
    return sorted(one["kind"] for one in document["assets"])


@pytest.mark.req(60)
async def test_a_deleted_video_leaves_its_job_and_its_session_without_it() -> None:
    world = a_film()
    balance = (await world.view("accounts"))["balance"]
    assert world.send(ExpireAsset(asset_id=VIDEO, reason="deleted by its user")) == ["done"]
    session, job = await world.view("sessions"), await world.view("jobs")
    assert (kinds(session), kinds(job)) == (["audio", "poster"], ["audio", "poster"])
    assert (session["videoFilePath"], session["status"], job["status"]) == ("", "completed", "completed")
    assert session["audioFilePath"]
    assert await world.rows("wallet.video_rows") == []
    assert (await world.view("wallet.job_rows"))["status"] == "completed"
    assert (await world.view("accounts"))["balance"] == balance


@pytest.mark.req(60)
async def test_a_forgotten_job_takes_all_its_files_and_rows_and_leaves_the_facts() -> None:
    world = a_film()
    assert world.send(PurgeJob(reason="retention")) == ["done"]
    session = await world.view("sessions")
    assert (session["assets"], session["audioFilePath"], session["videoFilePath"]) == ([], "", "")
    for name in ("jobs", "render.queue", "wallet.job_rows", "wallet.video_rows"):
        assert await world.rows(name) == [], name
    assert (await world.view("analytics.fact_job"))["status"] == "completed"
    assert {row["expired_at"] is None for row in await world.rows("retention.files")} == {False}
    assert await world.rows("retention.jobs") == []


async def test_a_session_whose_speech_went_makes_it_anew_before_its_film() -> None:
    world = a_film()
    world.send(ExpireAsset(asset_id=AUDIO))
    assert world.send(RequestStages(job_id=ANOTHER_JOB, stages=(Stage.VIDEO,))) == ["session.step_missing"]
    assert world.send(RequestStages(job_id=ANOTHER_JOB, stages=(Stage.SPEECH, Stage.SCENES, Stage.VIDEO))) == ["done"]


async def test_with_a_purged_session_go_its_jobs() -> None:
    world = a_film()
    assert world.send(DeleteSession(), PurgeSession()) == ["done", "done"]
    assert await world.rows("jobs") == []
    assert await world.rows("wallet.video_rows") == []


async def test_a_job_at_work_keeps_its_files() -> None:
    world = canceled_while_running()
    world.send(RetryJob())
    assert world.send(ExpireAsset(asset_id=AUDIO)) == ["job.at_work"]


async def test_a_forgotten_job_does_not_come_back() -> None:
    world = failed_thrice()
    assert world.send(PurgeJob(), RetryJob()) == ["done", "job.unknown"]


async def test_a_file_is_taken_away_once() -> None:
    world = a_film()
    world.send(ExpireAsset(asset_id=VIDEO))
    before = len(world.render.log)
    assert world.send(ExpireAsset(asset_id=VIDEO), ExpireAsset(asset_id=an_id("no file"))) == ["done", "done"]
    assert [len(commit.events) for commit in world.render.commits()[before:]] == [0, 0]
    world.send(PurgeJob())
    assert world.send(PurgeJob()) == ["done"]
    assert world.render.commits()[-1].events == ()
