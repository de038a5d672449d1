"""A collector that speaks OTLP over HTTP, and keeps what it is sent."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector(ThreadingHTTPServer):
    """`bodies`: each request as it came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def spans(self, trace_id: str) -> Sequence[tuple[str, Span]]:
        """Those of one trace, each with the name of the service that sent it."""
        return [(service, span) for service, span in self._all() if span.trace_id.hex() == trace_id]

    def _all(self) -> Generator[tuple[str, Span]]:
        for body in list(self.bodies):
            for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
                name = {one.key: one.value.string_value for one in sent.resource.attributes}["service.name"]
                yield from ((name, span) for scope in sent.scope_spans for span in scope.spans)


class _Handler(BaseHTTPRequestHandler):
    server: Collector  # pyright: ignore[reportIncompatibleVariableOverride] - the one that made it

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base calls it so
        """Nothing is printed."""


@contextmanager
def collector() -> Generator[Collector]:
    """Listens until the way out."""
    listening = Collector()
    thread = Thread(target=listening.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield listening
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
