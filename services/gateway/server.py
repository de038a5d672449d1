"""The HTTP server: on a signal it ends open streams first, then answers what it has begun, then goes."""

import asyncio
import signal
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from services.gateway.http.connection import Connection
from services.gateway.ports.gateway import Gateway

DRAIN_SECONDS = 10


class Server(uvicorn.Server):
    """Serves until `should_exit`. It leaves the signals to whoever runs it."""

    def __init__(
        self, app: FastAPI, host: str, port: int, proxies: Sequence[str] = (), http: type[Connection] = Connection
    ) -> None:
        """`proxies`: the addresses and networks whose `X-Forwarded-For` is believed, see `proxies_of`."""
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                proxy_headers=bool(proxies),
                forwarded_allow_ips=list(proxies),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                http=http,
                ws="none",
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )
        self._gateway: Gateway = app.state.gateway

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Streams of events never end by themselves: tell them to, or the drain waits for them in vain."""
        self._gateway.news.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """None is captured here."""
        yield

    def stop_on_signals(self) -> None:
        """End on SIGTERM and SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop)

    def _stop(self) -> None:
        self.should_exit = True
