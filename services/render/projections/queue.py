"""`render.queue`: one row a job, with all that a worker needs to go on with it.

Leases are not here: they are the workers' own (`render.leases`), and a rebuild must not touch them.
"""

from typing import Any

from contracts.messages.job import (
    JobApproved,
    JobCanceled,
    JobClaimed,
    JobCompleted,
    JobExpired,
    JobFailed,
    JobQueued,
    JobReleased,
    JobRetried,
    JobStageCompleted,
    JobStageFailed,
)
from contracts.rendering import FREE_STAGES, Stage
from eventlog.read.projection import Fact, Projection, Row, View


def fold(view: View, fact: Fact) -> View:
    """The row after the event."""
    body = fact.body
    if isinstance(body, JobQueued):
        return (_queued(body, fact),)
    if not view:
        return view
    row = view[0]
    match body:
        case JobApproved():
            changes: dict[str, Any] = {"approved": True}
        case JobClaimed():
            changes = {"state": "running", "epoch": body.epoch, "worker": body.worker, "not_before": None}
        case JobStageCompleted():
            changes = _stage_completed(row, body)
        case JobStageFailed():
            changes = {"state": "queued", "worker": None, "not_before": body.retry_at}
        case JobReleased():
            changes = {"state": "queued", "worker": None}
        case JobRetried():
            changes = {"state": "queued", "approved": not body.held, "run": body.run, "not_before": None}
        case JobCompleted():
            changes = {"state": "completed", "worker": None}
        case JobFailed():
            changes = {"state": "failed", "worker": None}
        case JobCanceled():
            changes = {"state": "canceled", "worker": None}
        case JobExpired():
            changes = {"state": "expired", "worker": None}
        case _:
            changes = {}
    return ({**row, **changes, "version": fact.version},)


def _queued(body: JobQueued, fact: Fact) -> Row:
    return {
        "stream": fact.stream,
        "job_id": body.job_id,
        "tenant_id": fact.tenant,
        "session_id": body.session_id,
        "account_id": body.account_id,
        "state": "queued",
        "approved": not body.held,
        "priority": body.priority,
        "queued_at": fact.at,
        "not_before": None,
        "run": 1,
        "epoch": 0,
        "worker": None,
        "stages": [stage.value for stage in body.stages],
        "next_stage": body.stages[0].value,
        "inputs": body.inputs.model_dump(mode="json", by_alias=True),
        "outputs": [output.model_dump(mode="json", by_alias=True) for output in body.outputs],
        "version": fact.version,
    }


def _stage_completed(row: Row, body: JobStageCompleted) -> dict[str, Any]:
    stages: list[str] = list(row["stages"])
    after = stages.index(body.output.stage.value) + 1
    following = Stage(stages[after]) if after < len(stages) else None
    changes: dict[str, Any] = {
        "next_stage": following.value if following else None,
        "outputs": [*row["outputs"], body.output.model_dump(mode="json", by_alias=True)],
    }
    if following is not None and following not in FREE_STAGES and not row["approved"]:
        changes |= {"state": "queued", "worker": None}
    return changes


PROJECTION = Projection("render.queue", 1, "job", fold, key=("stream",))
