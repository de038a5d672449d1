"""`/livez`, `/readyz` and `/metrics` of a service that has no other HTTP."""

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from eventlog.telemetry import Metrics


class Readiness(NamedTuple):
    """Whether the process can do its work, and what each part of it says."""

    ready: bool
    parts: Mapping[str, Any]


def probes(readiness: Callable[[], Awaitable[Readiness]], metrics: Metrics) -> Starlette:
    """The three routes."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("alive")

    async def readyz(_: Request) -> Response:
        found = await readiness()
        return JSONResponse({"ready": found.ready, "parts": found.parts}, status_code=200 if found.ready else 503)

    async def scrape(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", scrape)])


class ProbeServer(uvicorn.Server):
    """Leaves the signals to the service, which drains before it goes."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, lifespan="off", ws="none")
        )

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """None is captured here."""
        yield
