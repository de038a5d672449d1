"""What a worker tells a scraper."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from contracts.rendering import Stage

_BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640)


class WorkerMetrics:
    """Labels are stages, outcomes and codes: never a tenant, never a job."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._stages = Histogram(
            "playhead_render_stage_seconds",
            "From the beginning of a stage to its end, by how it ended.",
            ("stage", "code"),
            registry=registry,
            buckets=_BUCKETS,
        )
        self._turns = Counter(
            "playhead_render_turns_total", "Turns at jobs, by what came of them.", ("outcome",), registry=registry
        )

    def stage(self, stage: Stage, code: str, seconds: float) -> None:
        """A stage has ended: `code` is `done`, or what it failed with."""
        self._stages.labels(stage.value, code).observe(seconds)

    def turn(self, outcome: str) -> None:
        """A turn has ended."""
        self._turns.labels(outcome).inc()
