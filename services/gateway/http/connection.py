"""A client's connection: the head of each request comes within a deadline and a size, or the connection ends.

The server below waits for ever for a head that has begun, and keeps all of it: whoever sends a byte a second would hold
connections and memory for nothing. Bodies have deadlines of their own (`bodies`, `receiving`).
"""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS: Final = 10.0
"""From the first byte of a request to the end of its headers."""
SILENT_SECONDS: Final = 60.0
"""From the connection to its first byte: a client with a thousand things to do may open it long before it writes."""
IDLE_SECONDS: Final = 75.0
"""From an answer to the next request. Clients and proxies keep an idle connection for a minute at most: whoever hangs
up first must not be the server, or a request that is on its way is lost without an answer."""
HEAD_BYTES: Final = 65_536

_SLOW: Final = ("408 Request Timeout", "The head of the request took too long. Send it in one piece.")
_LARGE: Final = ("431 Request Header Fields Too Large", f"The head of a request has {HEAD_BYTES:,} bytes at most.")


class Connection(HttpToolsProtocol):
    """HTTP/1.1 of one client. The seconds are fields for tests to be impatient with."""

    head_seconds = HEAD_SECONDS
    silent_seconds = SILENT_SECONDS
    idle_seconds = IDLE_SECONDS

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.timeout_keep_alive = self.idle_seconds
        self._deadline: asyncio.TimerHandle | None = None
        self._head_begun = False
        self._head_timed = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._expect_head(self.silent_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_begun and not self._head_timed:  # most heads come whole: these need no clock
            self._head_timed = True
            self._expect_head(self.head_seconds)
        if self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._end(_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_begun = True

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def _expect_head(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _head_came(self) -> None:
        self._head_begun = False
        self._head_timed = False
        self._head_bytes = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self._end(_SLOW)

    def _end(self, why: tuple[str, str]) -> None:
        """Nobody is answered in the middle of an answer, and whoever sent nothing is not answered at all."""
        begun = self._head_begun
        self._head_came()
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None until the first request, whatever its type says
        if begun and (cycle is None or cycle.response_complete):
            status, sentence = why
            head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            head += f"content-length: {len(sentence)}\r\nconnection: close\r\n\r\n"
            self.transport.write((head + sentence).encode())
        self.transport.close()
