"""Every call there is, by somebody who knows another's ids: it answers as if they had never existed.

The other is of another tenant, or another account of the caller's own.

The calls come from the OpenAPI document, so a new one is tried without being named here; one with a new kind of id, or
with a body, fails until it is.
"""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest

from contracts.documents import SessionStatus
from contracts.envelope import Command, stream_id
from contracts.messages.account import AccountKind, Role
from services.gateway.auth.keys import KeyRing, digest
from services.gateway.auth.principal import Principal
from services.gateway.identity import account_id, actor_of
from tests.gateway import samples
from tests.gateway.world import KEY, OTHER_KEY, OURS, THEIRS, THEM, US, World

MISSING = "01970c5a-3f2e-7c44-9d1b-0000000000ff"
SECRET = "the plan of our neighbours"

IDS = {
    "session_id": str(samples.SESSION),
    "job_id": str(samples.JOB),
    "asset_id": str(samples.VIDEO),
    "preset_id": str(samples.PRESET),
    "command_id": str(UUID(int=77)),
    "workflow_id": str(samples.SESSION),
    "file_id": str(samples.VIDEO),
    "project_id": str(samples.PROJECT),
    "upload_id": str(samples.UPLOAD),
    "key_id": str(UUID(int=78)),
    "login_id": str(UUID(int=79)),
    "endpoint_id": str(UUID(int=80)),
    "delivery_id": str(UUID(int=81)),
    "identity_id": "ef" * 32,
    "name": f"{samples.VIDEO}.mp4",
    "video_id": str(samples.JOB),
    "wallet_address": "0xbee5",
    "account_id": str(THEM.account),
}
"""Path parameter to what the other tenant has under it."""

PLAIN = {"version": "1", "metric": "funnel"}
"""Path parameters that name nobody's things."""

BODIES: dict[str, Any] = {
    "changePlan": {"plan": "premium"},
    "changeRole": {"role": "premium"},
    "grantCredits": {"amount": 5},
    "cancelJobOfTenant": {"reason": "stuck"},
    "createSession": {"prompt": "How do bees find their way home?"},
    "issueKey": {"name": "ours"},
    "linkIdentity": {"idToken": "a.b.c"},
    "askForNonce": {"walletAddress": "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM"},
    "signInByWallet": {
        "walletAddress": "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM",
        "nonce": "1.2.3.new",
        "signature": "A" * 86 + "==",
    },
    "editSession": {"title": "Bees"},
    "createPreset": {"name": "Calm"},
    "changePreset": {"name": "Calm"},
    "requestStages": {"stages": ["refine"]},
    "regenerateSession": {"from": "prompt"},
    "regenerateSeedSession": {},
    "improvePrompt": {"sessionId": str(samples.SESSION), "prompt": "Why do bees dance?"},
    "generateScript": {"sessionId": str(samples.SESSION)},
    "generateAudio": {"sessionId": str(samples.SESSION)},
    "generateVideo": {"sessionId": str(samples.SESSION)},
    "createWorkflow": {"prompt": "How do bees find their way home?"},
    "addWorkflowFile": {"file_type": "image", "file_path": "/a.png", "file_name": "a.png", "file_size": 1},
    "createProject": {"name": "Bees"},
    "editProject": {"name": "Bees"},
    "saveTimeline": {"layers": []},
    "renderProject": {"version": 1},
    "createUpload": {"fileName": "bees.mp4"},
    "putUploadContent": "bees",
    "createSeedProject": {"name": "Bees"},
    "putSeedProject": {"name": "Bees"},
    "putSeedTimeline": {"layers": []},
    "addWebhookEndpoint": {"url": "https://hooks.example.org/in"},
    "changeWebhookEndpoint": {"description": "ours"},
    "legacyGenerate": {"script": "Bees dance.", "walletAddress": "0xabc"},
}
"""Operation to a body that it takes."""

THEIR_IDS = {str(account_id(OURS, AccountKind.API_KEY, "neighbour"))} | {
    str(one)
    for one in (
        samples.SESSION,
        samples.JOB,
        samples.VIDEO,
        samples.PRESET,
        samples.UPLOAD,
        THEM.account,
    )
}
"""Ids that an answer must not tell; any other is new, and another each time."""

ACCEPTED = {(202, "POST"), (202, "PUT"), (202, "PATCH"), (202, "DELETE")}
"""A command for a stream of the caller's own tenant, which will find that there is nothing."""


