"""What a process tells about itself: structured logs on standard output, metrics for a scraper.

Logs are one JSON object a line. What a key says is secret never stands in one, whoever passed it; nor does a secret
that this process was given, wherever it would stand.
"""

import logging
import sys
from collections.abc import Iterable, MutableMapping
from enum import StrEnum
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from eventlog.secrets import HIDDEN, Hider

_SECRET_WORDS = ("password", "secret", "token", "authorization", "api_key", "apikey", "credential", "uri", "dsn")


class Metric(StrEnum):
    """Every metric of the shells, by its full name."""

    LAG = "playhead_lag_records"
    LAG_SECONDS = "playhead_lag_seconds"
    COUNTED = "playhead_counted_total"
    IGNORED = "playhead_ignored_total"
    BATCH = "playhead_batch_records"
    SECONDS = "playhead_batch_seconds"
    REFUSED = "playhead_refused_total"
    PARKED = "playhead_parked_total"
    PARKED_STREAMS = "playhead_parked_streams"
    PARKED_RECORDS = "playhead_parked_records"
    PARKED_SINCE = "playhead_parked_since_seconds"
    NOT_A_COMMAND = "playhead_not_a_command_total"
    ERRORS = "playhead_errors_total"
    UNREADABLE = "playhead_unreadable_fields_total"
    WORKING = "playhead_working"


class Metrics:
    """One registry a process. Labels are roles, partitions, codes: never a tenant, never an id."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        place = ("role", "partition")
        self._lag = Gauge(Metric.LAG, "Records between the position and the log's end.", place, registry=self.registry)
        self._lag_seconds = Gauge(
            Metric.LAG_SECONDS,
            "Age of the first record that is not worked off, by its own time; 0 where there is none.",
            place,
            registry=self.registry,
        )
        self._counted = Counter(Metric.COUNTED, "Records that counted.", place, registry=self.registry)
        self._ignored = Counter(Metric.IGNORED, "Records that did not count.", place, registry=self.registry)
        self._batch = Histogram(
            Metric.BATCH, "Records a batch.", ("role",), registry=self.registry, buckets=(1, 5, 20, 100, 500)
        )
        self._seconds = Histogram(
            Metric.SECONDS,
            "From having read a batch to its being durable.",
            ("role",),
            registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
        )
        self._refused = Counter(Metric.REFUSED, "Commands refused, by code.", ("role", "code"), registry=self.registry)
        self._parked = Counter(Metric.PARKED, "Commits parked.", place, registry=self.registry)
        self._streams = Gauge(Metric.PARKED_STREAMS, "Streams that wait.", place, registry=self.registry)
        self._waiting = Gauge(
            Metric.PARKED_RECORDS, "Commits that wait with their streams.", place, registry=self.registry
        )
        self._since = Gauge(
            Metric.PARKED_SINCE,
            "When the first commit that waits was sent, in seconds of Unix time; 0 where none waits.",
            place,
            registry=self.registry,
        )
        self._strange = Counter(
            Metric.NOT_A_COMMAND, "Records of a commands topic that are no commands.", place, registry=self.registry
        )
        self._errors = Counter(Metric.ERRORS, "Why work began again.", ("role", "error"), registry=self.registry)
        self._unreadable = Counter(
            Metric.UNREADABLE, "Sealed fields that did not open with their subject's key.", registry=self.registry
        )
        self._working = Gauge(Metric.WORKING, "1 while the partition is worked on.", place, registry=self.registry)

    def batch(self, role: str, partition: int, records: int, counted: int, seconds: float) -> None:
        """A batch is durable."""
        self._counted.labels(role, str(partition)).inc(counted)
        self._ignored.labels(role, str(partition)).inc(records - counted)
        self._batch.labels(role).observe(records)
        self._seconds.labels(role).observe(seconds)

    def lag(self, role: str, partition: int, records: int, seconds: float) -> None:
        """How far behind the log's end, and how long what comes next has waited."""
        self._lag.labels(role, str(partition)).set(records)
        self._lag_seconds.labels(role, str(partition)).set(seconds)

    def left(self, role: str, partition: int) -> None:
        """Another process has the partition now: what was told of it here is told there."""
        for gauge in (self._lag, self._lag_seconds, self._working):
            gauge.remove(role, str(partition))

    def working(self, role: str, partition: int, ready: bool) -> None:
        """Whether the partition is open and moves."""
        self._working.labels(role, str(partition)).set(int(ready))

    def refused(self, role: str, code: str, number: int) -> None:
        """Commands refused."""
        self._refused.labels(role, code).inc(number)

    def parked(self, role: str, partition: int, number: int) -> None:
        """Commits parked."""
        self._parked.labels(role, str(partition)).inc(number)

    def waiting(self, role: str, partition: int, streams: int, records: int, since: float) -> None:
        """What is parked now. `since` is Unix time, 0 where nothing is."""
        self._streams.labels(role, str(partition)).set(streams)
        self._waiting.labels(role, str(partition)).set(records)
        self._since.labels(role, str(partition)).set(since)

    def not_a_command(self, role: str, partition: int) -> None:
        """A record that has no command's envelope."""
        self._strange.labels(role, str(partition)).inc()

    def unreadable(self) -> None:
        """A sealed field that was read as empty, though its key is there."""
        self._unreadable.inc()

    def error(self, role: str, error: str) -> None:
        """Work begins again, or ended."""
        self._errors.labels(role, error).inc()


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: the value of a key that speaks of a secret is not written."""
    return {
        key: HIDDEN if any(word in key.lower() for word in _SECRET_WORDS) else value for key, value in event.items()
    }


def configure_logs(service: str, level: str = "INFO", secrets: Iterable[str] = ()) -> None:
    """JSON lines on standard output, for our own log and for that of the libraries; none of `secrets` stands in one."""
    render, hide = structlog.processors.JSONRenderer(), Hider(secrets)

    def rendered(logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
        return hide(str(render(logger, name, event)))

    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, rendered],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                rendered,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, number), force=True)
