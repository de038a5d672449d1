"""Workers as processes: killed, stopped and canceled in the middle of a film."""

import asyncio
import signal
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer

from contracts.messages.job import CancelJob
from contracts.topics import RENDER_PROGRESS
from services.gateway.ports.news import Progress
from tests.live.company import GRANT, Company, Play, Running
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
async def film(here: Company) -> dict[str, Any]:
    """The film of an undisturbed session, as its document shows it."""
    play = Play()
    async with here.worker("calm", blobs="calm"):
        await here.stage(play)
        return await here.until("sessions", play, status="completed")


def sha256_of(session: dict[str, Any]) -> str:
    return next(asset["sha256"] for asset in session["assets"] if asset["kind"] == "video")


def now() -> float:
    return asyncio.get_running_loop().time()


async def encoding(here: Company, worker: Running, play: Play) -> list[int]:
    """The processes that encode the film, once they do."""
    await here.until("jobs", play, status="running", stage="video")
    return await eventually(worker.encoders, 60)


async def are_gone(pids: list[int]) -> bool | None:
    return not any(map(is_there, pids)) or None


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def once(here: Company, play: Play) -> None:
    """Every stage was completed once, and so was the job."""
    types = Counter(row["type"] for row in await here.history(play))
    stages = Counter(
        row["data"]["output"]["stage"] for row in await here.history(play) if row["type"] == "job.stage_completed"
    )
    assert types["job.completed"] == 1
    assert stages == {"speech": 1, "scenes": 1, "video": 1}


async def test_a_session_becomes_a_film_and_is_paid_for(here: Company, film: dict[str, Any]) -> None:
    kinds = sorted(asset["kind"] for asset in film["assets"])
    assert kinds == ["audio", "captions", "captions", "poster", "video"]
    account = await here.documents.of_tenant("accounts", "tests").find_one({"accountId": film["accountId"]})
    assert account is not None
    assert account["balance"] == GRANT - (await _points(here, film))


async def _points(here: Company, film: dict[str, Any]) -> int:
    job = await here.documents.of_tenant("jobs", "tests").find_one({"jobId": film["jobs"][0]})
    assert job is not None
    assert job["pointsSettled"] > 0
    return int(job["pointsSettled"])


async def test_progress_is_told_as_the_gateway_reads_it_and_never_goes_back(
    here: Company, film: dict[str, Any]
) -> None:
    consumer = AIOKafkaConsumer(
        RENDER_PROGRESS.name, auto_offset_reset="earliest", enable_auto_commit=False, **here.access.connecting()
    )
    await consumer.start()
    try:
        found = await consumer.getmany(timeout_ms=5_000)
    finally:
        await consumer.stop()
    words = [msgspec.json.decode(one.value or b"", type=Progress) for some in found.values() for one in some]
    mine = [word for word in words if word.session_id == film["sessionId"]]
    assert mine[-1].stage == "video"
    assert mine[0].tenant == "tests"
    assert all(one.percent <= other.percent for one, other in pairwise(mine))


@pytest.mark.chaos
async def test_a_killed_worker_is_replaced_within_twenty_seconds_and_the_film_is_the_same(
    here: Company, film: dict[str, Any]
) -> None:
    play = Play()
    async with here.worker("heir") as heir, here.worker("victim") as victim:
        heir.send(signal.SIGSTOP)
        await here.stage(play)
        encoders = await encoding(here, victim, play)
        heir.send(signal.SIGCONT)
        killed_at = now()
        victim.send(signal.SIGKILL)
        await eventually(lambda: are_gone(encoders), 5)
        await here.until("jobs", play, within=60, worker="heir")
        assert now() - killed_at < 20
        session = await here.until("sessions", play, status="completed")
    await once(here, play)
    assert sha256_of(session) == sha256_of(film)


async def test_a_cancel_ends_the_encoder_within_three_seconds_and_shows_nothing(here: Company) -> None:
    play = Play()
    async with here.worker("canceled", blobs="canceled") as worker:
        await here.stage(play)
        encoders = await encoding(here, worker, play)
        canceled_at = now()
        await here.sender.send([play.command("job", play.job_id, CancelJob(reason="enough"))])
        await eventually(lambda: are_gone(encoders), 10)
        assert now() - canceled_at < 3
        session = await here.until("sessions", play, status="canceled")
        account = await here.until("accounts", play, within=20, balance=GRANT - await _owed(here, play))
    assert not any(asset["kind"] == "video" for asset in session["assets"])
    assert account["items"][-1]["kind"] in ("settled", "refunded")


async def _owed(here: Company, play: Play) -> int:
    job = await here.until("jobs", play, status="canceled")
    return int(job["pointsSettled"])


async def test_a_worker_that_is_stopped_gives_its_job_back_at_once(here: Company, film: dict[str, Any]) -> None:
    play = Play()
    async with here.worker("leaving", blobs="drained") as leaving:
        await here.stage(play)
        encoders = await encoding(here, leaving, play)
        asked_at = now()
        leaving.send(signal.SIGTERM)
        await eventually(lambda: are_gone(encoders), 10)
        assert now() - asked_at < 3
        assert await leaving.end() == 0
    await here.until("jobs", play, within=10, status="queued", worker=None)
    async with here.worker("next", blobs="drained") as following:
        session = await here.until("sessions", play, status="completed")
        assert await following.end() == 0
    await once(here, play)
    assert sha256_of(session) == sha256_of(film)
    assert list_of(here.folder / "work") == [], "nothing is left of any worker, killed ones included"


def list_of(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]
