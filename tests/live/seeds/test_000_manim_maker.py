"""The stepwise application's client: four calls to a film, its history, its shell's queries as it prints them."""

import json
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

import httpx
import pytest

from contracts.catalog import as_command
from contracts.envelope import stream_id
from contracts.messages.account import AccountKind
from contracts.messages.files import OpenSession
from eventlog.clock import new_id, now
from services.gateway.auth.principal import Principal
from tests.live.seeds.conftest import Platform
from tests.plain_http import plain_http
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

PROMPT = "The Pythagorean theorem"
SCRIPT = "The square of the longest side is the sum of the other two."
FIELDS = {
    "sessionId": str,
    "prompt": str,
    "refinedPrompt": str,
    "script": str,
    "audioFilePath": str,
    "videoFilePath": str,
    "pythonCodePath": str,
    "status": str,
    "errorMessage": str,
    "createdAt": datetime,
    "updatedAt": datetime,
}
"""The fields of the application's documents, and their types in MongoDB."""


async def call(page: httpx.AsyncClient, name: str, session: str, **words: str) -> dict[str, Any]:
    """What a step answers with success."""
    answer = await page.post(f"/api/{name}", json={"sessionId": session, **words})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
async def film(platform: Platform) -> dict[str, Any]:
    """A film made step by step under an id that the page made: what each step answered, and the session's id."""
    session = str(new_id())
    async with plain_http(base_url=platform.url, timeout=150) as page:
        steps = {
            "refined": await call(page, "improve-prompt", session, prompt=PROMPT),
            "script": await call(page, "generate-script", session),
            "audio": await call(page, "generate-audio", session, script=SCRIPT),
            "video": await call(page, "generate-video", session),
        }
    return {"sessionId": session, **steps}


@pytest.mark.req(1, 4, 5, 6, 7)
async def test_each_step_answers_its_field_and_the_last_a_film_that_plays(
    page: httpx.AsyncClient, film: dict[str, Any]
) -> None:
    names = {"refined": "refinedPrompt", "script": "script", "audio": "audioFilePath", "video": "videoFilePath"}
    for step, field in names.items():
        assert set(film[step]) == {"sessionId", field, "status"}
        assert film[step]["sessionId"] == film["sessionId"]
        assert film[step][field]
    assert [film[step]["status"] for step in names] == [
        "refining",
        "script_generating",
        "script_generating",
        "completed",
    ]
    bytes_ = await page.get(film["video"]["videoFilePath"])
    assert (bytes_.status_code, bytes_.headers["content-type"], bytes_.content[4:8]) == (200, "video/mp4", b"ftyp")
    sound = await page.get(film["audio"]["audioFilePath"])
    assert (sound.status_code, sound.content[:4]) == (200, b"RIFF")


@pytest.mark.req(2, 3)
async def test_the_session_has_the_application_s_fields_and_no_other(
    page: httpx.AsyncClient, film: dict[str, Any]
) -> None:
    document = (await page.get(f"/api/sessions/{film['sessionId']}")).json()
    assert set(document) == set(FIELDS)
    assert all(isinstance(value, str) for value in document.values())
    assert (document["prompt"], document["script"], document["status"]) == (PROMPT, SCRIPT, "completed")
    assert document["errorMessage"] == ""
    assert document["videoFilePath"].startswith(str(page.base_url))
    assert datetime.fromisoformat(document["createdAt"]) <= datetime.fromisoformat(document["updatedAt"])


@pytest.mark.req(2, 11)
async def test_the_shell_s_queries_answer(db: Any, film: dict[str, Any]) -> None:
    """`find()`, `find({status: 'completed'})`, `find({prompt: /Pythagorean/})`, `countDocuments()`."""
    session = film["sessionId"]
    everything = await db.sessions.find().to_list(None)
    assert await db.sessions.count_documents({}) == len(everything)
    completed = await db.sessions.find({"status": "completed"}).to_list(None)
    assert session in {one["sessionId"] for one in completed} <= {one["sessionId"] for one in everything}
    (found,) = await db.sessions.find({"prompt": re.compile("Pythagorean"), "sessionId": session}).to_list(None)
    assert {name: type(found[name]) for name in FIELDS} == FIELDS
    assert await db.sessions.find({"prompt": re.compile("pythagorean")}).to_list(None) == []


