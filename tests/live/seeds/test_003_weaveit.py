"""The one-shot application's client: a script and a wallet in, a film out, its tables by the SQL that it prints."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from eventlog.clock import new_id
from tests.live.company import GRANT
from tests.live.seeds.conftest import Login, Platform
from tests.plain_http import plain_http
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

SCRIPT, TITLE = "A loop does the same thing again and again.", "Loops"
COLUMNS = {
    "users": {"wallet_address": "text", "prompt_points": "integer", "created_at": "timestamp with time zone"},
    "video_jobs": {
        "job_id": "uuid",
        "wallet_address": "text",
        "script_body": "text",
        "status": "text",
        "error_message": "text",
        "created_at": "timestamp with time zone",
        "updated_at": "timestamp with time zone",
    },
    "videos": {
        "video_id": "uuid",
        "job_id": "uuid",
        "wallet_address": "text",
        "video_data": "bytea",
        "duration_sec": "integer",
        "format": "text",
        "created_at": "timestamp with time zone",
    },
}
"""The application's `CREATE TABLE`s; its TIMESTAMPs are UTC with their zone."""
STATUS = {"jobId", "status", "ready", "error", "createdAt", "updatedAt", "videoAvailable"}


def a_wallet() -> str:
    return f"0x{new_id().hex}"


async def generate(page: httpx.AsyncClient, **body: str) -> httpx.Response:
    return await page.post("/api/generate", json=body)


@pytest.fixture
async def sql(login: Login) -> Any:
    return await login("playhead_wallet")


@pytest.fixture(scope="module")
async def film(platform: Platform) -> dict[str, Any]:
    """What the call answered, and the wallet that asked."""
    wallet = a_wallet()
    async with plain_http(base_url=platform.url, timeout=150) as page:
        answer = await generate(page, script=SCRIPT, walletAddress=wallet, title=TITLE)
    assert answer.status_code == 200, answer.text
    return {"wallet": wallet, "answer": answer.json(), "jobId": UUID(answer.json()["jobId"])}


@pytest.mark.req(54)
async def test_generating_answers_job_and_video_and_nothing_else(film: dict[str, Any]) -> None:
    answer = film["answer"]
    assert set(answer) == {"jobId", "videoId", "status", "message"}
    assert (answer["status"], answer["message"]) == (
        "completed",
        "Educational tutorial video generated successfully",
    )
    assert UUID(answer["videoId"])


@pytest.mark.req(54)
async def test_without_a_wallet_nothing_is_generated(page: httpx.AsyncClient) -> None:
    answer = await generate(page, script=SCRIPT)
    assert (answer.status_code, set(answer.json())) == (400, {"error", "code"})
    assert "walletAddress" in answer.json()["error"]


