"""The outermost layer: ids of requests, sizes, headers that every answer has, metrics, and what nobody foresaw."""

import re
from collections.abc import MutableMapping
from time import perf_counter

import structlog
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventlog import tracing
from eventlog.clock import new_id
from services.gateway import metrics
from services.gateway.http import problems
from services.gateway.http.bodies import LARGEST_BYTES

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_PROBES = frozenset({"/livez", "/readyz", "/metrics"})
_FILES = re.compile(r"/v1/uploads/[^/]+/content")
_EXPOSED = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_log = structlog.get_logger(__name__)


class Edge:
    """Wraps the application. A request keeps a sane `X-Request-Id` of its own, others get a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.request_id = _request_id(request)
        watched = _Watched(send, request)
        begun = perf_counter()
        if tracing.on() and scope["path"] not in _PROBES:
            await self._traced(scope, receive, watched, request)
        else:
            await self._answer(scope, receive, watched, request)
        metrics.answered(scope, watched.status, perf_counter() - begun)

    async def _traced(self, scope: Scope, receive: Receive, send: "_Watched", request: Request) -> None:
        """Within a span; the address is told by its pattern, for ids and signatures stand in it."""
        with tracing.span(request.method, _given(request), kind=SpanKind.SERVER) as span:
            await self._answer(scope, receive, send, request)
            pattern = str(getattr(scope.get("route"), "path", ""))
            span.update_name(f"{request.method} {pattern}".rstrip())
            span.set_attributes(
                {
                    "http.request.method": request.method,
                    "http.route": pattern,
                    "http.response.status_code": send.status,
                }
            )

    async def _answer(self, scope: Scope, receive: Receive, send: "_Watched", request: Request) -> None:
        announced = "0" if _is_file(scope) else request.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > LARGEST_BYTES:
            await problems.answer(request, problems.too_large())(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception:  # the one place where everything ends: logged whole, told in one sentence
            _log.exception("a request ended with an error that nobody foresaw", request_id=request.state.request_id)
            if send.status:
                raise
            await problems.answer(request, _unforeseen(request.state.request_id))(scope, receive, send)


def _is_file(scope: Scope) -> bool:
    """Whether the body is a user's file, which its route measures itself, and never keeps in memory."""
    return scope["method"] == "PUT" and _FILES.fullmatch(scope["path"]) is not None


class _Watched:
    """The way out: adds headers, remembers the status (0: nothing was sent yet)."""

    def __init__(self, send: Send, request: Request) -> None:
        self._send = send
        self._state = request.state
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers: list[tuple[bytes, bytes]] = message["headers"]
            given = {name for name, _ in headers}
            headers.append((b"x-request-id", self._state.request_id.encode()))
            for name, value in getattr(self._state, "rate_headers", {}).items():
                headers.append((name.lower().encode(), value.encode()))
            headers.extend(one for one in _EXPOSED if one[0] not in given)
        await self._send(message)


def trace_headers(request: Request) -> list[tuple[str, bytes]]:
    """Headers of a Kafka record: the trace that the request belongs to, and the request's id."""
    carrier: MutableMapping[str, str] = {}
    if tracing.on() and trace.get_current_span() is not trace.INVALID_SPAN:
        propagate.inject(carrier)
    if "traceparent" not in carrier and (given := _given(request)):
        carrier["traceparent"] = given
    carrier["request-id"] = request.state.request_id
    return [(name, value.encode()) for name, value in carrier.items()]


def _given(request: Request) -> str:
    """The `traceparent` that the client sent; empty where it is none."""
    given = request.headers.get("traceparent", "")
    return given if _TRACE_PARENT.fullmatch(given) else ""


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else str(new_id())


def _unforeseen(request_id: str) -> problems.Problem:
    return problems.Problem(
        "internal", f"Something went wrong here that should not have. Tell us the request id {request_id}."
    )
