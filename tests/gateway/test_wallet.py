"""The one-shot application's routes answer in its own shapes, to the letter."""

from hashlib import sha256
from typing import Any

import httpx
import pytest

from contracts.envelope import Command
from services.gateway.identity import account_id
from tests.gateway import samples
from tests.gateway.samples import JOB, MOVIE, SESSION
from tests.gateway.test_sessions import started
from tests.gateway.world import OURS, World

BODY = {"script": "The sky is blue.", "walletAddress": "0xABCDEF", "title": "Sky"}
FILM = samples.asset(sha256(MOVIE).hexdigest(), len(MOVIE))


@pytest.fixture
async def anybody(world: World) -> Any:
    async with world.client(None) as client:
        yield client


def finishes(world: World, **job: Any) -> Any:
    """The whole machinery behind the log, done at once."""

    def decide(command: Command) -> dict[str, Any] | None:
        if command.type != "StartSession":
            return None
        wish = started(command)
        world.documents.put("sessions", samples.session(OURS, wish.session_id, createdAt=command.at))
        payer = str(wish.account_id)
        world.documents.put("jobs", samples.job(OURS, wish.job_id, wish.session_id, accountId=payer, **job))
        return samples.outcome(command, 2)

    return decide


async def test_a_script_comes_back_as_a_video(anybody: httpx.AsyncClient, world: World) -> None:
    async with world.deciding(finishes(world, status="completed", assets=[FILM])):
        answer = await anybody.post("/api/generate", json=BODY)
    wish = started(world.sender.commands("StartSession")[0])
    assert answer.status_code == 200
    assert answer.json() == {
        "jobId": str(wish.job_id),
        "videoId": str(wish.job_id),
        "status": "completed",
        "message": "Educational tutorial video generated successfully",
    }
    assert (wish.script, wish.title, wish.kind) == (BODY["script"], "Sky", "scrolling_script")


async def test_a_wallet_is_an_account_however_its_address_is_written(anybody: httpx.AsyncClient, world: World) -> None:
    async with world.deciding(finishes(world, status="completed", assets=[FILM])):
        for wallet in ("0xABCDEF", "0xabcdef"):
            await anybody.post("/api/generate", json=BODY | {"walletAddress": wallet})
    one, two = (started(command) for command in world.sender.commands("StartSession"))
    assert one.account_id == two.account_id
    [register] = world.sender.commands("RegisterAccount")
    assert b'"kind":"wallet","address":"0xabcdef"' in bytes(register.data)
    assert "0xabcdef" not in register.actor


async def test_a_video_that_takes_too_long_is_answered_as_far_as_it_is(
    anybody: httpx.AsyncClient, world: World
) -> None:
    async with world.deciding(finishes(world, status="running")):
        answer = await anybody.post("/api/generate", json=BODY)
    body = answer.json()
    assert answer.status_code == 202
    assert set(body) == {"jobId", "videoId", "status", "message"}
    assert (body["videoId"], body["status"]) == (None, "generating")
    assert f"/api/videos/status/{body['jobId']}" in body["message"]


async def test_without_mongodb_the_video_is_asked_for_and_the_answer_says_so(
    anybody: httpx.AsyncClient, world: World
) -> None:
    world.documents.away = True
    answer = await anybody.post("/api/generate", json=BODY)
    assert (answer.status_code, answer.headers["playhead-degraded"]) == (202, "mongodb")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": "quota.exceeded", "message": "Too few points.", "stage": None, "retryable": False}, 402),
        ({"code": "speech.failed", "message": "No voice for tlh.", "stage": "speech", "retryable": False}, 422),
        ({"code": "worker.lost", "message": "The worker died.", "stage": "video", "retryable": True}, 503),
    ],
)
async def test_a_video_that_failed_says_why(
    anybody: httpx.AsyncClient, world: World, error: dict[str, Any], status: int
) -> None:
    async with world.deciding(finishes(world, status="failed", error=error)):
        answer = await anybody.post("/api/generate", json=BODY)
    assert (answer.status_code, answer.json()) == (status, {"error": error["message"], "code": error["code"]})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"script": "x"}, "body.walletAddress: is needed and missing"),
        ({"walletAddress": "0x1"}, "body.script: is needed and missing"),
        (BODY | {"script": " "}, "body.script: must not be empty"),
        (BODY | {"script": "a\x00"}, "NUL"),
        (BODY | {"extra": 1}, "body.extra"),
    ],
)
async def test_what_is_wrong_is_told_with_400_in_the_small_shape(
    anybody: httpx.AsyncClient, body: dict[str, Any], words: str
) -> None:
    answer = await anybody.post("/api/generate", json=body)
    assert (answer.status_code, set(answer.json())) == (400, {"error", "code"})
    assert answer.headers["content-type"] == "application/json"
    assert words in answer.json()["error"]


