"""What a client gets wrong is told in a problem that says what was wrong and what is right."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from tests.gateway.world import World

GOOD = {"prompt": "Why is the sky blue?"}


async def post(client: httpx.AsyncClient, content: bytes, kind: str = "application/json") -> httpx.Response:
    return await client.post("/v1/sessions", content=content, headers={"Content-Type": kind})


def assert_problem(answer: httpx.Response, status: int, code: str, words: str) -> dict[str, Any]:
    document = answer.json()
    assert (answer.status_code, document["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["status"] == status
    assert document["type"] == f"/problems/{code}"
    assert document["requestId"] == answer.headers["x-request-id"]
    assert document["instance"] == answer.request.url.path
    assert words in document["detail"]
    return document


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "needs a prompt or a script"),
        ({"prompt": "  \n "}, "needs a prompt or a script"),
        ({"prompt": 5}, "body.prompt: must be text"),
        ({"prompt": "x" * 10_001}, "at most 10,000 characters"),
        (GOOD | {"kind": "opera"}, "body.kind: must be one of 'slides', 'scrolling_script' or 'manim'"),
        (GOOD | {"aspect": "4:3"}, "body.aspect: must be one of"),
        (GOOD | {"promt": "x"}, "body.promt: is not a field of this call"),
        (GOOD | {"session_id": "x"}, "body.session_id: is not a field of this call"),
        (GOOD | {"sessionId": "me"}, "body.sessionId: must be a UUID"),
        (GOOD | {"stages": []}, "body.stages"),
        (GOOD | {"stages": ["video", "refine"]}, "stages are named once each, in the order"),
        (GOOD | {"metadata": {"notes": "x" * 20_000}}, "is too large"),
        ([], "must be a JSON object"),
        ("a prompt", "must be a JSON object"),
    ],
)
async def test_a_value_that_does_not_fit_is_named(client: httpx.AsyncClient, body: object, words: str) -> None:
    document = assert_problem(await client.post("/v1/sessions", json=body), 422, "value.invalid", words)
    assert document["errors"][0]["field"].startswith("body")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"prompt": "a\\u0000b"}', "NUL"),
        (b'{"prompt": "\\ud800"}', "surrogate"),
        (b'{"prompt": "x", "metadata": {"n": 9223372036854775808}}', "2^63"),
        (b'{"prompt": "x", "metadata": {"n": ' + b"9" * 5000 + b"}}", "2^63"),
        (b'{"prompt": "x", "metadata": {"n": NaN}}', "NaN"),
        (b'{"prompt": "x", "metadata": {"n": -Infinity}}', "-Infinity"),
        (b'{"prompt": "x", "metadata": {"n": 1e999}}', "too large"),
        (b'{"prompt": "x", "prompt": "y"}', "stands twice"),
        (b'{"metadata": ' + b'{"a": ' * 32 + b"1" + b"}" * 32 + b"}", "nested too deep"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
async def test_a_value_that_no_store_keeps_is_refused_at_the_door(
    client: httpx.AsyncClient, content: bytes, words: str
) -> None:
    assert_problem(await post(client, content), 422, "value.not_storable", words)


async def test_a_value_nested_32_deep_is_kept(client: httpx.AsyncClient, world: World) -> None:
    content = b'{"prompt": "x", "metadata": ' + b'{"a": ' * 30 + b"1" + b"}" * 30 + b"}"
    assert (await post(client, content)).status_code == 202
    assert b'"a":1' in bytes(world.sender.commands("StartSession")[0].data)


@pytest.mark.parametrize("content", [b"{", b"{'prompt': 1}", b'{"prompt": "\xff"}', b'\xef\xbb\xbf{"prompt": "x"}'])
async def test_a_body_that_is_not_json_says_where(client: httpx.AsyncClient, content: bytes) -> None:
    assert_problem(await post(client, content), 400, "body.malformed", "The body is not")


async def test_a_missing_body_is_told(client: httpx.AsyncClient) -> None:
    assert_problem(await post(client, b""), 422, "body.missing", "needs a JSON body")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/json; charset=latin-1", ""])
async def test_another_media_type_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    assert_problem(await post(client, json.dumps(GOOD).encode(), kind), 415, "body.wrong_type", "application/json")


@pytest.mark.parametrize("kind", ["application/json;charset=UTF-8", "application/merge-patch+json"])
async def test_every_json_media_type_is_taken(client: httpx.AsyncClient, kind: str) -> None:
    assert (await post(client, json.dumps(GOOD).encode(), kind)).status_code == 202


async def test_a_body_of_two_mebibytes_is_refused_by_its_announced_size(client: httpx.AsyncClient) -> None:
    assert_problem(await client.post("/v1/sessions", json={"prompt": "x" * 2**21}), 413, "body.too_large", "1 MiB")


async def test_a_body_that_announces_no_size_is_refused_where_it_grows_too_large(client: httpx.AsyncClient) -> None:
    sent = 0

    async def chunks() -> AsyncGenerator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 65_536

    answer = await client.post("/v1/sessions", content=chunks(), headers={"Content-Type": "application/json"})
    assert_problem(answer, 413, "body.too_large", "1 MiB")
    assert sent <= 18


async def test_a_bad_uuid_in_the_path_is_told(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/v1/sessions/42"), 422, "value.invalid", "path.session_id: must be a UUID")


async def test_a_wrong_address_and_a_wrong_method_are_told(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/v1/nothing"), 404, "route.unknown", "/docs")
    wrong = await client.put("/v1/sessions", json={})
    assert_problem(wrong, 405, "route.method", "GET, POST")
    assert wrong.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("limit", ["0", "101", "many"])
async def test_a_limit_out_of_bounds_is_told(client: httpx.AsyncClient, limit: str) -> None:
    assert_problem(await client.get("/v1/sessions", params={"limit": limit}), 422, "value.invalid", "query.limit")


async def test_a_search_for_nul_is_refused_at_the_door(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/v1/sessions", params={"q": "a\x00b"}), 422, "value.not_storable", "NUL")


async def test_nothing_that_is_refused_reaches_the_log(client: httpx.AsyncClient, world: World) -> None:
    await client.post("/v1/sessions", json={"prompt": ""})
    await client.post("/v1/sessions", json={"prompt": "x", "kind": "opera"})
    assert world.sender.sent == []


async def test_an_error_that_nobody_foresaw_names_the_request_and_nothing_else(world: World) -> None:
    def broken() -> None:
        raise RuntimeError("the password is hunter2")

    async with world.client(now=broken) as client:
        answer = await client.post("/v1/sessions", json=GOOD, headers={"X-Request-Id": "mine-1"})
    assert_problem(answer, 500, "internal", "mine-1")
    assert "hunter2" not in answer.text


async def test_a_request_id_that_is_no_id_is_replaced(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/me", headers={"X-Request-Id": "two words"})
    assert answer.headers["x-request-id"] != "two words"