class Call(NamedTuple):
    """One operation, ready to be sent under any id."""

    name: str
    method: str
    path: str
    body: Any

    def under(self, ids: dict[str, str]) -> str:
        """The path with these ids in it."""
        return re.sub(r"\{(\w+)\}", lambda found: (PLAIN | ids)[found[1]], self.path)


def calls(document: dict[str, Any]) -> Iterator[Call]:
    """Every operation of the document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            name = operation["operationId"]
            if unknown := set(re.findall(r"\{(\w+)\}", path)) - set(IDS) - set(PLAIN):
                raise AssertionError(f"{name} has {unknown} in its path: say in IDS what the other tenant has there")
            if "requestBody" in operation and name not in BODIES:
                raise AssertionError(f"{name} takes a body: say in BODIES one that it accepts")
            yield Call(name, method.upper(), path, BODIES.get(name))


class Whose(NamedTuple):
    """Somebody else: of another tenant, or of the caller's own."""

    tenant: str
    account: UUID

    @property
    def ids(self) -> dict[str, str]:
        """What he has under which path parameter."""
        return IDS | {"account_id": str(self.account)}


RIVAL = Whose(THEIRS, THEM.account)
NEIGHBOUR = Whose(OURS, account_id(OURS, AccountKind.API_KEY, "neighbour"))


def theirs(world: World, whose: Whose) -> None:
    """One of everything, for somebody else."""
    movie = sha256(samples.MOVIE).hexdigest()
    tenant, account = whose
    his: dict[str, Any] = {"accountId": str(account)}
    done: dict[str, Any] = {"status": SessionStatus.COMPLETED, "title": SECRET, "prompt": SECRET, "activeJob": None}
    put = world.documents.put
    put("sessions", samples.session(tenant, assets=[samples.asset(movie, 20)], **done, **his))
    put("jobs", samples.job(tenant, status="failed", title=SECRET, finishedAt=samples.NOON, **his))
    put("session_history", samples.row(tenant, 1, "session.started", prompt=SECRET))
    world.tables.rows.update(
        samples.workflow_rows(tenant, SECRET, account) | samples.usage_rows(tenant, SECRET, account)
    )
    day = {"tenant_id": tenant, "account_id": account, "day": samples.NOON.date(), "about": SECRET}
    world.tables.metrics["funnel"] = [day]
    put("presets", samples.preset(tenant, isDefault=whose is RIVAL, name=SECRET, **his))
    put("projects", samples.project(tenant, name=SECRET, createdBy=str(account)))
    put("uploads", samples.upload(tenant, SECRET) | his)
    put("timeline_states", samples.saved_timeline(tenant, markers=[{"name": SECRET}], createdBy=str(account)))
    put("accounts", samples.account(tenant, account, name=SECRET))
    wallet = account_id(tenant, AccountKind.WALLET, IDS["wallet_address"])
    put("accounts", samples.account(tenant, wallet, name=SECRET))
    put("credentials", samples.credentials(tenant, account, SECRET, IDS["key_id"], IDS["login_id"]))
    endpoint, delivery = IDS["endpoint_id"], IDS["delivery_id"]
    put("webhooks", samples.webhooks(tenant, account, SECRET, endpoint))
    world.deliveries.rows[delivery] = samples.delivered(tenant, account, SECRET, endpoint, delivery)
    asked = Command(
        id=UUID(IDS["command_id"]),
        stream=SECRET,
        type="X",
        at=samples.NOON,
        tenant=tenant,
        actor=actor_of(account),
        data=samples.RAW,
    )
    put("session_commands", samples.outcome(asked, 1, ("session.not_open", SECRET)))


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    return (await client.get("/openapi.json")).json()


@pytest.fixture(params=[RIVAL, NEIGHBOUR], ids=["another tenant", "another account"])
def whose(request: pytest.FixtureRequest) -> Whose:
    return request.param


@pytest.fixture
async def neighbours(world: World, whose: Whose) -> World:
    theirs(world, whose)
    await world.blobs.put(samples.MOVIE)
    return world


async def sent(world: World, key: str | None, call: Call, ids: dict[str, str], **headers: str) -> httpx.Response:
    async with world.client(key) as client:
        return await client.request(call.method, call.under(ids), json=call.body, headers=headers)


