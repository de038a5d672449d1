"""What goes by the clock after a job's end: whom the clean-up asks to go, and whose bytes it collects."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import pytest

from blobs.memory import MemoryBlobs
from contracts.envelope import Command
from eventlog import migrations
from eventlog.clock import new_id, now
from eventlog.read.postgres import Pool
from services.render.retention import Keeping, Retention
from services.render.sql import RETENTION_MIGRATIONS, UPLOADS_MIGRATIONS
from services.render.stages import parts
from services.render.stages.notes import PlainNotes
from services.render.stages.parts import StoredParts

pytestmark = [pytest.mark.live, pytest.mark.req(60)]

DAY = timedelta(days=1)
VERSION = 9


class Cleaner:
    """The clean-up with its ports: what it sent, what it may collect."""

    def __init__(self, pool: Pool, keeping: Keeping) -> None:
        self.pool = pool
        self.blobs = MemoryBlobs()
        self.sent: list[Command] = []
        self.elsewhere: frozenset[str] = frozenset()
        self.retention = Retention(pool, self, now, self.blobs, keeping, self._named)

    async def send(self, commands: Sequence[Command]) -> None:
        self.sent.extend(commands)

    async def job(self, ended: str | None, ago: timedelta) -> UUID:
        """A job that ended so long ago."""
        id_ = new_id()
        row = (f"job-{id_}", "t", id_, ended, now() - ago if ended else None, VERSION)
        await self.pool.execute("INSERT INTO retention.jobs VALUES ($1, $2, $3, $4, $5, $6)", *row)
        return id_

    async def file(self, content: bytes, expired_at: datetime | None) -> str:
        """A job's file with that content."""
        blob = await self.blobs.put(content)
        row = (f"job-{new_id()}", new_id(), "t", blob.sha256, blob.size, now(), expired_at)
        await self.pool.execute("INSERT INTO retention.files VALUES ($1, $2, $3, $4, $5, $6, $7)", *row)
        return blob.sha256

    async def _named(self, digests: Collection[str]) -> frozenset[str]:
        return self.elsewhere & frozenset(digests)


@pytest.fixture(scope="session")
async def tables(dsn: str) -> None:
    """Those of the clean-up."""
    await migrations.up(dsn, "retention", RETENTION_MIGRATIONS)
    await migrations.up(dsn, "uploads", UPLOADS_MIGRATIONS)


@pytest.fixture
async def cleaner(pool: Pool, tables: None) -> Cleaner:
    await pool.execute("TRUNCATE retention.jobs, retention.files, retention.uploads, retention.collected")
    return Cleaner(pool, Keeping())


async def test_failed_jobs_go_after_seven_days_and_completed_ones_after_thirty(cleaner: Cleaner) -> None:
    gone = [await cleaner.job("failed", 7.1 * DAY), await cleaner.job("completed", 30.1 * DAY)]
    for ended, ago in (("failed", 6.9 * DAY), ("completed", 29.9 * DAY), (None, 99 * DAY)):
        await cleaner.job(ended, ago)
    assert await cleaner.retention.forget() == 2
    assert {one.stream for one in cleaner.sent} == {f"job-{one}" for one in gone}
    assert {(one.type, one.tenant, one.expected_version) for one in cleaner.sent} == {("PurgeJob", "t", VERSION)}


async def test_a_second_sweep_sends_the_same_commands(cleaner: Cleaner) -> None:
    id_ = await cleaner.job("failed", 8 * DAY)
    await cleaner.retention.forget()
    await cleaner.retention.forget()
    first, second = cleaner.sent
    assert first.id == second.id
    ended = await cleaner.pool.fetchval("SELECT ended_at FROM retention.jobs")
    assert first.id == uuid5(id_, f"purge/{ended.isoformat()}")


async def test_without_a_limit_jobs_are_kept_for_ever(cleaner: Cleaner) -> None:
    await cleaner.job("failed", 999 * DAY)
    await cleaner.job("completed", 999 * DAY)
    keeping = Keeping(failed_days=None, completed_days=None)
    assert await Cleaner(cleaner.pool, keeping).retention.forget() == 0


async def test_bytes_go_a_day_after_the_last_file_that_named_them(cleaner: Cleaner) -> None:
    gone = await cleaner.file(b"nobody names these", now() - 1.1 * DAY)
    shared = await cleaner.file(b"two named these", now() - 9 * DAY)
    await cleaner.file(b"two named these", None)
    late = await cleaner.file(b"these went just now", now() - 9 * DAY)
    await cleaner.file(b"these went just now", now() - 0.9 * DAY)
    assert await cleaner.retention.collect() == 1
    assert await cleaner.blobs.size(gone) is None
    assert None not in [await cleaner.blobs.size(one) for one in (shared, late)]
    assert await cleaner.retention.collect() == 0


async def test_bytes_that_an_upload_names_stay_until_it_is_gone_too(cleaner: Cleaner) -> None:
    shared = await cleaner.file(b"a clip that was rendered as it came", now() - 9 * DAY)
    await cleaner.pool.execute("INSERT INTO retention.uploads VALUES ('upload-1', $1, 't', now())", shared)
    assert await cleaner.retention.collect() == 0
    await cleaner.pool.execute("UPDATE retention.uploads SET expired_at = now() - interval '2 days'")
    assert await cleaner.retention.collect() == 1
    assert await cleaner.blobs.size(shared) is None


@pytest.mark.req(71)
async def test_files_whose_planned_time_has_come_are_asked_to_go_once_their_job_has_ended(cleaner: Cleaner) -> None:
    for ended in ("completed", None):
        job = await cleaner.job(ended, DAY)
        for due_at in (now() - DAY, now() + DAY, None):
            row = (f"job-{job}", new_id(), "t", "a" * 64, 1, now(), None, due_at)
            await cleaner.pool.execute("INSERT INTO retention.files VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", *row)
    assert await cleaner.retention.expire() == 1
    await cleaner.retention.expire()
    first, second = cleaner.sent
    assert (first.type, first.tenant, first.id) == ("ExpireAsset", "t", second.id)


async def test_parts_go_with_the_end_of_their_job(cleaner: Cleaner) -> None:
    over, under_way, unknown = await cleaner.job("failed", DAY), await cleaner.job(None, DAY), new_id()
    for job in (over, under_way, unknown):
        await StoredParts(cleaner.blobs, PlainNotes(), f"job-{job}").keep("key", 0, b"part")
    assert await cleaner.retention.forget_parts() == 2
    assert await parts.streams(cleaner.blobs) == {f"job-{under_way}"}
    assert await cleaner.retention.forget_parts() == 0


async def test_bytes_that_something_else_names_stay(cleaner: Cleaner) -> None:
    kept = await cleaner.file(b"somebody uploaded the same film", now() - 9 * DAY)
    cleaner.elsewhere = frozenset({kept})
    assert await cleaner.retention.collect() == 0
    assert await cleaner.blobs.size(kept) is not None


async def test_bytes_that_were_made_again_and_went_again_are_collected_again(cleaner: Cleaner) -> None:
    again = await cleaner.file(b"made twice", now() - 9 * DAY)
    assert await cleaner.retention.collect() == 1
    await cleaner.pool.execute("UPDATE retention.collected SET collected_at = collected_at - interval '5 days'")
    await cleaner.file(b"made twice", now() - 2 * DAY)
    assert await cleaner.retention.collect() == 1
    assert await cleaner.blobs.size(again) is None
