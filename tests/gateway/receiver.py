"""A receiver of webhooks on this machine: a real HTTP server that remembers what it was sent."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Message:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """Its JSON; raises where it was not signed with this secret."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """Answers 200, or what stands in `answers` first. `silent` never answers, `cutting` closes the connection."""

    port: int = 0
    connections: int = 0
    silent: bool = False
    cutting: bool = False
    answers: list[Reply] = field(default_factory=list[Reply])
    messages: list[Message] = field(default_factory=list[Message])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            self.messages.append(Message(headers, await reader.readexactly(int(headers["content-length"]))))
            if self.silent:
                await reader.read()
            elif not self.cutting:
                status, more, body = self.answers.pop(0) if self.answers else (200, {}, b"thank you")
                fields = "".join(f"{name}: {value}\r\n" for name, value in more.items())
                writer.write(f"HTTP/1.1 {status} So\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver]:
    """One that listens for as long as the context is open."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
