"""`render.queue`: one row a job, with all that a worker needs to go on with it.

Leases are not here: they are the workers' own (`render.leases`), and a rebuild must not touch them.
"""

from collections.abc import Sequence
from typing import Any

from contracts.messages.job import (
    JobApproved,
    JobCanceled,
    JobClaimed,
    JobCompleted,
    JobExpired,
    JobFailed,
    JobPurged,
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
        return (_claimable(_queued(body, fact)),)
    if not view or isinstance(body, JobPurged):
        return ()
    row = view[0]
    match body:
        case JobApproved():
            changes: dict[str, Any] = {"held": False}
        case JobClaimed():
            changes = {"state": "running", "epoch": body.epoch, "worker": body.worker, "not_before": None}
        case JobStageCompleted():
            changes = _stage_completed(row, body)
        case JobStageFailed():
            changes = {"state": "queued", "worker": None, "not_before": body.retry_at}
        case JobReleased():
            changes = {"state": "queued", "worker": None}
        case JobRetried():
            changes = {
                "state": "queued",
                "held": body.held,
                "run": body.run,
                "not_before": None,
                "queued_at": fact.at,
            }
        case JobCompleted() | JobFailed() | JobCanceled() | JobExpired():
            changes = {"state": "over", "worker": None}
        case _:
            changes = {}
    return (_claimable({**row, **changes, "version": fact.version}),)


def _queued(body: JobQueued, fact: Fact) -> dict[str, Any]:
    return {
        "stream": fact.stream,
        "job_id": body.job_id,
        "tenant_id": fact.tenant,
        "session_id": body.session_id,
        "account_id": body.account_id,
        "state": "queued",
        "held": body.held,
        "priority": body.priority,
        "queued_at": fact.at,
        "not_before": None,
        "run": 1,
        "epoch": 0,
        "worker": None,
        "stages_left": [stage.value for stage in body.stages],
        "inputs": body.inputs.model_dump(mode="json", by_alias=True),
        "outputs": [output.model_dump(mode="json", by_alias=True) for output in body.outputs],
        "version": fact.version,
    }


def _stage_completed(row: Row, body: JobStageCompleted) -> dict[str, Any]:
    left = [stage for stage in row["stages_left"] if stage != body.output.stage.value]
    changes: dict[str, Any] = {
        "stages_left": left,
        "outputs": [*row["outputs"], body.output.model_dump(mode="json", by_alias=True)],
    }
    if row["held"] and not _next_is_free(left):
        changes |= {"state": "queued", "worker": None}
    return changes


def _claimable(row: dict[str, Any]) -> Row:
    """Whether the next stage of it may be done now: it is free, or its points are set aside."""
    left = row["state"] != "over" and bool(row["stages_left"])
    return {**row, "claimable": left and (not row["held"] or _next_is_free(row["stages_left"]))}


def _next_is_free(stages_left: Sequence[str]) -> bool:
    return bool(stages_left) and Stage(stages_left[0]) in FREE_STAGES


PROJECTION = Projection("render.queue", 1, "job", fold, key=("stream",))
