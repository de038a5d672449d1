"""All services as processes: from a prompt to a film, killed in the middle, and every store equal to the log."""

import signal
from collections import Counter
from collections.abc import AsyncGenerator

import pytest

from eventlog.kafka import KafkaEventLog
from eventlog.read.postgres import PostgresProjectionStore, open_pool
from eventlog.read.replay import Source
from eventlog.read.snapshot import SnapshotStore
from eventlog.read.verify import verify
from eventlog.roles import Projector
from ops.commands.verify import IN_MONGO, IN_POSTGRES
from ops.stack.launcher import Endpoints
from tests.live.company import GRANT, Company, Play, company
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(600), pytest.mark.xdist_group("services")]


@pytest.fixture(scope="module")
async def here(stack: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Company]:
    async with company(stack, tmp_path_factory.mktemp("company")) as hired:
        yield hired


@pytest.fixture(scope="module")
async def film(here: Company) -> Play:
    """A finished play, made of a prompt alone."""
    play = Play()
    async with here.worker("writer"):
        await here.stage(play, prompt="Tides")
        await here.until("sessions", play, status="completed")
    return play


async def test_a_prompt_goes_through_every_stage_to_a_film(here: Company, film: Play) -> None:
    session = await here.until("sessions", film, status="completed")
    assert session["refinedPrompt"]
    assert session["script"]
    assert [stage["status"] for stage in session["stages"]] == ["done"] * 5
    job = await here.until("jobs", film, status="completed")
    assert (job["progress"], job["durationMs"]) == (100, session["durationMs"])


async def test_what_the_film_took_is_in_the_accounts_ledger(here: Company, film: Play) -> None:
    job = await here.until("jobs", film, status="completed")
    account = await here.until("accounts", film, balance=GRANT - job["pointsSettled"])
    assert [entry["kind"] for entry in account["items"]] == ["granted", "reserved", "settled"]


async def test_analysts_see_the_job_with_all_its_milestones(here: Company, film: Play) -> None:
    async with await open_pool(here.dsn, application="tests") as pool:

        async def look() -> bool:
            return await pool.fetchval("SELECT status FROM analytics.fact_job WHERE job_id = $1", film.job_id) == (
                "completed"
            )

        await eventually(look)
        fact = await pool.fetchrow("SELECT * FROM analytics.fact_job WHERE job_id = $1", film.job_id)
        stages = await pool.fetch("SELECT outcome FROM analytics.fact_stage_attempt WHERE job_id = $1", film.job_id)
        usage = await pool.fetchval("SELECT count(*) FROM analytics.api_usage WHERE job_id = $1", film.job_id)
    assert fact is not None
    times = [fact[name] for name in ("queued_at", "claimed_at", "refined_at", "scripted_at", "voiced_at", "planned_at")]
    assert times == sorted(times)
    assert fact["takeovers"] == 0
    assert Counter(row["outcome"] for row in stages)["completed"] == 5
    assert usage >= 2


@pytest.mark.chaos
async def test_services_that_are_killed_in_mid_render_go_on_where_they_were(here: Company) -> None:
    play = Play()
    async with here.worker("steady", blobs="steady"):
        await here.stage(play)
        await here.until("jobs", play, status="running", stage="video")
        for name in ("session", "render", "analytics"):
            here.services[name].send(signal.SIGKILL)
        async with (
            here.hired("session-2", "services.session"),
            here.hired("render-2", "services.render"),
            here.hired("analytics-2", "services.analytics"),
        ):
            await here.until("sessions", play, status="completed")
            job = await here.until("jobs", play, status="completed")
            account = await here.until("accounts", play, balance=GRANT - job["pointsSettled"])
            assert Counter(row["type"] for row in await here.history(play))["job.completed"] == 1
            assert [entry["kind"] for entry in account["items"]] == ["granted", "reserved", "settled"]
            await _everything_equals_the_log(here)


async def _everything_equals_the_log(here: Company) -> None:
    for kept in IN_MONGO:
        store = here.documents.store(kept.name, kept.projector.projections, kept.projector.journals)
        await _equals(here, kept.projector, store)
    async with await open_pool(here.dsn, application="tests") as pool:
        for kept in IN_POSTGRES:
            await _equals(here, kept.projector, PostgresProjectionStore(pool, kept.name, kept.projector.projections))


async def _equals(here: Company, projector: Projector, store: SnapshotStore) -> None:
    log = KafkaEventLog(here.access, projector.topic.name)
    await log.start()
    try:
        source = Source(log, range(log.partitions()), projector.catalog)
        report = await verify([source], store, projector.projections, projector.journals)
    finally:
        await log.close()
    assert report.findings == []
    assert report.records > 0
