"""All services as processes: from a prompt to a film, and every store equal to the log."""

from collections import Counter

import pytest

from eventlog.kafka import KafkaEventLog
from eventlog.read.postgres import PostgresProjectionStore, open_pool
from eventlog.read.replay import Source
from eventlog.read.snapshot import SnapshotStore
from eventlog.read.verify import verify
from eventlog.roles import Projector
from ops.commands.projectors import IN_MONGO, IN_POSTGRES
from tests.live.company import GRANT, Company, Play
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


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


@pytest.mark.req(83, 87)
async def test_every_document_and_row_equals_the_fold_of_the_log(here: Company, film: Play) -> None:
    for kept in IN_MONGO:
        store = here.documents.store(kept.name, kept.projector.projections, kept.projector.journals)
        await _equals(here, kept.projector, store)
    async with await open_pool(here.dsn, application="tests") as pool:
        for kept in IN_POSTGRES:
            journals = kept.projector.journals
            store = PostgresProjectionStore(pool, kept.name, kept.projector.projections, journals)
            await _equals(here, kept.projector, store)


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