def told(answer: httpx.Response, ids: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    """An answer without what differs each time, and without the ids that the caller named himself."""
    text = answer.text
    for one in (*ids.values(), *(value.partition(".")[0] for value in ids.values())):
        text = text.replace(one, "…")
    text = re.sub(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", lambda id_: id_[0] if id_[0] in THEIR_IDS else "new", text
    )
    text = re.sub(r'"(requestId|commandId|streamId|command)":"[^"]*"', "", text)
    private = {"x-request-id", "content-length", "location"}
    headers = {name: value for name, value in answer.headers.items() if name not in private}
    return answer.status_code, text, headers


@pytest.mark.req(68)
async def test_anothers_id_answers_as_one_that_never_was(
    neighbours: World, whose: Whose, document: dict[str, Any]
) -> None:
    missing = {name: MISSING + (".mp4" if name == "name" else "") for name in IDS}
    tried = 0
    for call in calls(document):
        if not set(re.findall(r"\{(\w+)\}", call.path)) & set(IDS):
            continue
        for headers in ({}, {"If-None-Match": '"v2"'}, {"Range": "bytes=0-3"}, {"If-Match": '"v2"'}):
            known = await sent(neighbours, KEY, call, whose.ids, **headers)
            unknown = await sent(neighbours, KEY, call, missing, **headers)
            assert told(known, whose.ids) == told(unknown, missing), call
            assert known.status_code >= 400 or (known.status_code, call.method) in ACCEPTED, call
            tried += 1
    assert tried >= 4 * 15


@pytest.mark.req(68)
async def test_no_answer_holds_a_word_of_anothers(neighbours: World, whose: Whose, document: dict[str, Any]) -> None:
    for call in calls(document):
        answer = await sent(neighbours, KEY, call, whose.ids)
        assert SECRET not in answer.text, call
        assert SECRET not in json.dumps(dict(answer.headers)), call


@pytest.mark.req(68)
async def test_no_list_count_or_sum_tells_that_anybody_else_is_there(
    neighbours: World, document: dict[str, Any]
) -> None:
    alone, read = World(), 0
    for call in calls(document):
        if call.method == "GET" and not set(re.findall(r"\{(\w+)\}", call.path)) & set(IDS):
            assert told(await sent(neighbours, KEY, call, {}), {}) == told(await sent(alone, KEY, call, {}), {}), call
            read += 1
    assert read >= 20


@pytest.mark.req(68)
async def test_no_call_changes_anything_of_anothers(neighbours: World, whose: Whose, document: dict[str, Any]) -> None:
    before = json.dumps(neighbours.documents.collections, default=str, sort_keys=True)
    sent_before = dict(neighbours.deliveries.rows)
    for call in calls(document):
        await sent(neighbours, KEY, call, whose.ids)
    assert json.dumps(neighbours.documents.collections, default=str, sort_keys=True) == before
    assert neighbours.deliveries.rows == sent_before
    assert all(command.tenant == OURS for _, command in neighbours.sender.sent)
    kinds = ("session", "job", "preset", "project", "upload")
    their_streams = {stream_id(kind, whose.tenant, one) for kind in kinds for one in whose.ids.values()}
    reached = [command for _, command in neighbours.sender.sent if command.stream in their_streams]
    assert bool(reached) == (whose is NEIGHBOUR)
    assert {command.only_of for command in reached} <= {US.account}


@pytest.mark.req(68)
@pytest.mark.parametrize("role", [Role.USER, Role.ADMIN])
async def test_the_owner_and_whoever_administers_find_under_the_same_ids_what_nobody_else_does(
    neighbours: World, whose: Whose, document: dict[str, Any], role: Role
) -> None:
    owner = Principal(whose.tenant, AccountKind.API_KEY, "", known=whose.account)
    reader = owner if role is Role.USER else Principal(whose.tenant, AccountKind.API_KEY, "boss", role)
    found = set()
    async with neighbours.client(OTHER_KEY, keys=KeyRing({digest(OTHER_KEY): reader})) as client:
        for call in calls(document):
            if call.method == "GET" and "{" in call.path and "/events" not in call.path:
                answer = await client.get(call.under(whose.ids))
                if answer.status_code == 200:
                    found.add(call.name)
    own = {"getWebhookEndpoint", "listWebhookDeliveries", "getWebhookDelivery"}
    assert (own <= found, "legacyUser" in found) == (role is Role.USER, role is Role.ADMIN)
    assert {
        "getSession",
        "getJob",
        "getAsset",
        "getSessionHistory",
        "getMedia",
        "getProject",
        "getTimelineVersion",
        "getPreset",
        "getCommand",
        "getWorkflow",
        "listWorkflowFiles",
        "getWorkflowScenes",
        "getWorkflowFile",
    } <= found, found
