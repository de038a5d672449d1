"""Every call there is, by somebody who knows another tenant's ids: it answers as if they had never existed.

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
from contracts.envelope import stream_id
from contracts.messages.account import AccountKind
from services.gateway.identity import account_id
from tests.gateway import samples
from tests.gateway.world import KEY, OTHER_KEY, OURS, THEIRS, THEM, World

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

THEIR_IDS = {
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


def theirs(world: World) -> None:
    """One of everything, for the other tenant."""
    digest = sha256(samples.MOVIE).hexdigest()
    done: dict[str, Any] = {"status": SessionStatus.COMPLETED, "title": SECRET, "prompt": SECRET, "activeJob": None}
    world.documents.put("sessions", samples.session(THEIRS, assets=[samples.asset(digest, 20)], **done))
    world.documents.put("jobs", samples.job(THEIRS, status="failed", title=SECRET))
    world.documents.put("session_history", samples.row(THEIRS, 1, "session.started", prompt=SECRET))
    world.tables.rows.update(samples.workflow_rows(THEIRS, SECRET))
    world.documents.put("presets", samples.preset(THEIRS, isDefault=True, name=SECRET))
    world.documents.put("projects", samples.project(THEIRS, name=SECRET))
    world.documents.put("uploads", samples.upload(THEIRS, SECRET))
    world.documents.put("timeline_states", samples.saved_timeline(THEIRS, markers=[{"name": SECRET}]))
    world.documents.put("accounts", samples.account(THEIRS, THEM.account, name=SECRET))
    wallet = account_id(THEIRS, AccountKind.WALLET, IDS["wallet_address"])
    world.documents.put("accounts", samples.account(THEIRS, wallet, name=SECRET))
    world.documents.put(
        "credentials", samples.credentials(THEIRS, THEM.account, SECRET, IDS["key_id"], IDS["login_id"])
    )

    endpoint, delivery = IDS["endpoint_id"], IDS["delivery_id"]
    world.documents.put("webhooks", samples.webhooks(THEIRS, THEM.account, SECRET, endpoint))
    world.deliveries.rows[delivery] = samples.delivered(THEIRS, THEM.account, SECRET, endpoint, delivery)


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    return (await client.get("/openapi.json")).json()


@pytest.fixture
async def neighbours(world: World) -> World:
    theirs(world)
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


async def test_anothers_id_answers_as_one_that_never_was(neighbours: World, document: dict[str, Any]) -> None:
    missing = {name: MISSING + (".mp4" if name == "name" else "") for name in IDS}
    tried = 0
    for call in calls(document):
        if not set(re.findall(r"\{(\w+)\}", call.path)) & set(IDS):
            continue
        for headers in ({}, {"If-None-Match": '"v2"'}, {"Range": "bytes=0-3"}, {"If-Match": '"v2"'}):
            known = await sent(neighbours, KEY, call, IDS, **headers)
            unknown = await sent(neighbours, KEY, call, missing, **headers)
            assert told(known, IDS) == told(unknown, missing), call
            assert known.status_code >= 400 or (known.status_code, call.method) in ACCEPTED, call
            tried += 1
    assert tried >= 4 * 15


async def test_no_answer_holds_a_word_of_anothers(neighbours: World, document: dict[str, Any]) -> None:
    for call in calls(document):
        answer = await sent(neighbours, KEY, call, IDS)
        assert SECRET not in answer.text, call
        assert SECRET not in json.dumps(dict(answer.headers)), call


async def test_no_call_changes_anything_of_anothers(neighbours: World, document: dict[str, Any]) -> None:
    before = json.dumps(neighbours.documents.collections, default=str, sort_keys=True)
    sent_before = dict(neighbours.deliveries.rows)
    for call in calls(document):
        await sent(neighbours, KEY, call, IDS)
    assert json.dumps(neighbours.documents.collections, default=str, sort_keys=True) == before
    assert neighbours.deliveries.rows == sent_before
    assert all(command.tenant == OURS for _, command in neighbours.sender.sent)
    kinds = ("session", "job", "preset", "project", "upload")
    their_streams = {stream_id(kind, THEIRS, one) for kind in kinds for one in IDS.values()}
    assert not {command.stream for _, command in neighbours.sender.sent} & their_streams


async def test_the_owner_finds_under_the_same_ids_what_nobody_else_does(
    neighbours: World, document: dict[str, Any]
) -> None:
    found = set()
    for call in calls(document):
        if call.method == "GET" and "{" in call.path and "/events" not in call.path:
            answer = await sent(neighbours, OTHER_KEY, call, IDS)
            if answer.status_code == 200:
                found.add(call.name)
    assert {
        "getSession",
        "getJob",
        "getAsset",
        "getSessionHistory",
        "getMedia",
        "getProject",
        "getTimelineVersion",
        "legacyUser",
        "getWorkflow",
        "listWorkflowFiles",
        "getWorkflowScenes",
        "getWorkflowFile",
        "getWebhookEndpoint",
        "listWebhookDeliveries",
        "getWebhookDelivery",
    } <= found, found
