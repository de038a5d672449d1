"""A TCP proxy that loses the answers to some requests: they take effect, and nobody hears of it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

CHUNK = 65_536


class LossyProxy:
    """Forwards to `host:port`. When a request with `lost` in it passes, its connection ends without an answer.

    At the most `losses_left` times.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self.lost = b""
        self.losses = 0
        self.losses_left = 1_000_000
        self.port = 0
        self.accepted = 0
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either end closes it or an answer was lost."""
        self.accepted += 1
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._open |= {writer, there_writer}
        deaf = asyncio.Event()
        with suppress(ConnectionError):
            async with asyncio.TaskGroup() as group:
                group.create_task(self._requests(reader, there_writer, deaf))
                group.create_task(self._answers(there_reader, writer, deaf))
        writer.close()
        self._open -= {writer, there_writer}

    def cut(self) -> None:
        """End every connection, as a cable does."""
        for writer in self._open:
            writer.transport.abort()

    async def _requests(self, here: asyncio.StreamReader, there: asyncio.StreamWriter, deaf: asyncio.Event) -> None:
        while data := await here.read(CHUNK):
            if self.lost and self.lost in data and self.losses_left:
                deaf.set()
                self.losses += 1
                self.losses_left -= 1
            there.write(data)
        there.close()

    async def _answers(self, there: asyncio.StreamReader, here: asyncio.StreamWriter, deaf: asyncio.Event) -> None:
        while data := await there.read(CHUNK):
            if deaf.is_set():
                break
            here.write(data)
        here.close()


@asynccontextmanager
async def lossy_proxy(host: str, port: int) -> AsyncGenerator[LossyProxy]:
    """A proxy on a port of its own, until the block ends."""
    proxy = LossyProxy(host, port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy
        server.close()
        proxy.cut()
