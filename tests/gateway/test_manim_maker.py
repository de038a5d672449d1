"""The stepwise application works as it did: four calls, a history, and its own words, over the real rules."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts.messages.roles import AccountKind, Role, Scope
from contracts.rendering import Stage
from services.gateway.auth.keys import KeyRing, digest, key_of
from services.gateway.auth.principal import Principal
from tests.gateway import samples
from tests.gateway.company import Company
from tests.gateway.world import KEY, OTHER_KEY, OURS
from tests.session.words import PROMPT, SCRIPT, SESSION, an_id, output

REFINED = output(Stage.REFINE).refined_prompt
FIELDS = {
    "sessionId",
    "prompt",
    "refinedPrompt",
    "script",
    "audioFilePath",
    "videoFilePath",
    "pythonCodePath",
    "status",
    "errorMessage",
    "createdAt",
    "updatedAt",
}


@pytest.fixture
async def page(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client(None) as client:
        yield client


@pytest.fixture
def session() -> str:
    return str(SESSION)


async def call(page: httpx.AsyncClient, name: str, session: str, **words: str) -> httpx.Response:
    return await page.post(f"/api/{name}", json={"sessionId": session, **words})


async def a_film(page: httpx.AsyncClient, session: str, prompt: str = PROMPT) -> dict[str, Any]:
    await call(page, "improve-prompt", session, prompt=prompt)
    for name in ("generate-script", "generate-audio", "generate-video"):
        assert (await call(page, name, session)).status_code == 200
    return (await page.get(f"/api/sessions/{session}")).json()


@pytest.mark.req(1)
@pytest.mark.req(4)
async def test_the_first_call_makes_the_session_under_the_pages_own_id(page: httpx.AsyncClient, session: str) -> None:
    answer = await call(page, "improve-prompt", session, prompt=PROMPT)
    assert answer.status_code == 200
    assert answer.json() == {"sessionId": session, "refinedPrompt": REFINED, "status": "refining"}


@pytest.mark.req(5)
@pytest.mark.req(6)
@pytest.mark.req(7)
@pytest.mark.req(86)
async def test_each_call_does_its_step_and_answers_its_field(page: httpx.AsyncClient, session: str) -> None:
    await call(page, "improve-prompt", session, prompt=PROMPT)
    script = await call(page, "generate-script", session)
    assert script.json() == {"sessionId": session, "script": SCRIPT, "status": "script_generating"}
    audio = (await call(page, "generate-audio", session)).json()
    assert set(audio) == {"sessionId", "audioFilePath", "status"}
    assert (audio["status"], ".wav?" in audio["audioFilePath"]) == ("script_generating", True)
    video = (await call(page, "generate-video", session)).json()
    assert set(video) == {"sessionId", "videoFilePath", "status"}
    assert video["status"] == "completed"
    assert video["videoFilePath"].startswith("http://127.0.0.1:8080/media/")


@pytest.mark.req(2)
@pytest.mark.req(3)
async def test_the_document_has_the_fields_and_words_of_the_application(page: httpx.AsyncClient, session: str) -> None:
    document = await a_film(page, session)
    assert set(document) == FIELDS
    assert (document["prompt"], document["refinedPrompt"], document["script"]) == (PROMPT, REFINED, SCRIPT)
    assert (document["status"], document["errorMessage"], document["pythonCodePath"]) == ("completed", "", "")


async def test_a_step_again_answers_what_is_stored_and_costs_nothing(
    page: httpx.AsyncClient, session: str, company: Company
) -> None:
    await a_film(page, session)
    [before] = company.gateway.documents.collections["sessions"].values()
    for name, words in (("improve-prompt", {"prompt": PROMPT}), ("generate-script", {"prompt": str(REFINED)})):
        assert (await call(page, name, session, **words)).status_code == 200
    assert (await call(page, "generate-video", session)).json()["status"] == "completed"
    assert list(company.gateway.documents.collections["sessions"].values()) == [before]


async def test_another_prompt_begins_again_and_clears_what_came_of_the_old_one(
    page: httpx.AsyncClient, session: str
) -> None:
    await a_film(page, session)
    await call(page, "improve-prompt", session, prompt="Why is it wet?")
    document = (await page.get(f"/api/sessions/{session}")).json()
    assert (document["prompt"], document["status"]) == ("Why is it wet?", "refining")
    assert (document["script"], document["audioFilePath"], document["videoFilePath"]) == ("", "", "")


async def test_a_script_that_is_sent_replaces_the_stored_one(page: httpx.AsyncClient, session: str) -> None:
    await a_film(page, session)
    await call(page, "generate-audio", session, script="It is the salt.")
    document = (await page.get(f"/api/sessions/{session}")).json()
    assert (document["script"], document["videoFilePath"]) == ("It is the salt.", "")


async def test_a_step_whose_input_is_missing_says_which(page: httpx.AsyncClient, session: str) -> None:
    assert (await call(page, "generate-script", session)).status_code == 404
    await call(page, "improve-prompt", session, prompt=PROMPT)
    answer = await call(page, "generate-audio", session)
    assert (answer.status_code, answer.json()["code"]) == (409, "session.step_missing")
    assert "script" in answer.json()["error"]


async def test_a_session_at_work_takes_no_other_step(page: httpx.AsyncClient, session: str, company: Company) -> None:
    company.working = False
    assert (await call(page, "improve-prompt", session, prompt=PROMPT)).json()["refinedPrompt"] == ""
    answer = await call(page, "improve-prompt", session, prompt="Why is it wet?")
    assert (answer.status_code, answer.json()["code"]) == (409, "session.busy")


@pytest.mark.req(8)
async def test_a_step_that_fails_fails_the_session_and_says_why(
    page: httpx.AsyncClient, session: str, company: Company
) -> None:
    company.failing = {Stage.SCRIPT}
    await call(page, "improve-prompt", session, prompt=PROMPT)
    answer = await call(page, "generate-script", session)
    assert answer.status_code == 422
    assert answer.json() == {"error": "it broke", "code": "tool.failed"}
    document = (await page.get(f"/api/sessions/{session}")).json()
    assert (document["status"], document["errorMessage"]) == ("failed", "it broke")
    company.failing = set()
    assert (await call(page, "generate-script", session)).json()["script"] == SCRIPT


async def test_a_step_that_nobody_pays_for_says_so(session: str) -> None:
    company = Company(enforce=True, starter_grant=0)
    async with company.client(None) as page:
        await call(page, "improve-prompt", session, prompt=PROMPT)
        await call(page, "generate-script", session)
        answer = await call(page, "generate-audio", session)
    assert (answer.status_code, answer.json()["code"]) == (402, "quota.exceeded")


@pytest.mark.req(9)
async def test_without_mongodb_every_step_is_asked_for_and_done(
    page: httpx.AsyncClient, session: str, company: Company
) -> None:
    company.dark = True
    for name in ("improve-prompt", "generate-script", "generate-audio", "generate-video"):
        answer = await call(page, name, session, **({"prompt": PROMPT} if name == "improve-prompt" else {}))
        assert (answer.status_code, answer.headers["playhead-degraded"]) == (202, "mongodb")
        assert answer.json()["sessionId"] == session
    assert (await page.get(f"/api/sessions/{session}")).status_code == 503
    company.dark = False
    await company.show()
    assert (await page.get(f"/api/sessions/{session}")).json()["status"] == "completed"


@pytest.mark.req(11)
@pytest.mark.req(12)
async def test_the_history_is_listed_searched_and_counted(page: httpx.AsyncClient, company: Company) -> None:
    made = [str(an_id(number)) for number in range(3)]
    for number, one in enumerate(made):
        company.gateway.moment = samples.NOON + timedelta(minutes=number)
        await call(page, "improve-prompt", one, prompt=f"Pythagoras, part {number}")
    await a_film(page, made[0], "Pythagoras, part 0")
    everything = (await page.get("/api/sessions")).json()
    assert [item["sessionId"] for item in everything["items"]] == made[::-1]
    assert set(everything) == {"items", "nextCursor", "hasMore"}
    completed = (await page.get("/api/sessions", params={"status": "completed"})).json()
    assert [item["sessionId"] for item in completed["items"]] == made[:1]
    found = (await page.get("/api/sessions", params={"q": "pythagoras 2"})).json()
    assert [item["sessionId"] for item in found["items"]] == made[2:]
    assert (await page.get("/api/sessions/count")).json() == {"count": 3}
    first = (await page.get("/api/sessions", params={"limit": 2})).json()
    rest = (await page.get("/api/sessions", params={"limit": 2, "cursor": first["nextCursor"]})).json()
    assert [item["sessionId"] for item in first["items"] + rest["items"]] == made[::-1]


@pytest.mark.req(12)
async def test_an_old_session_is_made_again_as_a_new_one(page: httpx.AsyncClient, session: str) -> None:
    old = await a_film(page, session)
    answer = await page.post(f"/api/sessions/{session}/regenerate")
    new = answer.json()
    assert (answer.status_code, set(new), new["status"]) == (200, FIELDS, "completed")
    assert new["sessionId"] != session
    assert (new["prompt"], new["script"]) == (PROMPT, SCRIPT)
    kept = (await page.get(f"/api/sessions/{session}")).json()
    assert (kept["videoFilePath"].split("?")[0], kept["status"]) == (old["videoFilePath"].split("?")[0], "completed")


@pytest.mark.req(11)
async def test_sessions_older_than_so_many_days_are_deleted(page: httpx.AsyncClient, company: Company) -> None:
    old, new = str(an_id("old")), str(an_id("new"))
    await call(page, "improve-prompt", old, prompt=PROMPT)
    company.gateway.moment = samples.NOON + timedelta(days=8)
    await call(page, "improve-prompt", new, prompt=PROMPT)
    assert (await page.delete("/api/sessions", params={"olderThanDays": 7})).json() == {"deleted": 1}
    assert (await page.get(f"/api/sessions/{old}")).status_code == 404
    assert (await page.get(f"/api/sessions/{new}")).status_code == 200
    assert (await page.delete("/api/sessions", params={"olderThanDays": 7})).json() == {"deleted": 0}


async def test_deleting_in_bulk_takes_an_administrators_key_outside_of_the_local_profile() -> None:
    async with Company(local=False).client(KEY) as client:
        answer = await client.delete("/api/sessions", params={"olderThanDays": 7})
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden")


async def test_an_administrators_key_without_that_scope_deletes_nothing_in_bulk() -> None:
    boss, writing = (key_of(one * 20) for one in (b"b", b"w"))
    admin = Principal(OURS, AccountKind.DEMO, "boss", Role.ADMIN)
    company = Company(local=False)
    company.changed["keys"] = KeyRing(
        {digest(boss): admin, digest(writing): replace(admin, scopes=frozenset({Scope.READ, Scope.WRITE}))}
    )
    for path in ("/api/sessions", "/api/jobs"):
        async with company.client(boss) as whole, company.client(writing) as part:
            assert (await whole.delete(path, params={"olderThanDays": 7})).json() == {"deleted": 0}
            answer = await part.delete(path, params={"olderThanDays": 7})
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden")


async def test_a_repeat_with_its_key_asks_for_the_same_days(page: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "tidy"}
    first, same, other = [
        await page.delete("/api/sessions", params={"olderThanDays": days}, headers=key) for days in (7, 7, 30)
    ]
    assert first.json() == same.json() == {"deleted": 0}
    assert other.json()["code"] == "idempotency.mismatch"


async def test_another_tenants_session_is_as_if_it_were_not(
    page: httpx.AsyncClient, session: str, company: Company
) -> None:
    await a_film(page, session)
    async with company.client(OTHER_KEY) as stranger:
        assert (await stranger.get(f"/api/sessions/{session}")).status_code == 404
        assert (await stranger.post(f"/api/sessions/{session}/regenerate")).status_code == 404
        assert (await stranger.get("/api/sessions/count")).json() == {"count": 0}
        assert (await stranger.delete("/api/sessions", params={"olderThanDays": 0})).json() == {"deleted": 0}
