"""One request to an endpoint: bounded in time and size, to a checked address, with an answer or a reason."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final, NamedTuple, cast

import httpcore

from services.gateway.webhooks.targets import CheckedNetwork, NotATarget, Resolve, Rules, pool, resolved

SECONDS: Final = 20.0
"""From the first byte of a name's resolution to the end of the answer."""
EXCERPT_BYTES: Final = 1024
_CONNECT_SECONDS: Final = 10.0


class Answer(NamedTuple):
    """What came of it: a status, or why there is none; the beginning of the body, as text."""

    status: int | None
    error: str = ""
    excerpt: str = ""


class Posting:
    """Sends by POST. `resolve` and `inner` are the machine's, unless a test has its own."""

    def __init__(
        self,
        rules: Rules,
        resolve: Resolve = resolved,
        inner: httpcore.AsyncNetworkBackend | None = None,
        seconds: float = SECONDS,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.rules = rules
        self._seconds = seconds
        network = CheckedNetwork(rules, resolve, inner or cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend()))
        self._pool = pool(network, trust)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what the other side does."""
        try:
            target = self.rules.read(url)
            async with asyncio.timeout(self._seconds):
                return await self._posted(target.url(), {"Host": target.authority, **headers}, body)
        except NotATarget as error:
            return Answer(None, f"not sent: {error}")
        except (TimeoutError, httpcore.TimeoutException):
            return Answer(None, f"no answer within {self._seconds:g} s")
        except httpcore.ConnectError:
            return Answer(None, "no connection: the name cannot be resolved, nothing listens, or TLS did not succeed")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            return Answer(None, "the connection ended before there was an answer, or it was no HTTP")

    async def close(self) -> None:
        """Let go of every connection."""
        await self._pool.aclose()

    async def _posted(self, url: httpcore.URL, headers: Mapping[str, str], body: bytes) -> Answer:
        patience = {"connect": _CONNECT_SECONDS, "read": self._seconds, "write": self._seconds, "pool": self._seconds}
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        async with self._pool.stream(
            "POST",
            url,
            headers=[*sent, (b"Content-Length", str(len(body)).encode())],
            content=body,
            extensions={"timeout": patience},
        ) as response:
            return Answer(response.status, _about(response.status), await _beginning(response))


async def _beginning(response: httpcore.Response) -> str:
    """As text without control characters; what was read before the body broke off is kept."""
    content = bytearray()
    try:
        async for chunk in response.aiter_stream():
            content += chunk
            if len(content) >= EXCERPT_BYTES:
                break
    except (httpcore.NetworkError, httpcore.ProtocolError):
        content += b" [broken off]"
    text = bytes(content[:EXCERPT_BYTES]).decode(errors="replace")
    return "".join(one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in text)


def _about(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return "redirects are not followed: give the endpoint the address that it leads to"
    return f"the endpoint answered {status}"