@pytest.mark.req(55, 56)
async def test_status_and_bytes_are_had_by_the_job_s_id(page: httpx.AsyncClient, film: dict[str, Any]) -> None:
    status = (await page.get(f"/api/videos/status/{film['jobId']}")).json()
    assert set(status) == STATUS
    assert (status["jobId"], status["status"], status["error"]) == (str(film["jobId"]), "completed", None)
    assert (status["ready"], status["videoAvailable"]) == (True, True)
    video = await page.get(f"/api/videos/{film['jobId']}")
    assert (video.status_code, video.headers["content-type"], video.content[4:8]) == (200, "video/mp4", b"ftyp")
    part = await page.get(f"/api/videos/{film['jobId']}", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["content-range"] == f"bytes 4-7/{len(video.content)}"
    assert (await page.get(f"/output/{film['jobId']}.mp4")).status_code == 404


@pytest.mark.req(50, 51, 52)
@pytest.mark.parametrize("table", COLUMNS)
async def test_the_tables_have_the_columns_that_the_schema_prints(sql: Any, table: str) -> None:
    rows = await sql.fetch(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
        table,
    )
    assert [tuple(row) for row in rows][: len(COLUMNS[table])] == list(COLUMNS[table].items())


@pytest.mark.req(50, 51, 52, 59)
async def test_a_join_of_the_three_tables_has_the_film_with_its_bytes(
    page: httpx.AsyncClient, sql: Any, film: dict[str, Any]
) -> None:
    """The foreign keys hold as joins; `video_data` has the bytes that the call streams, once they are copied."""
    query = """SELECT u.prompt_points, j.script_body, j.status, j.error_message, v.video_data, v.duration_sec, v.format
               FROM users u
               JOIN video_jobs j ON j.wallet_address = u.wallet_address
               JOIN videos v ON v.job_id = j.job_id AND v.wallet_address = u.wallet_address
               WHERE u.wallet_address = $1 AND v.video_data IS NOT NULL"""
    row = await eventually(lambda: sql.fetchrow(query, film["wallet"]))
    assert row["video_data"] == (await page.get(f"/api/videos/{film['jobId']}")).content
    assert (row["script_body"], row["status"], row["error_message"]) == ("", "completed", None)
    assert (row["prompt_points"], row["format"]) == (GRANT - 1, "mp4")
    assert 1 <= row["duration_sec"] <= 10


@pytest.mark.req(50, 53, 61)
async def test_a_user_s_points_and_videos_are_the_table_s(
    page: httpx.AsyncClient, sql: Any, film: dict[str, Any]
) -> None:
    user = (await page.get(f"/api/users/{film['wallet']}")).json()
    row = await sql.fetchrow("SELECT * FROM users WHERE wallet_address = $1", film["wallet"])
    assert set(user) == {"walletAddress", "promptPoints", "createdAt"}
    assert (user["walletAddress"], user["promptPoints"]) == (row["wallet_address"], row["prompt_points"])
    points = (await page.get(f"/api/users/{film['wallet']}/points")).json()
    assert points == {"walletAddress": film["wallet"], "promptPoints": row["prompt_points"]}
    videos = (await page.get(f"/api/users/{film['wallet']}/videos")).json()["items"]
    assert [one["videoId"] for one in videos] == [film["answer"]["videoId"]]


@pytest.mark.req(51, 57)
async def test_a_failed_job_tells_why(page: httpx.AsyncClient, sql: Any) -> None:
    wallet = a_wallet()
    answer = await generate(page, script="…!?", walletAddress=wallet)
    assert (answer.status_code, set(answer.json())) == (422, {"error", "code"})
    query = "SELECT job_id, status, error_message FROM video_jobs WHERE wallet_address = $1"
    row = await eventually(lambda: sql.fetchrow(f"{query} AND status = 'failed'", wallet))
    assert row["error_message"] == answer.json()["error"]
    status = (await page.get(f"/api/videos/status/{row['job_id']}")).json()
    assert (status["status"], status["error"]) == ("failed", row["error_message"])
    assert (status["ready"], status["videoAvailable"]) == (False, False)
    assert (await page.get(f"/api/videos/{row['job_id']}")).status_code == 404


@pytest.mark.req(53, 57)
async def test_a_job_that_is_only_asked_for_is_pending_until_it_is_stopped(page: httpx.AsyncClient) -> None:
    """`createVideoJob(walletAddress, scriptBody)`, and `updateJobStatus(jobId, 'failed', …)` by a person."""
    body = {"script": "It is asked for, and not waited for.", "walletAddress": a_wallet()}
    answer = await page.post("/api/generate", json=body, headers={"Prefer": "wait=0"})
    assert (answer.status_code, set(answer.json())) == (202, {"jobId", "videoId", "status", "message"})
    job = answer.json()["jobId"]

    async def status() -> dict[str, Any] | None:
        found = await page.get(f"/api/videos/status/{job}")
        return found.json() if found.is_success else None

    before = await eventually(status)
    assert (set(before), before["ready"]) == (STATUS, False)
    assert before["status"] in ("pending", "generating")
    await page.get("/")  # the demo user's cookie
    assert (await page.post(f"/v1/jobs/{job}/cancel", headers={"Prefer": "wait=20"})).is_success

    async def stopped() -> dict[str, Any] | None:
        now = await status()
        return now if now and now["status"] == "failed" else None

    assert (await eventually(stopped, 20))["error"]


@pytest.mark.req(58)
async def test_nothing_that_was_made_on_the_way_is_left(platform: Platform, film: dict[str, Any]) -> None:
    """Of the folder in which the worker made the film, nothing but the empty folder is there."""
    work = platform.company.folder / "work" / "worker"
    await eventually(lambda: _empty(work))


@pytest.mark.req(63)
async def test_the_database_is_well(page: httpx.AsyncClient) -> None:
    answer = await page.get("/api/db/health")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


@pytest.mark.req(60)
@pytest.mark.parametrize(
    ("statement", "call"),
    [
        ("DELETE FROM videos WHERE video_id = '{job}'", "DELETE /api/videos/"),
        (
            "DELETE FROM video_jobs WHERE status = 'completed' AND created_at < NOW() + INTERVAL '30 days'",
            "DELETE /api/jobs?status=completed&olderThanDays=30",
        ),
    ],
)
async def test_a_delete_that_the_guide_prints_names_its_call(
    sql: Any, film: dict[str, Any], statement: str, call: str
) -> None:
    with pytest.raises(asyncpg.FeatureNotSupportedError) as refused:
        await sql.execute(statement.format(job=film["jobId"]))
    assert call in str(refused.value.hint)


@pytest.mark.req(60)
async def test_a_deleted_video_leaves_its_job_and_an_old_job_goes(
    page: httpx.AsyncClient, sql: Any, film: dict[str, Any]
) -> None:
    """A film of its own, of the same script: the worker has made its parts already."""
    wallet = a_wallet()
    job = (await generate(page, script=SCRIPT, walletAddress=wallet, title=TITLE)).json()["jobId"]
    deleted = await page.delete(f"/api/videos/{job}")
    assert (deleted.status_code, deleted.json()["deleted"]) == (200, True)
    status = (await page.get(f"/api/videos/status/{job}")).json()
    assert (status["status"], status["ready"], status["videoAvailable"]) == ("completed", False, False)
    assert (await page.get(f"/api/videos/{job}")).status_code == 404
    counts = "SELECT (SELECT count(*) FROM {0} WHERE job_id = $1)"
    await eventually(lambda: _is(sql, counts.format("videos"), job, 0))
    assert await sql.fetchval(counts.format("video_jobs"), job) == 1
    assert (await page.delete("/api/jobs", params={"status": "completed", "olderThanDays": 30})).json() == {
        "deleted": 0
    }
    assert (await page.delete("/api/jobs", params={"status": "completed", "olderThanDays": 0})).json()["deleted"] >= 2
    await eventually(lambda: _is(sql, counts.format("video_jobs"), job, 0))
    assert (await page.get(f"/api/videos/status/{film['jobId']}")).status_code == 404


async def _empty(folder: Path) -> bool:
    return await asyncio.to_thread(lambda: not list(folder.iterdir()))


async def _is(sql: Any, statement: str, job: str, wanted: int) -> bool:
    return await sql.fetchval(statement, job) == wanted
