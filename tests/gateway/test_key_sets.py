"""The public keys of an issuer, asked for over HTTP or read from a file: whatever comes back, it lets nobody in."""

import asyncio
import gzip
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from eventlog.errors import Unavailable
from services.gateway.auth.key_sets import (
    DEADLINE_SECONDS,
    FRESH_SECONDS,
    GRACE_SECONDS,
    LARGEST_BYTES,
    RARELY_SECONDS,
    KeySet,
    from_address,
    from_file,
)
from tests.gateway.issuing import EC, OTHER_RSA, RSA, jwk

Answer = Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]


def published(**keys: object) -> bytes:
    return json.dumps({"keys": [jwk(kid, key) for kid, key in keys.items()]}).encode()


def answering(body: bytes, status: str = "200 OK", *headers: str) -> Answer:
    """An issuer that says this."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)

    return answer


async def without_an_end(writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"keys": [')
    while not writer.is_closing():
        writer.write(b" " * 65_536)
        await writer.drain()


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def cut_off(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


class Issuer:
    """A real server on this machine, that says what the test wants; `asked` counts."""

    def __init__(self) -> None:
        self.answer = answering(published(rsa=RSA))
        self.asked = 0
        self.port = 0
        self.open = 0
        self.closing = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/jwks.json"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            async with asyncio.TaskGroup() as tasks:
                answering = tasks.create_task(self.answer(writer))
                ending = tasks.create_task(self.closing.wait())
                await asyncio.wait((answering, ending), return_when=asyncio.FIRST_COMPLETED)
                answering.cancel()
                ending.cancel()
            await writer.drain()
        except* (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.open -= 1


@pytest.fixture
async def issuer() -> AsyncGenerator[Issuer]:
    made = Issuer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    made.closing.set()
    server.close()
    while made.open:  # noqa: ASYNC110 - connections end one after another, and tell nobody
        await asyncio.sleep(0.01)


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def keys(issuer: Issuer, clock: list[float]) -> KeySet:
    return KeySet(from_address(issuer.url, 0.3), lambda: clock[0])


async def test_a_key_is_asked_for_once_and_then_known(issuer: Issuer, keys: KeySet) -> None:
    for _ in range(3):
        assert await keys.key("rsa", "RS256") is not None
    assert issuer.asked == 1


WRONG: dict[str, Answer] = {
    "an error of the server": answering(published(new=EC), "500 Internal Server Error"),
    "away for a while": answering(published(new=EC), "503 Service Unavailable"),
    "another address": answering(b"", "302 Found", "Location: /elsewhere.json"),
    "no JSON": answering(b"<html>Welcome</html>"),
    "half of it": answering(published(new=EC)[:-20]),
    "a list": answering(b"[]"),
    "no keys": answering(b"{}"),
    "keys that are none": answering(b'{"keys": [1, null, "new"]}'),
    "keys that are an object": answering(b'{"keys": {"new": {}}}'),
    "not text": answering(b"\xff\xfe\x00"),
    "packed": answering(gzip.compress(published(new=EC)), "200 OK", "Content-Encoding: gzip"),
    "too much": answering(published(new=EC) + b" " * LARGEST_BYTES),
    "without an end": without_an_end,
    "nothing": silent,
    "cut off": cut_off,
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
async def test_what_is_no_set_of_keys_lets_nobody_in_and_leaves_the_known_ones(
    answer: Answer, issuer: Issuer, keys: KeySet, clock: list[float]
) -> None:
    assert await keys.key("rsa", "RS256") is not None
    issuer.answer = answer
    clock[0] += FRESH_SECONDS
    async with asyncio.timeout(2 * DEADLINE_SECONDS):
        assert await keys.key("new", "ES256") is None
        assert await keys.key("rsa", "RS256") is not None
    assert issuer.asked == 2
    clock[0] += GRACE_SECONDS
    with pytest.raises(Unavailable, match="public keys cannot be read"):
        await keys.key("rsa", "RS256")


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
async def test_an_issuer_that_never_told_its_keys_is_away(answer: Answer, issuer: Issuer, keys: KeySet) -> None:
    issuer.answer = answer
    with pytest.raises(Unavailable, match="public keys cannot be read"):
        await keys.key("rsa", "RS256")


async def test_an_issuer_that_is_not_there_is_away(clock: list[float]) -> None:
    with pytest.raises(Unavailable):
        await KeySet(from_address("http://127.0.0.1:9/jwks.json"), lambda: clock[0]).key("rsa", "RS256")


async def test_a_key_that_is_not_known_is_asked_for_but_rarely(
    issuer: Issuer, keys: KeySet, clock: list[float]
) -> None:
    for kid in ("unknown", "another", "rsa"):
        await keys.key(kid, "RS256")
    assert issuer.asked == 1
    clock[0] += RARELY_SECONDS
    assert [await keys.key(kid, "RS256") for kid in ("unknown", "another")] == [None, None]
    assert issuer.asked == 2


async def test_a_new_key_works_soon_and_one_that_was_withdrawn_no_longer_than_it_is_fresh(
    issuer: Issuer, keys: KeySet, clock: list[float]
) -> None:
    assert await keys.key("rsa", "RS256") is not None
    issuer.answer = answering(published(next=OTHER_RSA))
    clock[0] += RARELY_SECONDS
    assert await keys.key("next", "RS256") is not None, "a key that is not known is asked for"
    assert await keys.key("rsa", "RS256") is None, "and what was withdrawn goes with it"


async def test_a_withdrawn_key_goes_though_nobody_shows_the_new_one(
    issuer: Issuer, keys: KeySet, clock: list[float]
) -> None:
    assert await keys.key("rsa", "RS256") is not None
    issuer.answer = answering(published(next=OTHER_RSA))
    clock[0] += FRESH_SECONDS
    assert await keys.key("rsa", "RS256") is None


async def test_an_issuer_that_comes_back_is_believed_again(issuer: Issuer, keys: KeySet, clock: list[float]) -> None:
    issuer.answer = answering(b"", "500 Internal Server Error")
    with pytest.raises(Unavailable):
        await keys.key("rsa", "RS256")
    issuer.answer = answering(published(rsa=RSA))
    clock[0] += RARELY_SECONDS
    assert await keys.key("rsa", "RS256") is not None


async def test_many_at_once_ask_once(issuer: Issuer, keys: KeySet) -> None:
    found = await asyncio.gather(*(keys.key("rsa", "RS256") for _ in range(50)))
    assert all(one is not None for one in found)
    assert issuer.asked == 1


async def test_keys_of_a_file_are_read_again_after_it_was_changed(tmp_path: Path, clock: list[float]) -> None:
    file = tmp_path / "jwks.json"
    keys = KeySet(from_file(file), lambda: clock[0])
    with pytest.raises(Unavailable):
        await keys.key("rsa", "RS256")
    file.write_bytes(published(rsa=RSA))
    clock[0] += RARELY_SECONDS
    assert await keys.key("rsa", "RS256") is not None
    file.write_bytes(published(ec=EC))
    clock[0] += FRESH_SECONDS
    assert await keys.key("rsa", "RS256") is None
    assert await keys.key("ec", "ES256") is not None
