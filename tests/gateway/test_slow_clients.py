"""Whoever sends hardly anything holds nothing for long: heads, bodies and files have deadlines, and connections end."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import httpx
import pytest

from services.gateway.http import connection
from services.gateway.http.connection import Connection
from tests.browser.theatre import served
from tests.gateway.company import Company
from tests.gateway.studio import announced
from tests.gateway.test_bad_input import GOOD, assert_problem
from tests.gateway.world import KEY, World

HEAD = f"POST /v1/sessions HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
HEALTHY = b"GET /livez HTTP/1.1\r\nHost: here\r\n\r\n"


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    address = httpx.URL(url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    async with asyncio.timeout(20):
        yield reader, writer
    writer.close()


async def drip(writer: asyncio.StreamWriter, byte: bytes = b" ") -> None:
    """A byte now and then, until nobody listens any more."""
    while not writer.is_closing():
        writer.write(byte)
        await asyncio.sleep(0.02)


async def everything(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, byte: bytes) -> bytes:
    """All that is answered to somebody who goes on dripping: to read it all, the connection has to end."""
    async with asyncio.TaskGroup() as tasks:
        dripping = tasks.create_task(drip(writer, byte))
        answer = await until_the_end(reader)
        dripping.cancel()
    return answer


async def until_the_end(reader: asyncio.StreamReader) -> bytes:
    """What came before the connection ended; a drop that meets a closed door resets it."""
    answer = b""
    with suppress(ConnectionResetError):
        while chunk := await reader.read(65_536):
            answer += chunk
    return answer


async def test_a_json_body_that_comes_byte_by_byte_is_given_up_and_the_connection_with_it(world: World) -> None:
    async with served(world.app(body_seconds=0.2)) as url, connected(url) as (reader, writer):
        writer.write(HEAD.encode() + b"Content-Length: 1000000\r\n\r\n{")
        head, _, body = (await everything(reader, writer, b" ")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"content-type: application/problem+json" in head.lower()
    problem = json.loads(body)
    assert (problem["code"], problem["retryable"]) == ("body.too_slow", True)
    assert "Send it again in one piece" in problem["detail"]
    assert world.sender.sent == []


async def test_a_body_that_comes_in_time_is_taken_in_however_many_pieces(world: World) -> None:
    async def in_pieces() -> AsyncIterator[bytes]:
        for byte in json.dumps(GOOD).encode():
            yield bytes([byte])

    async with world.client() as client:
        headers = {"Content-Type": "application/json"}
        assert (await client.post("/v1/sessions", content=in_pieces(), headers=headers)).status_code == 202


async def test_the_applications_calls_have_the_same_deadline_in_their_own_shape(world: World) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with world.client(None, body_seconds=0.05) as client:
        answer = await client.post("/api/improve-prompt", content=stuck(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"], answer.headers["connection"]) == (408, "body.too_slow", "close")


class Impatient(Connection):
    head_seconds = silent_seconds = 0.2


@pytest.fixture
async def url(world: World) -> AsyncGenerator[str]:
    async with served(world.app(), http=Impatient) as url:
        yield url


async def test_a_head_that_comes_byte_by_byte_is_given_up(url: str) -> None:
    async with connected(url) as (reader, writer):
        writer.write(b"GET /livez HTTP/1.1\r\nX-Long: ")
        answer = await everything(reader, writer, b"a")
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout")
    assert b"Send it in one piece." in answer


async def test_a_second_request_has_the_same_deadline_as_the_first(url: str) -> None:
    async with connected(url) as (reader, writer):
        writer.write(HEALTHY)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.write(b"GET /livez HTTP/1.1\r\nX-Long: ")
        assert b"HTTP/1.1 408 Request Timeout" in await everything(reader, writer, b"a")


async def test_a_connection_on_which_nothing_comes_ends_without_a_word(url: str) -> None:
    async with connected(url) as (reader, _writer):
        assert await reader.read() == b""


class Hasty(Connection):
    idle_seconds = 0.2


async def test_a_connection_on_which_nothing_follows_an_answer_ends_without_a_word(world: World) -> None:
    async with served(world.app(), http=Hasty) as url, connected(url) as (reader, writer):
        writer.write(HEALTHY)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1" not in body


def test_an_idle_connection_is_kept_longer_than_proxies_and_clients_keep_theirs() -> None:
    """Who keeps it longer sends a request into a connection that ends at the same moment, and gets no answer."""
    assert connection.IDLE_SECONDS > 60


async def test_a_head_without_an_end_is_refused_before_it_is_kept(world: World) -> None:
    async with served(world.app()) as url, connected(url) as (reader, writer):
        writer.write(b"GET /livez HTTP/1.1\r\nX-Long: " + b"a" * (connection.HEAD_BYTES + 1))
        answer = await until_the_end(reader)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"65,536 bytes at most" in answer


async def test_who_waits_for_an_answer_is_not_given_up(world: World) -> None:
    async with served(world.app(), http=Impatient) as url, httpx.AsyncClient(base_url=url) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        answer = await client.post("/v1/sessions", json=GOOD, headers={"Prefer": "wait=1"})
        assert answer.status_code == 202, "after a second without an outcome, five deadlines of a head long"


async def test_a_file_that_comes_drop_by_drop_holds_no_place(world: World) -> None:
    company = Company()
    company.changed["uploads"] = replace(company.gateway.uploads, idle_seconds=0.1)

    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b"a"
            await asyncio.sleep(0.02)

    async with company.client() as client:
        upload = await announced(client)
        async with asyncio.timeout(20):
            answer = await client.put(upload["uploadUrl"], content=drops())
    assert_problem(answer, 408, "upload.too_slow", "4,096 bytes a second")
    assert answer.headers["connection"] == "close"
