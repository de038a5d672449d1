"""Making, listing, reading and deleting sessions."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.envelope import Command, stream_id
from contracts.messages import SESSION_CATALOG
from contracts.messages.session import StartSession
from contracts.rendering import WriterEngine, Writing
from services.gateway.identity import is_marked
from tests.gateway import samples
from tests.gateway.samples import SESSION
from tests.gateway.test_bad_input import GOOD, assert_problem
from tests.gateway.world import OTHER_KEY, OURS, THEIRS, US, World


def started(command: Command) -> StartSession:
    body = SESSION_CATALOG.decode_command(command.type, command.type_version, bytes(command.data))
    assert isinstance(body, StartSession)
    return body


def applies(world: World, **fields: Any) -> Any:
    """The session service and its projector: the document is there when the outcome is told."""

    def decide(command: Command) -> dict[str, Any] | None:
        if command.type == "StartSession":
            made = samples.session(command.tenant, started(command).session_id, createdAt=command.at, **fields)
            world.documents.put("sessions", made)
        return samples.outcome(command, 2)

    return decide


def refuses(code: str, detail: str) -> Any:
    def decide(command: Command) -> dict[str, Any] | None:
        return samples.outcome(command, 0, (code, detail)) if command.type != "RegisterAccount" else None

    return decide


async def test_a_wish_is_answered_202_once_the_log_has_it(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.post("/v1/sessions", json=GOOD | {"aspect": "9:16", "metadata": {"mine": [1, None]}})
    body, [command] = answer.json(), world.sender.commands("StartSession")
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/commands/{body['commandId']}" == body["links"]["command"]
    assert (str(command.id), command.stream, command.tenant) == (body["commandId"], body["streamId"], OURS)
    assert (command.actor, command.origin, command.at) == (US.actor, "gateway-1", samples.NOON)
    wish = started(command)
    assert (wish.prompt, wish.aspect, wish.metadata) == (GOOD["prompt"], "9:16", {"mine": [1, None]})
    assert wish.account_id == US.account
    assert body["links"]["session"] == f"/v1/sessions/{wish.session_id}"
    assert body["links"]["job"] == f"/v1/jobs/{wish.job_id}"
    assert command.stream == stream_id("session", OURS, str(wish.session_id))


async def test_the_writer_that_is_wished_for_travels_with_the_wish(client: httpx.AsyncClient, world: World) -> None:
    wished = {"engine": "online", "model": "small-1", "fallback": False}
    assert (await client.post("/v1/sessions", json=GOOD | {"writing": wished})).status_code == 202
    [command] = world.sender.commands("StartSession")
    assert started(command).writing == Writing(engine=WriterEngine.ONLINE, model="small-1", fallback=False)


@pytest.mark.parametrize(
    "writing",
    [
        {"engine": "online"},
        {"engine": "template", "model": "small-1"},
        {"engine": "online", "model": "a b"},
        {"engine": "online", "model": "a" * 101},
        {"engine": "online", "model": "small-1", "key": "mine"},
        {"engine": "oracle"},
    ],
)
async def test_a_writer_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, world: World, writing: dict[str, Any]
) -> None:
    answer = await client.post("/v1/sessions", json=GOOD | {"writing": writing})
    assert answer.status_code == 422
    assert "writing" in answer.text
    assert world.sender.commands("StartSession") == []


async def test_the_account_is_opened_before_its_first_session_and_once(client: httpx.AsyncClient, world: World) -> None:
    for _ in range(2):
        await client.post("/v1/sessions", json=GOOD)
    assert [command.type for _, command in world.sender.sent] == ["RegisterAccount", "StartSession", "StartSession"]
    register = world.sender.commands("RegisterAccount")[0]
    assert json.loads(bytes(register.data))["starterGrant"] == 100
    async with World(sender=world.sender).client() as other_gateway:
        await other_gateway.post("/v1/sessions", json=GOOD)
    assert {command.id for command in world.sender.commands("RegisterAccount")} == {register.id}


async def test_the_request_and_its_trace_travel_with_the_command(client: httpx.AsyncClient, world: World) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await client.post("/v1/sessions", json=GOOD, headers={"X-Request-Id": "mine", "traceparent": trace})
    assert {("request-id", b"mine"), ("traceparent", trace.encode())} <= set(world.sender.headers[-1])


async def test_who_prefers_to_wait_gets_the_session(client: httpx.AsyncClient, world: World) -> None:
    async with world.deciding(applies(world)):
        answer = await client.post("/v1/sessions", json=GOOD, headers={"Prefer": "respond-async, wait=99"})
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "wait=30"
    assert answer.headers["etag"] == '"v2"'
    assert answer.headers["location"] == f"/v1/sessions/{answer.json()['sessionId']}"


async def test_a_wait_that_is_too_short_ends_in_the_202(client: httpx.AsyncClient, world: World) -> None:
    async with world.deciding(lambda _: None):
        answer = await client.post("/v1/sessions", json=GOOD, headers={"Prefer": "wait=1"})
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers


async def test_an_outcome_that_is_not_shown_yet_ends_in_the_202(client: httpx.AsyncClient, world: World) -> None:
    async with world.deciding(lambda command: samples.outcome(command, 2)):
        answer = await client.post("/v1/sessions", json=GOOD, headers={"Prefer": "wait=5"})
    assert answer.status_code == 202


async def test_a_refusal_is_answered_as_its_problem(client: httpx.AsyncClient, world: World) -> None:
    async with world.deciding(refuses("session.exists", "Session 1 has other content.")):
        answer = await client.post("/v1/sessions", json=GOOD, headers={"Prefer": "wait=5"})
    assert_problem(answer, 409, "session.exists", "Session 1 has other content.")


async def test_a_session_that_failed_within_the_wait_is_answered_as_its_problem(
    client: httpx.AsyncClient, world: World
) -> None:
    failed = {
        "status": "failed",
        "errorMessage": "The account has 1 point, and 4 are needed.",
        "error": {"code": "quota.exceeded", "stage": "speech", "retryable": False},
    }
    async with world.deciding(applies(world, **failed)):
        answer = await client.post("/v1/sessions", json=GOOD, headers={"Prefer": "wait=5"})
    document = assert_problem(answer, 402, "quota.exceeded", "4 are needed")
    assert (document["stage"], document["retryable"]) == ("speech", False)


async def test_a_client_s_own_id_makes_the_call_repeatable(client: httpx.AsyncClient, world: World) -> None:
    mine = GOOD | {"sessionId": str(SESSION)}
    async with world.deciding(applies(world)):
        first = await client.post("/v1/sessions", json=mine, headers={"Prefer": "wait=5"})
    world.moment += timedelta(seconds=9)
    world.waiters.beat()
    again = await client.post("/v1/sessions", json=mine, headers={"Prefer": "wait=5"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["sessionId"] == again.json()["sessionId"] == str(SESSION)
    one, two = world.sender.commands("StartSession")
    assert (one.id, one.data) == (two.id, two.data)


async def test_the_same_id_with_other_content_is_another_command(client: httpx.AsyncClient, world: World) -> None:
    for prompt in ("one", "two"):
        await client.post("/v1/sessions", json={"prompt": prompt, "sessionId": str(SESSION)})
    one, two = world.sender.commands("StartSession")
    assert one.id != two.id
    assert one.stream == two.stream


async def test_two_tenants_may_use_one_id(client: httpx.AsyncClient, world: World) -> None:
    async with world.client(OTHER_KEY) as other:
        for each in (client, other):
            await each.post("/v1/sessions", json=GOOD | {"sessionId": str(SESSION)})
    one, two = world.sender.commands("StartSession")
    assert one.id != two.id
    assert one.stream != two.stream
    assert started(one).job_id != started(two).job_id


async def test_a_session_is_read_as_its_document_says(client: httpx.AsyncClient, world: World) -> None:
    world.documents.put("sessions", samples.session(OURS, title="Blue"))
    answer = await client.get(f"/v1/sessions/{SESSION}")
    body = answer.json()
    assert (body["sessionId"], body["title"], body["version"]) == (str(SESSION), "Blue", 2)
    assert body["createdAt"] == "2026-11-20T12:00:00.000Z"
    assert not {"_id", "tenant", "accountId"} & set(body)
    known = await client.get(f"/v1/sessions/{SESSION}", headers={"If-None-Match": 'W/"v1", "v2"'})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("path", ["", "/history", "/events"])
async def test_another_tenant_s_session_is_answered_as_a_missing_one(world: World, path: str) -> None:
    async with world.client() as client:
        missing = await client.get(f"/v1/sessions/{SESSION}{path}")
        world.documents.put("sessions", samples.session(THEIRS))
        foreign = await client.get(f"/v1/sessions/{SESSION}{path}")
    for answer in (missing, foreign):
        assert_problem(answer, 404, "session.unknown", str(SESSION))
    assert missing.json() | {"requestId": ""} == foreign.json() | {"requestId": ""}


async def test_a_deleted_session_is_gone(client: httpx.AsyncClient, world: World) -> None:
    world.documents.put("sessions", samples.session(OURS, status="deleted"))
    assert (await client.get(f"/v1/sessions/{SESSION}")).status_code == 404
    assert (await client.get("/v1/sessions")).json()["items"] == []


async def test_deleting_asks_the_session_s_stream(client: httpx.AsyncClient, world: World) -> None:
    async with world.deciding(lambda command: samples.outcome(command, 3)):
        answer = await client.delete(f"/v1/sessions/{SESSION}", headers={"Prefer": "wait=5"})
    assert answer.status_code == 204
    [(topic, command)] = world.sender.sent
    assert (topic, command.type) == ("playhead.session.commands", "DeleteSession")
    assert command.stream == stream_id("session", OURS, str(SESSION))


def a_session(n: int, **fields: Any) -> dict[str, Any]:
    at = samples.NOON + timedelta(minutes=n // 2)
    return samples.session(OURS, UUID(int=n), createdAt=at, **fields)


async def test_a_list_is_walked_newest_first_and_is_stable_while_new_ones_come(
    client: httpx.AsyncClient, world: World
) -> None:
    for n in range(7):
        world.documents.put("sessions", a_session(n))
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/sessions", params=params)).json()
        seen += [item["createdAt"] + item["sessionId"] for item in page["items"]]
        world.documents.put("sessions", a_session(100 + len(seen)))
        cursor = page["nextCursor"]
        assert page["hasMore"] == (cursor is not None)
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 7
    assert [text[:24] for text in seen] == sorted((text[:24] for text in seen), reverse=True)


async def test_a_search_takes_words_literally_and_in_any_case(client: httpx.AsyncClient, world: World) -> None:
    world.documents.put("sessions", a_session(1, prompt="Why (really) is the Sky blue?"))
    world.documents.put("sessions", a_session(2, script="the sky at night", status="completed"))

    async def found(**params: str) -> int:
        return len((await client.get("/v1/sessions", params=params)).json()["items"])

    assert await found(q="SKY") == 2
    assert await found(q="sky (really)") == 1
    assert await found(q=".*") == 0
    assert await found(status="completed") == 1
    assert await found(status="completed", q="really") == 0


async def test_a_cursor_of_another_list_or_tenant_is_refused(client: httpx.AsyncClient, world: World) -> None:
    for n in range(4):
        world.documents.put("sessions", a_session(n))
    cursor = (await client.get("/v1/sessions", params={"limit": "2"})).json()["nextCursor"]
    params = {"cursor": cursor}
    assert (await client.get("/v1/sessions", params=params)).status_code == 200
    assert_problem(await client.get("/v1/sessions", params=params | {"q": "x"}), 400, "cursor.invalid", "filters")
    async with world.client(OTHER_KEY) as other:
        assert_problem(await other.get("/v1/sessions", params=params), 400, "cursor.invalid", "filters")


async def test_history_tells_who_did_what_newest_first(client: httpx.AsyncClient, world: World) -> None:
    world.documents.put("sessions", samples.session(OURS))
    for version in range(1, 6):
        world.documents.put("session_history", samples.row(OURS, version, "session.started", note=version))
    page = (await client.get(f"/v1/sessions/{SESSION}/history", params={"limit": "3"})).json()
    assert [row["version"] for row in page["items"]] == [5, 4, 3]
    assert page["items"][0]["data"] == {"note": 5}
    rest = await client.get(f"/v1/sessions/{SESSION}/history", params={"cursor": page["nextCursor"]})
    assert [row["version"] for row in rest.json()["items"]] == [2, 1]
    assert set(page["items"][0]) == {
        *("version", "eventId", "type", "typeVersion", "at", "commandId", "actor", "data"),
    }


async def test_a_command_is_followed_from_accepted_to_its_outcome(client: httpx.AsyncClient, world: World) -> None:
    where = (await client.post("/v1/sessions", json=GOOD)).headers["location"]
    assert (await client.get(where)).json()["status"] == "accepted"
    [command] = world.sender.commands("StartSession")
    world.documents.put("session_commands", samples.outcome(command, 2))
    told = (await client.get(where)).json()
    assert (told["status"], told["version"], told["streamId"]) == ("applied", 2, command.stream)
    world.documents.put("session_commands", samples.outcome(command, 0, ("session.exists", "No.")))
    refused = (await client.get(where)).json()
    assert refused["status"] == "refused"
    assert refused["problem"] == {
        "code": "session.exists",
        "title": "Another session has this id",
        "status": 409,
        "detail": "No.",
    }


async def test_a_command_that_was_never_sent_is_unknown(client: httpx.AsyncClient, world: World) -> None:
    assert_problem(await client.get(f"/v1/commands/{SESSION}"), 404, "command.unknown", str(SESSION))
    await client.post("/v1/sessions", json=GOOD)
    [command] = world.sender.commands("StartSession")
    assert is_marked(OURS, command.id)
    async with world.client(OTHER_KEY) as other:
        assert_problem(await other.get(f"/v1/commands/{command.id}"), 404, "command.unknown", str(command.id))