@pytest.mark.parametrize(("status", "code"), [(404, "route.unknown"), (405, "route.method"), (415, "body.wrong_type")])
async def test_every_error_of_these_routes_has_the_small_shape(
    anybody: httpx.AsyncClient, status: int, code: str
) -> None:
    calls = {
        404: anybody.get("/api/nothing"),
        405: anybody.get("/api/generate"),
        415: anybody.post("/api/generate", content=b"script=x", headers={"Content-Type": "text/plain"}),
    }
    answers = {wanted: await call for wanted, call in calls.items()}
    assert (answers[status].status_code, answers[status].json()["code"]) == (status, code)
    assert set(answers[status].json()) == {"error", "code"}


@pytest.mark.parametrize(
    ("job", "shown"),
    [
        ({"status": "queued"}, ("pending", False, None)),
        ({"status": "throttled"}, ("pending", False, None)),
        ({"status": "running"}, ("generating", False, None)),
        ({"status": "canceling"}, ("generating", False, None)),
        ({"status": "canceled"}, ("failed", False, "The job was canceled.")),
        ({"status": "expired"}, ("failed", False, "The job ran out of time.")),
        ({"status": "completed", "assets": [FILM]}, ("completed", True, None)),
    ],
)
async def test_a_status_is_told_in_the_seed_s_four_words(
    anybody: httpx.AsyncClient, world: World, job: dict[str, Any], shown: tuple[str, bool, str | None]
) -> None:
    world.documents.put("sessions", samples.session(OURS))
    world.documents.put("jobs", samples.job(OURS, **job))
    body = (await anybody.get(f"/api/videos/status/{JOB}")).json()
    assert list(body) == ["jobId", "status", "ready", "error", "createdAt", "updatedAt", "videoAvailable"]
    assert (body["status"], body["ready"], body["error"]) == shown
    assert body["videoAvailable"] is body["ready"]


async def test_the_video_is_streamed_with_ranges(anybody: httpx.AsyncClient, world: World) -> None:
    await world.blobs.put(MOVIE)
    world.documents.put("sessions", samples.session(OURS))
    world.documents.put("jobs", samples.job(OURS, status="completed", assets=[FILM]))
    whole = await anybody.get(f"/api/videos/{JOB}")
    assert (whole.content, whole.headers["content-type"]) == (MOVIE, "video/mp4")
    part = await anybody.get(f"/api/videos/{JOB}", headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, MOVIE[2:6])


async def test_after_deletion_there_is_a_job_without_a_video(anybody: httpx.AsyncClient, world: World) -> None:
    world.documents.put("sessions", samples.session(OURS, status="deleted"))
    world.documents.put("jobs", samples.job(OURS, status="completed", assets=[FILM]))
    body = (await anybody.get(f"/api/videos/status/{JOB}")).json()
    assert (body["status"], body["ready"], body["videoAvailable"]) == ("completed", False, False)
    assert (await anybody.get(f"/api/videos/{JOB}")).status_code == 404


@pytest.mark.parametrize("path", ["/api/videos/status/x", "/api/videos/x", f"/api/videos/status/{SESSION}"])
async def test_an_unknown_job_is_404(anybody: httpx.AsyncClient, path: str) -> None:
    answer = await anybody.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "job.unknown")


def test_an_account_s_id_is_made_of_tenant_kind_and_subject() -> None:
    kinds = {account_id(tenant, kind, "x") for tenant in ("a", "b") for kind in samples.KINDS}
    assert len(kinds) == 2 * len(samples.KINDS)
