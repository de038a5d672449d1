"""Jobs and accounts through the API."""

import httpx
import pytest

from contracts.envelope import Command, stream_id
from services.gateway.ports.news import Progress
from tests.gateway import samples
from tests.gateway.samples import JOB, SESSION
from tests.gateway.test_bad_input import assert_problem
from tests.gateway.world import OTHER_KEY, OURS, THEIRS, US, World


def said(percent: float) -> Progress:
    return Progress(str(JOB), str(SESSION), OURS, "scenes", percent, 50, 4_000)


async def test_a_job_shows_what_its_worker_said_last_and_never_less_than_the_log(
    client: httpx.AsyncClient, world: World
) -> None:
    world.documents.put("jobs", samples.job(OURS, status="running", stage="scenes", progress=40))
    for percent, shown in ((62.5, 62.5), (10, 40), (400, 100)):
        world.news.tell(said(percent))
        body = (await client.get(f"/v1/jobs/{JOB}")).json()
        assert (body["progress"], body["etaMs"]) == (shown, 4_000)


async def test_a_job_that_is_over_shows_what_the_log_says(client: httpx.AsyncClient, world: World) -> None:
    world.documents.put("jobs", samples.job(OURS, status="failed", progress=40))
    world.news.tell(said(90))
    assert (await client.get(f"/v1/jobs/{JOB}")).json()["progress"] == 40


async def test_another_tenant_s_job_is_answered_as_a_missing_one(client: httpx.AsyncClient, world: World) -> None:
    world.documents.put("jobs", samples.job(THEIRS))
    assert_problem(await client.get(f"/v1/jobs/{JOB}"), 404, "job.unknown", str(JOB))


@pytest.mark.parametrize(("call", "type_"), [("cancel", "CancelJob"), ("retry", "RetryJob")])
async def test_a_job_s_own_stream_is_asked(client: httpx.AsyncClient, world: World, call: str, type_: str) -> None:
    answer = await client.post(f"/v1/jobs/{JOB}/{call}")
    assert (answer.status_code, answer.json()["links"]["job"]) == (202, f"/v1/jobs/{JOB}")
    [(topic, command)] = world.sender.sent
    assert (topic, command.type) == ("playhead.render.commands", type_)
    assert command.stream == stream_id("job", OURS, str(JOB))


async def test_who_waits_for_a_cancel_gets_the_job(client: httpx.AsyncClient, world: World) -> None:
    def decide(command: Command) -> dict[str, object]:
        world.documents.put("jobs", samples.job(OURS, status="canceled", version=4))
        return samples.outcome(command, 4)

    async with world.deciding(decide):
        answer = await client.post(f"/v1/jobs/{JOB}/cancel", headers={"Prefer": "wait=5"})
    assert (answer.status_code, answer.json()["status"], answer.headers["etag"]) == (200, "canceled", '"v4"')


async def test_a_cancel_of_a_missing_job_is_404(client: httpx.AsyncClient, world: World) -> None:
    async with world.deciding(lambda command: samples.outcome(command, 0, ("job.unknown", ""))):
        answer = await client.post(f"/v1/jobs/{JOB}/cancel", headers={"Prefer": "wait=5"})
    assert_problem(answer, 404, "job.unknown", "There is no such job.")


async def test_points_are_shown_newest_first_and_sum_to_the_balance(client: httpx.AsyncClient, world: World) -> None:
    world.documents.put("accounts", samples.account(OURS, US.account))
    body = (await client.get("/v1/me/credits")).json()
    assert [item["kind"] for item in body["items"]] == ["reserved", "granted"]
    assert sum(item["amount"] for item in body["items"]) == body["balance"] == 98
    me = (await client.get("/v1/me")).json()
    assert (me["accountId"], me["tenant"], me["balance"], me["role"]) == (str(US.account), OURS, 98, "user")


async def test_an_account_that_has_done_nothing_has_nothing(world: World) -> None:
    async with world.client(OTHER_KEY) as other:
        assert (await other.get("/v1/me/credits")).json() == {"balance": 0, "items": []}
