"""An endpoint of the chat-completions protocol on a real socket, which answers as a test tells it to."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr

from contracts.rendering import JobInputs, WriterEngine, Writing
from services.render.engines.online import Access, Endpoint, Online
from services.render.engines.online.breaker import Breaker
from services.render.engines.online.writer import Patience

MODEL = "small-1"
KEY = "sk-never-to-be-seen"
INPUTS = JobInputs(prompt="Explain tides", writing=Writing(engine=WriterEngine.ONLINE, model=MODEL, fallback=False))
TIDES = {"title": "Tides", "script": "The sea rises.\n\nThe sea falls.", "refinedPrompt": "A film about tides."}


@dataclass(frozen=True)
class Reply:
    """What the endpoint sends. `hangs`: the head, then nothing; `drops`: half of the body, then the end."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    hangs: bool = False
    drops: bool = False


def said(content: str | None, finish: str = "stop", **message: Any) -> Reply:
    """A completion with this text, for which 11 and 7 tokens were counted."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return Reply(body=json.dumps({"object": "chat.completion", "choices": [choice], "usage": usage}).encode())


def good(**changed: str) -> Reply:
    """All that either question asks for."""
    return said(json.dumps({**TIDES, **changed}))


@dataclass
class Company:
    """The endpoint: replies in their order, the last one for ever; and what it was sent."""

    replies: Sequence[Reply]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    heads: list[str] = field(default_factory=list[str])
    asking: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-le")
            )
            self.heads.append(head)
            self.asked.append(json.loads(await reader.readexactly(length)))
            self.asking.set()
            await self._reply(self.replies[min(len(self.asked), len(self.replies)) - 1], reader, writer)
        finally:
            writer.close()

    async def _reply(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(reply.body) or 9 * reply.hangs),
            **reply.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {reply.status} Said\r\n{lines}Connection: close\r\n\r\n".encode())
        if reply.hangs:
            assert await reader.read() == b""
            self.hung_up.set()
            return
        writer.write(reply.body[: len(reply.body) // 2] if reply.drops else reply.body)
        await writer.drain()

    def online(self, breaker: Breaker | None = None, attempts: int = 3, **access: Any) -> Online:
        """A worker's side of it, in a hurry."""
        way = replace(Access(url=self.url, key=SecretStr(KEY), seconds=5.0), **access)
        patience = Patience(attempts=attempts, seconds=20.0, wait_seconds=2.0, first_pause=0.01, longest_pause=0.05)
        return Online(Endpoint(way), [MODEL], breaker=breaker, patience=patience)


@asynccontextmanager
async def company(*replies: Reply) -> AsyncGenerator[Company]:
    """Open for one test."""
    made = Company(replies or (good(),))
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    async with server:
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        yield made


def clock(moments: list[float]) -> Callable[[], float]:
    """Seconds that the test moves: the last of the list."""
    return lambda: moments[-1]
