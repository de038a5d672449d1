"""Traces of what somebody asked for: from the request through command, commit and projections to the film.

Off unless an endpoint is set; then nothing of OpenTelemetry's machinery is loaded, and every call here returns at once.
A trace goes from process to process as the `trace` of commands and commits, and stands only in those that are sampled.
Spans carry names, places and codes: never a text, a tenant, an id of a person or a secret.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TypeAlias

from opentelemetry import context, propagate, trace
from opentelemetry.trace import NoOpTracer, Span, SpanKind, StatusCode, Tracer, TracerProvider

from contracts.envelope import Command, Commit
from eventlog import clock

Attributes: TypeAlias = Mapping[str, str | int]
OLDEST = timedelta(minutes=15)
"""What is folded later than so long after it was asked for is no part of its story: a rebuild, a new projector."""
FLUSH_MILLISECONDS = 2_000
NOTHING = ""


class _Process:
    """What there is one of in a process. `tracer`: None while it does not trace."""

    tracer: Tracer | None = None


_process = _Process()


def begin(service: str, endpoint: str) -> Callable[[], None]:
    """Send this process's spans to an OTLP collector over HTTP; call what comes back before the process ends.

    Without an `endpoint` nothing is begun. Sampling, headers and batches are set as OpenTelemetry says, by its own
    variables (`OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS`, …).
    """
    if not endpoint:
        return lambda: None
    # Loaded by whoever traces alone: the exporter takes a tenth of a second to load, and some memory.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as said
    from opentelemetry.sdk import trace as sdk  # noqa: PLC0415 - as said
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - as said
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as said

    provider = sdk.TracerProvider(resource=Resource.create({"service.name": f"playhead-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))
    opened = ExitStack()
    opened.callback(provider.shutdown)
    opened.callback(provider.force_flush, FLUSH_MILLISECONDS)
    opened.enter_context(into(provider))
    return opened.close


@contextmanager
def into(provider: TracerProvider) -> Generator[None]:
    """Within it this process traces, into that provider."""
    _process.tracer = provider.get_tracer("playhead")
    try:
        yield
    finally:
        _process.tracer = None


def on() -> bool:
    """Whether this process traces."""
    return _process.tracer is not None


def here() -> str:
    """The `traceparent` of the span that is open now; empty where there is none, or nobody records it."""
    if not on() or not trace.get_current_span().is_recording():
        return NOTHING
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent", NOTHING)


@contextmanager
def span(name: str, parent: str, kind: SpanKind = SpanKind.INTERNAL) -> Generator[Span]:
    """Open around what is done. `parent`: the `traceparent` that it belongs to; empty: a new trace begins.

    Of an error its name is told: in its text may stand what somebody wrote.
    """
    with _tracer().start_as_current_span(
        name, _context(parent), kind=kind, record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield opened
        except BaseException as error:
            opened.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def decided(role: str, partition: int, commands: Iterable[Command], seconds: float) -> None:
    """These were decided, appended, read back and kept together, within so many seconds up to now."""
    if on():
        for command in commands:
            if command.trace:
                _past(f"decide {command.type}", command.trace, seconds, role, partition, SpanKind.CONSUMER)


def asked(role: str, partition: int, commands: Iterable[Command], seconds: float) -> None:
    """A policy asked for these."""
    if on():
        for command in commands:
            if command.trace:
                _past(f"ask {command.type}", command.trace, seconds, role, partition, SpanKind.PRODUCER)


def projected(role: str, partition: int, commits: Iterable[Commit | None], seconds: float) -> None:
    """These were folded and written together."""
    if on():
        oldest = clock.now() - OLDEST
        for commit in commits:
            if commit is not None and commit.trace and commit.at >= oldest:
                _past(f"project {commit.command_type}", commit.trace, seconds, role, partition, SpanKind.CONSUMER)


def _past(name: str, parent: str, seconds: float, role: str, partition: int, kind: SpanKind) -> None:
    ended = clock.nanoseconds()
    attributes = {"playhead.role": role, "playhead.partition": partition}
    began = ended - int(seconds * 1e9)
    _tracer().start_span(name, _context(parent), kind=kind, attributes=attributes, start_time=began).end(ended)


def _tracer() -> Tracer:
    return _process.tracer or NoOpTracer()


def _context(parent: str) -> context.Context:
    return propagate.extract({"traceparent": parent}, context.Context())
