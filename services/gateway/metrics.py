"""What the gateway counts, as one list."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import Scope

from eventlog.telemetry import Metrics

REGISTRY = CollectorRegistry()
_LABELS = ("method", "route", "status")

REQUESTS = Histogram(
    "playhead_gateway_request_seconds",
    "Time to answer a request, by route.",
    _LABELS,
    registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120),
)
COMMANDS = Counter(
    "playhead_gateway_commands", "Commands that were sent, by topic and result.", ("topic", "result"), registry=REGISTRY
)
CACHE = Counter(
    "playhead_gateway_cache",
    "Requests to the cache, by what they were and came to.",
    ("what", "result"),
    registry=REGISTRY,
)
WEBHOOKS = Counter(
    "playhead_gateway_webhooks", "Attempts to tell webhook endpoints, by result.", ("result",), registry=REGISTRY
)
STREAMS = Gauge("playhead_gateway_event_streams", "Open streams of events.", registry=REGISTRY)
HEARING = Metrics(REGISTRY)
"""Of the events that webhooks are made of."""
SEEING = Gauge("playhead_gateway_outcomes_seen", "1 while outcomes of commands arrive here.", registry=REGISTRY)


_of_route = cache(REQUESTS.labels)
"""By method, pattern and status: there are as many as the registry keeps."""


def answered(scope: Scope, status: int, seconds: float) -> None:
    """Record the time of a request under its route's pattern: never under an id."""
    route = scope.get("route")
    pattern = getattr(route, "path", "none")
    _of_route(scope["method"] if route else "other", pattern, str(status)).observe(seconds)
