"""`analytics.api_usage`: one row for each use of a provider of words or voices. Money in micro-USD."""

from contracts.messages.job import JobStageCompleted
from eventlog.read.projection import Fact, Projection, View


def fold(view: View, fact: Fact) -> View:
    """The rows after the event."""
    if not isinstance(body := fact.body, JobStageCompleted):
        return view
    return (
        *view,
        *(
            {
                "stream": fact.stream,
                "tenant_id": fact.tenant,
                "number": len(view) + number,
                "job_id": body.job_id,
                "session_id": body.session_id,
                "stage": body.output.stage.value,
                "provider": usage.provider,
                "model": usage.model,
                "operation": usage.operation,
                "calls": usage.calls,
                "prompt_tokens": usage.prompt_tokens,
                "completion_tokens": usage.completion_tokens,
                "cost_micro_usd": usage.cost_micro_usd,
                "latency_ms": usage.latency_ms,
                "used_at": fact.at,
            }
            for number, usage in enumerate(body.output.usage, 1)
        ),
    )


PROJECTION = Projection("analytics.api_usage", 1, "job", fold, key=("stream", "number"), lasting=True)
