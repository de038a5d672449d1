"""The one-shot application over the real rules: users, points, jobs and videos, made, read and deleted."""

import asyncio
import re
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.messages.job import FailJob
from contracts.pricing import estimate
from tests.gateway.company import Company
from tests.session.words import DURATION_MS, SCRIPT, SPOKEN

WALLET = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU"
BODY = {"script": SCRIPT, "walletAddress": WALLET, "title": "The sea"}
UNKNOWN = UUID(int=7)
GUIDE = Path(__file__).parents[2] / "docs" / "seeds" / "003.md"
CALL, NAMES = re.compile(r"(GET|POST|PUT|DELETE) (/[\w/{}.-]+)"), re.compile(r"\{\w+\}")
CHARGED = estimate(SCRIPT, SPOKEN)
"""The film is longer than was estimated: no more is taken than was set aside."""


@pytest.fixture
async def anybody(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client(None) as client:
        yield client


async def generated(client: httpx.AsyncClient, **changed: Any) -> dict[str, Any]:
    answer = await client.post("/api/generate", json=BODY | changed)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def status(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    return (await client.get(f"/api/videos/status/{job_id}")).json()


@pytest.mark.req(54)
@pytest.mark.req(55)
@pytest.mark.req(57)
async def test_a_script_becomes_a_video_whose_status_tells_so(anybody: httpx.AsyncClient) -> None:
    made = await generated(anybody)
    assert set(made) == {"jobId", "videoId", "status", "message"}
    assert (made["status"], made["message"]) == ("completed", "Educational tutorial video generated successfully")
    told = await status(anybody, made["jobId"])
    assert set(told) == {"jobId", "status", "ready", "error", "createdAt", "updatedAt", "videoAvailable"}
    assert (told["status"], told["ready"], told["error"], told["videoAvailable"]) == ("completed", True, None, True)


@pytest.mark.req(57)
async def test_a_job_goes_from_pending_to_generating_to_completed(company: Company, anybody: httpx.AsyncClient) -> None:
    company.working = False
    answer = await anybody.post("/api/generate", json=BODY, headers={"Prefer": "wait=0"})
    assert (answer.status_code, answer.json()["status"], answer.json()["videoId"]) == (202, "pending", None)
    job_id = answer.json()["jobId"]
    words = [(await status(anybody, job_id))["status"]]
    await company.claim(job_id)
    words.append((await status(anybody, job_id))["status"])
    await company.work()
    words.append((await status(anybody, job_id))["status"])
    assert words == ["pending", "generating", "completed"]


@pytest.mark.req(57)
async def test_a_job_that_failed_says_why(company: Company, anybody: httpx.AsyncClient) -> None:
    company.working = False
    job_id = (await anybody.post("/api/generate", json=BODY, headers={"Prefer": "wait=0"})).json()["jobId"]
    (row,) = await company.services.rows("render.queue")
    await company.send(row["stream"], row["tenant_id"], FailJob(code="operator.stopped", message="The disk is full."))
    told = await status(anybody, job_id)
    assert (told["status"], told["error"], told["videoAvailable"]) == ("failed", "The disk is full.", False)


@pytest.mark.req(50)
@pytest.mark.req(53)
async def test_a_user_is_ensured_once_with_its_grant(anybody: httpx.AsyncClient) -> None:
    for _ in range(2):
        answer = await anybody.put(f"/api/users/{WALLET}")
        assert (answer.status_code, answer.json()["promptPoints"]) == (200, 100)
    user = (await anybody.get(f"/api/users/{WALLET}")).json()
    assert set(user) == {"walletAddress", "promptPoints", "createdAt"}
    assert user["walletAddress"] == WALLET


@pytest.mark.req(61)
async def test_points_are_what_the_wallet_has_left(anybody: httpx.AsyncClient) -> None:
    await generated(anybody)
    answer = await anybody.get(f"/api/users/{WALLET}/points")
    assert answer.json() == {"walletAddress": WALLET, "promptPoints": 100 - CHARGED}


@pytest.mark.req(61)
async def test_a_wallet_s_videos_are_listed_newest_first_and_nobody_else_s(
    company: Company, anybody: httpx.AsyncClient
) -> None:
    made: list[dict[str, Any]] = []
    for number in range(3):
        company.gateway.moment += timedelta(seconds=1)
        made.append(await generated(anybody, title=f"Film {number}"))
    await generated(anybody, walletAddress="0xAA")
    first = (await anybody.get(f"/api/users/{WALLET}/videos", params={"limit": 2})).json()
    rest = (await anybody.get(f"/api/users/{WALLET}/videos", params={"cursor": first["nextCursor"]})).json()
    assert [one["jobId"] for one in (*first["items"], *rest["items"])] == [one["jobId"] for one in reversed(made)]
    assert (first["hasMore"], rest["hasMore"], rest["nextCursor"]) == (True, False, None)
    film = first["items"][0]
    assert (film["walletAddress"], film["title"], film["format"]) == (WALLET, "Film 2", "mp4")
    assert (film["durationSec"], film["videoId"]) == (round(DURATION_MS / 1000), made[2]["videoId"])
    assert [len((await anybody.get(f"/api/users/{one}/videos")).json()["items"]) for one in ("0xAA", "0xaa")] == [1, 1]


@pytest.mark.parametrize("path", ["", "/points", "/videos"])
async def test_an_unknown_wallet_is_404(anybody: httpx.AsyncClient, path: str) -> None:
    answer = await anybody.get(f"/api/users/0x1{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "user.unknown")


async def test_addresses_that_differ_in_case_are_two_wallets_unless_they_are_hexadecimal(
    anybody: httpx.AsyncClient,
) -> None:
    await anybody.put(f"/api/users/{WALLET}")
    assert (await anybody.get(f"/api/users/{WALLET.lower()}")).status_code == 404
    await anybody.put("/api/users/0xABCDEF")
    assert (await anybody.get("/api/users/0xabcdef")).json()["walletAddress"] == "0xabcdef"


@pytest.mark.req(60)
async def test_a_deleted_video_leaves_its_job_without_a_video(anybody: httpx.AsyncClient) -> None:
    made, other = await generated(anybody), await generated(anybody)
    answer = await anybody.delete(f"/api/videos/{made['videoId']}")
    assert (answer.status_code, answer.json()["deleted"], answer.json()["jobId"]) == (200, True, made["jobId"])
    told = await status(anybody, made["jobId"])
    assert (told["status"], told["ready"], told["videoAvailable"]) == ("completed", False, False)
    for call in (anybody.get(f"/api/videos/{made['jobId']}"), anybody.delete(f"/api/videos/{made['videoId']}")):
        assert (await call).status_code == 404
    listed = (await anybody.get(f"/api/users/{WALLET}/videos")).json()["items"]
    assert [one["videoId"] for one in listed] == [other["videoId"]]
    assert (await status(anybody, other["jobId"]))["videoAvailable"] is True


@pytest.mark.req(60)
async def test_a_deletion_that_is_repeated_with_its_key_is_answered_as_the_first_time(
    anybody: httpx.AsyncClient,
) -> None:
    made = await generated(anybody)
    headers = {"Idempotency-Key": "once"}
    answers = [await anybody.delete(f"/api/videos/{made['videoId']}", headers=headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[1].headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("video", ["x", str(UNKNOWN)])
async def test_a_video_that_is_not_there_is_not_deleted(anybody: httpx.AsyncClient, video: str) -> None:
    answer = await anybody.delete(f"/api/videos/{video}")
    assert (answer.status_code, answer.json()["code"]) == (404, "video.unknown")


@pytest.mark.req(59)
async def test_the_script_goes_from_the_job_when_its_film_is_there(
    company: Company, anybody: httpx.AsyncClient
) -> None:
    company.working = False
    await anybody.post("/api/generate", json=BODY, headers={"Prefer": "wait=0"})
    (row,) = await company.services.rows("wallet.job_rows")
    assert (row["script_body"], row["status"]) == (SCRIPT, "pending")
    await company.work()
    (row,) = await company.services.rows("wallet.job_rows")
    assert (row["script_body"], row["status"]) == ("", "completed")


@pytest.mark.req(51)
@pytest.mark.req(52)
async def test_what_is_asked_for_stands_in_the_application_s_tables(
    company: Company, anybody: httpx.AsyncClient
) -> None:
    made = await generated(anybody)
    (job,) = await company.services.rows("wallet.job_rows")
    (film,) = await company.services.rows("wallet.video_rows")
    (user,) = [row for row in await company.services.rows("wallet.account_rows") if row["wallet_address"]]
    assert (str(job["job_id"]), job["account_id"]) == (made["jobId"], user["account_id"])
    assert (film["job_id"], film["account_id"], film["format"]) == (job["job_id"], user["account_id"], "mp4")
    assert (user["wallet_address"], user["prompt_points"]) == (WALLET, 100 - CHARGED)


@pytest.mark.req(46, 53, 60)
async def test_jobs_that_ended_long_ago_are_forgotten_by_a_call(company: Company, anybody: httpx.AsyncClient) -> None:
    made = await generated(anybody)
    young = await anybody.delete("/api/jobs", params={"status": "completed", "olderThanDays": 30})
    assert young.json() == {"deleted": 0}
    company.gateway.moment += timedelta(days=31)
    assert (await anybody.delete("/api/jobs")).json() == {"deleted": 0}, "only failed jobs, unless it is said"
    old = await anybody.delete("/api/jobs", params={"status": "completed", "olderThanDays": 30})
    assert (old.status_code, old.json()) == (200, {"deleted": 1})
    assert (await anybody.get(f"/api/videos/status/{made['jobId']}")).status_code == 404


async def test_jobs_are_forgotten_in_bulk_by_an_admin_alone_outside_the_local_profile() -> None:
    company = Company(local=False)
    async with company.client() as client:
        answer = await client.delete("/api/jobs")
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden")


@pytest.mark.req(61)
async def test_a_wallet_without_points_gets_402_where_points_are_enforced() -> None:
    company = Company(enforce=True, starter_grant=1)
    async with company.client(None) as client:
        answer = await client.post("/api/generate", json=BODY)
        assert (answer.status_code, answer.json()["code"]) == (402, "quota.exceeded")
        assert (await client.get(f"/api/users/{WALLET}/points")).json()["promptPoints"] == 1


@pytest.mark.req(62)
async def test_jobs_that_are_made_at_once_are_all_made(anybody: httpx.AsyncClient) -> None:
    made = await asyncio.gather(*(generated(anybody, title=f"Film {number}") for number in range(5)))
    assert len({one["jobId"] for one in made}) == 5
    listed = (await anybody.get(f"/api/users/{WALLET}/videos")).json()["items"]
    assert {one["jobId"] for one in listed} == {one["jobId"] for one in made}


@pytest.mark.req(63)
async def test_the_database_s_health_is_a_word_and_its_size_is_told(company: Company) -> None:
    async with company.client(None) as client:
        assert (await client.get("/api/db/health")).json() == {"ok": True}
    async with company.client() as client:
        assert "statistics" in (await client.get("/api/health")).json()["database"]


@pytest.mark.req(64)
async def test_every_call_that_the_guide_names_is_there(company: Company, anybody: httpx.AsyncClient) -> None:
    document = (await anybody.get("/openapi.json")).json()
    there = {f"{method.upper()} {path}" for path, calls in document["paths"].items() for method in calls}
    named = {f"{method} {NAMES.sub('{}', path)}" for method, path in CALL.findall(GUIDE.read_text(encoding="utf-8"))}
    assert len(named) >= 12
    assert named <= {NAMES.sub("{}", call) for call in there}


@pytest.mark.req(64)
async def test_a_client_of_before_is_told_what_to_change(anybody: httpx.AsyncClient) -> None:
    old = await anybody.post("/api/generate", json={"script": SCRIPT, "title": "The sea"})
    assert (old.status_code, "walletAddress" in old.json()["error"]) == (400, True)
    assert (await anybody.get("/output/film.mp4")).status_code == 404
    made = await generated(anybody)
    assert not {"videoUrl", "contentId"} & set(made)
