"""Sessions through the API, over the real rules: changed, worked on, made again, taken away, and as they were."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts.rendering import STAGES, Stage
from tests.gateway import samples
from tests.gateway.company import Company
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import OTHER_KEY
from tests.session.words import PROMPT, SCRIPT, SESSION, an_id

HERE = f"/v1/sessions/{SESSION}"
WAIT = {"Prefer": "wait=5"}


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
async def client(company: Company) -> AsyncGenerator[httpx.AsyncClient]:
    async with company.client() as client:
        yield client


async def make(client: httpx.AsyncClient, *stages: Stage, session: Any = SESSION) -> dict[str, Any]:
    body = {"sessionId": str(session), "prompt": PROMPT, "stages": list(stages or STAGES)}
    return (await client.post("/v1/sessions", json=body, headers=WAIT)).json()


async def test_an_edit_changes_what_is_sent_and_nothing_else(client: httpx.AsyncClient) -> None:
    before = await make(client)
    answer = await client.patch(HERE, json={"title": "Salt", "metadata": {"campaign": "autumn"}}, headers=WAIT)
    after = answer.json()
    assert (answer.status_code, after["title"], after["metadata"]) == (200, "Salt", {"campaign": "autumn"})
    changing = {"updatedAt", "title", "metadata", "version", "videoFilePath", "audioFilePath", "assets"}
    assert {key: after[key] for key in before.keys() - changing} == {
        key: before[key] for key in before.keys() - changing
    }
    assert answer.headers["etag"] == f'"v{before["version"] + 2}"', "another title, and other metadata"
    assert_problem(await client.patch(HERE, json={}), 422, "value.invalid", "title")
    assert_problem(await client.patch(HERE, json={"prompt": "x"}), 422, "value.invalid", "prompt")


async def test_a_change_to_a_version_that_is_not_the_newest_is_refused_with_the_newest(
    client: httpx.AsyncClient,
) -> None:
    version = (await make(client))["version"]
    mine = {**WAIT, "If-Match": f'"v{version}"'}
    assert (await client.patch(HERE, json={"title": "First"}, headers=mine)).status_code == 200
    answer = await client.patch(HERE, json={"title": "Second"}, headers=mine)
    assert_problem(answer, 412, "version.stale", str(version))
    assert (answer.json()["currentVersion"], answer.json()["current"]["title"]) == (version + 1, "First")
    assert (await client.delete(HERE, headers=mine)).status_code == 412
    assert_problem(
        await client.patch(HERE, json={"title": "x"}, headers={"If-Match": "17"}), 400, "header.invalid", "v17"
    )


async def test_a_version_that_a_client_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    tag = (await client.get(f"{HERE}")).headers.get("etag")
    assert tag is None
    await make(client)
    tag = (await client.get(HERE)).headers["etag"]
    assert (await client.get(HERE, headers={"If-None-Match": tag})).status_code == 304


@pytest.mark.req(20)
async def test_a_deleted_session_is_not_there_until_it_is_brought_back(client: httpx.AsyncClient) -> None:
    made = await make(client)
    assert (await client.delete(HERE, headers=WAIT)).status_code == 204
    assert_problem(await client.get(HERE), 404, "session.unknown", str(SESSION))
    assert (await client.get("/v1/sessions")).json()["items"] == []
    shown = (await client.get("/v1/sessions", params={"includeDeleted": True})).json()["items"]
    assert [item["status"] for item in shown] == ["deleted"]
    assert (await client.get(HERE, params={"includeDeleted": True})).json()["status"] == "deleted"
    back = await client.post(f"{HERE}/restore", headers=WAIT)
    assert (back.status_code, back.json()["status"], back.json()["stages"]) == (200, "completed", made["stages"])
    assert_problem(
        await client.post(f"/v1/sessions/{an_id('none')}/restore", headers=WAIT), 404, "session.not_open", "no open"
    )


async def test_more_stages_are_done_on_top_of_what_is_there(client: httpx.AsyncClient) -> None:
    first = await make(client, Stage.REFINE, Stage.SCRIPT)
    assert first["script"] == SCRIPT
    answer = await client.post(f"{HERE}/stages", json={"stages": ["speech"]}, headers=WAIT)
    after = answer.json()
    assert (answer.status_code, len(after["jobs"]), after["audioFilePath"] != "") == (200, 2, True)
    missing = await client.post(f"{HERE}/stages", json={"stages": ["video"]}, headers=WAIT)
    assert_problem(missing, 409, "session.step_missing", "scenes")
    changed = {"stages": ["scenes", "video"], "inputs": {"title": "Salt", "aspect": "9:16"}}
    film = (await client.post(f"{HERE}/stages", json=changed, headers=WAIT)).json()
    assert (film["status"], film["title"], film["aspect"]) == ("completed", "Salt", "9:16")


async def test_the_same_call_with_the_same_key_asks_for_one_job(client: httpx.AsyncClient) -> None:
    await make(client, Stage.REFINE)
    key = {**WAIT, "Idempotency-Key": "once"}
    for _ in range(2):
        await client.post(f"{HERE}/stages", json={"stages": ["script"]}, headers=key)
    assert len((await client.get(HERE)).json()["jobs"]) == 2


@pytest.mark.req(12)
@pytest.mark.parametrize(("basis", "script"), [("prompt", ""), ("script", SCRIPT)])
async def test_a_session_is_made_again_of_its_words(client: httpx.AsyncClient, basis: str, script: str) -> None:
    await make(client)
    wish = {"from": basis, "changes": {"aspect": "1:1"}}
    answer = await client.post(f"{HERE}/regenerate", json=wish, headers=WAIT)
    made = answer.json()
    assert (answer.status_code, made["derivedFrom"], made["aspect"]) == (201, str(SESSION), "1:1")
    assert answer.headers["location"] == f"/v1/sessions/{made['sessionId']}"
    assert (made["prompt"], made["status"]) == (PROMPT, "completed")
    done = {stage["name"] for stage in made["stages"] if stage["status"] == "done"}
    assert ("refine" in done) == (not script)


async def test_a_session_is_told_as_it_was(client: httpx.AsyncClient, company: Company) -> None:
    """Every version that was ever answered is answered the same way later."""
    company.working = False
    seen = {2: await make(client)}
    company.gateway.moment = samples.NOON + timedelta(minutes=1)
    for number in range(3):
        edited = (await client.patch(HERE, json={"title": f"Title {number}"}, headers=WAIT)).json()
        seen[edited["version"]] = edited
    company.working = True
    await company.work()
    for version, then in seen.items():
        answer = await client.get(HERE, params={"version": version})
        assert (answer.json(), answer.headers["etag"]) == (then, f'"v{version}"')
    early = await client.get(HERE, params={"at": samples.NOON.isoformat()})
    assert early.json() == seen[2]
    assert_problem(await client.get(HERE, params={"version": 99}), 404, "version.unknown", "99")
    before = (samples.NOON - timedelta(days=1)).isoformat()
    assert_problem(await client.get(HERE, params={"at": before}), 404, "version.unknown", "2026")
    both = {"version": 1, "at": before}
    assert_problem(await client.get(HERE, params=both), 422, "value.invalid", "both")


async def test_the_history_tells_who_did_what_and_when(client: httpx.AsyncClient) -> None:
    await make(client)
    await client.delete(HERE, headers=WAIT)
    assert (await client.get(f"{HERE}/history")).status_code == 404
    rows = (await client.get(f"{HERE}/history", params={"includeDeleted": True, "limit": 100})).json()["items"]
    assert [row["version"] for row in rows] == list(range(len(rows), 0, -1))
    assert (rows[0]["type"], rows[-1]["type"]) == ("session.deleted", "session.started")
    assert rows[0]["actor"].startswith("account:")


async def test_what_waits_shows_its_place_and_that_its_tenants_workers_are_taken(
    client: httpx.AsyncClient, company: Company
) -> None:
    company.working = False
    jobs: list[str] = []
    for number in range(3):
        company.gateway.moment = samples.NOON + timedelta(seconds=number)
        jobs += (await make(client, Stage.REFINE, session=an_id(number)))["jobs"]
    shown = [(await client.get(f"/v1/jobs/{job}")).json() for job in jobs]
    assert [(job["status"], job["queuePosition"]) for job in shown] == [("queued", n) for n in (1, 2, 3)]
    company.changed["jobs_per_tenant"] = 1
    await company.claim(jobs[0])
    async with company.client() as other_gateway:
        running, waiting = [(await other_gateway.get(f"/v1/jobs/{job}")).json() for job in jobs[:2]]
    assert (running["status"], running["queuePosition"]) == ("running", None)
    assert (waiting["status"], waiting["queuePosition"]) == ("throttled", 1)


async def test_a_cancel_says_what_it_gives_back(client: httpx.AsyncClient, company: Company) -> None:
    company.working = False
    (job,) = (await make(client))["jobs"]
    answer = (await client.post(f"/v1/jobs/{job}/cancel", headers=WAIT)).json()
    assert (answer["status"], answer["pointsSettled"]) == ("canceled", 0)
    assert answer["pointsRefunded"] == answer["pointsReserved"] > 0
    credits_ = (await client.get("/v1/me/credits")).json()
    assert (credits_["balance"], credits_["items"][0]["kind"]) == (100, "refunded")


@pytest.mark.req(85)
async def test_whatever_is_sent_twice_makes_one_film_and_one_charge(
    client: httpx.AsyncClient, company: Company
) -> None:
    await make(client)
    before = await company.services.everything()
    commands = [command for _, command in company.gateway.sender.sent]
    company.services.deliver([*commands, *company.services.told_again(), *reversed(company.services.sent)])
    await company.show()
    assert await company.services.everything() == before
    kinds = [item["kind"] for item in (await client.get("/v1/me/credits")).json()["items"]]
    assert kinds == ["settled", "reserved", "granted"]


async def test_nobody_changes_another_tenants_session(client: httpx.AsyncClient, company: Company) -> None:
    await make(client)
    async with company.client(OTHER_KEY) as stranger:
        for answer in (
            await stranger.patch(HERE, json={"title": "x"}, headers=WAIT),
            await stranger.delete(HERE, headers=WAIT),
            await stranger.post(f"{HERE}/restore", headers=WAIT),
            await stranger.post(f"{HERE}/stages", json={"stages": ["refine"]}, headers=WAIT),
            await stranger.post(f"{HERE}/regenerate", json={"from": "prompt"}, headers=WAIT),
            await stranger.get(HERE, params={"version": 1, "includeDeleted": True}),
        ):
            assert answer.status_code == 404