@pytest.mark.req(11, 12)
async def test_the_history_finds_and_counts_what_the_shell_does(
    page: httpx.AsyncClient, db: Any, film: dict[str, Any]
) -> None:
    for where, query in (
        ({}, {}),
        ({"status": "completed"}, {"status": "completed"}),
        ({"q": "pythagorean"}, {"prompt": re.compile("Pythagorean")}),
    ):
        shell = await db.sessions.find({"status": {"$ne": "deleted"}} | query).to_list(None)
        listed = (await page.get("/api/sessions", params=where | {"limit": "100"})).json()
        assert {one["sessionId"] for one in listed["items"]} == {one["sessionId"] for one in shell}
        assert (await page.get("/api/sessions/count", params=where)).json() == {"count": len(shell)}
        assert film["sessionId"] in {one["sessionId"] for one in listed["items"]}


@pytest.mark.req(12)
async def test_an_old_script_becomes_a_new_film(page: httpx.AsyncClient, film: dict[str, Any]) -> None:
    answer = await page.post(f"/api/sessions/{film['sessionId']}/regenerate", json={"from": "script"})
    new = answer.json()
    assert (answer.status_code, set(new), new["status"]) == (200, set(FIELDS), "completed")
    assert new["sessionId"] != film["sessionId"]
    assert (new["prompt"], new["script"]) == (PROMPT, SCRIPT)
    assert (await page.get(new["videoFilePath"])).content[4:8] == b"ftyp"


@pytest.mark.req(3, 8)
async def test_a_step_that_fails_leaves_failed_and_a_sentence(page: httpx.AsyncClient, db: Any) -> None:
    session = str(new_id())
    await call(page, "improve-prompt", session, prompt="A script without a word")
    answer = await page.post("/api/generate-audio", json={"sessionId": session, "script": "…!?"})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "code"}
    found = await db.sessions.find_one({"sessionId": session})
    assert (found["status"], found["errorMessage"]) == ("failed", answer.json()["error"])
    assert "no word" in found["errorMessage"]
    assert [one["sessionId"] for one in await db.sessions.find({"status": "failed"}).to_list(None)] == [session]


@pytest.mark.req(11)
async def test_what_is_older_than_seven_days_is_deleted_by_one_call(
    page: httpx.AsyncClient, db: Any, platform: Platform
) -> None:
    """`deleteMany({createdAt: {$lt: new Date(Date.now() - 7*24*60*60*1000)}})` finds it, the call deletes it."""
    session = await _old_session(platform)
    older = {"createdAt": {"$lt": now() - timedelta(days=7)}, "status": {"$ne": "deleted"}}
    await eventually(lambda: db.sessions.find_one(older))
    before = (await page.get("/api/sessions/count")).json()["count"]
    assert (await page.delete("/api/sessions", params={"olderThanDays": 7})).json() == {"deleted": 1}
    assert await db.sessions.count_documents(older) == 0
    assert (await page.get(f"/api/sessions/{session}")).status_code == 404
    assert (await page.get("/api/sessions/count")).json() == {"count": before - 1}


@pytest.mark.req(10)
async def test_the_start_tells_that_mongodb_is_there(platform: Platform, db: Any, film: dict[str, Any]) -> None:
    lines = (platform.company.folder / "gateway.log").read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines if "MongoDB connected successfully" in line]
    assert told
    assert {(one["database"], one["sessions"]) for one in told} == {(db.name, "sessions")}
    assert await db[told[0]["sessions"]].count_documents({"sessionId": film["sessionId"]}) == 1


async def _old_session(platform: Platform) -> str:
    """A session that was opened eight days ago, as its command says."""
    session = new_id()
    account = Principal(platform.tenant, AccountKind.ANONYMOUS, "legacy").account
    body = OpenSession(session_id=session, account_id=account, prompt="Long ago")
    command = as_command(
        body,
        id_=uuid5(session, "open"),
        stream=stream_id("session", platform.tenant, str(session)),
        at=now() - timedelta(days=8),
        tenant=platform.tenant,
        actor="tests",
    )
    await platform.company.sender.send([command])
    return str(session)
