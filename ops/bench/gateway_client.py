"""A client that costs little beside what it asks: connections that are kept, requests written as they are."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

SECONDS = 30.0


class Answer(NamedTuple):
    """The status, and the body's bytes."""

    status: int
    body: bytes


class Connection:
    """One request after the other. Raises `TimeoutError`, and `OSError` where the server is gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> Answer:
        """Send it, and read the whole answer, which has to name its length."""
        async with asyncio.timeout(SECONDS):
            self._writer.write(request)
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            return Answer(int(head[9:12]), await self._reader.readexactly(int(length)))

    async def close(self) -> None:
        """Let go."""
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def connected(port: int, count: int) -> AsyncGenerator[Sequence[Connection]]:
    """Connections to 127.0.0.1, closed on the way out: a server does not keep idle ones for long."""
    async with AsyncExitStack() as opened:
        connections: list[Connection] = []
        for _ in range(count):
            connection = Connection(*await asyncio.open_connection("127.0.0.1", port))
            opened.push_async_callback(connection.close)
            connections.append(connection)
        yield connections


def request(method: str, path: str, key: str = "", body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"Authorization: Bearer {key}"] if key else []
    lines += ["Content-Type: application/json"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


async def at_most(connections: Sequence[Connection], requests: Sequence[bytes]) -> tuple[float, list[Answer]]:
    """Requests a second, each connection asking the next as soon as it has its answer; and the answers."""
    loop = asyncio.get_running_loop()
    waiting = iter(requests)
    answers: list[Answer] = []

    async def ask(connection: Connection) -> None:
        answers.extend([await connection.ask(one) for one in waiting])

    begun = loop.time()
    async with asyncio.TaskGroup() as group:
        for connection in connections:
            group.create_task(ask(connection))
    return len(requests) / (loop.time() - begun), answers


async def at_rate(
    connections: Sequence[Connection], requests: Sequence[bytes], rate: float
) -> tuple[list[float], list[Answer]]:
    """Open loop: milliseconds from each request's intended moment to its answer, sorted; and the answers."""
    loop = asyncio.get_running_loop()
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        idle.put_nowait(connection)
    latencies: list[float] = []
    answers: list[Answer] = []

    async def ask(one: bytes, intended: float) -> None:
        connection = await idle.get()
        answers.append(await connection.ask(one))
        latencies.append((loop.time() - intended) * 1000)
        idle.put_nowait(connection)

    start = loop.time() + 0.1
    async with asyncio.TaskGroup() as group:
        for number, one in enumerate(requests):
            intended = start + number / rate
            await asyncio.sleep(max(0.0, intended - loop.time()))
            group.create_task(ask(one, intended))
    return sorted(latencies), answers
