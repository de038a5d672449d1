"""`analytics.fact_job`: an accumulating snapshot, one row a job, with a time for each milestone and the lags."""

from datetime import datetime
from typing import Any

from contracts.messages.job import (
    JOB_EXPIRED,
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
from eventlog.read.projection import Fact, Projection, Row, View
from services.analytics.projections.sessions import MILESTONES


def fold(view: View, fact: Fact) -> View:
    """The row after the event."""
    if isinstance(body := fact.body, JobQueued):
        return (_queued(body, fact),)
    if not view:
        return view
    return ({**view[0], **_changes(view[0], fact), "updated_at": fact.at, "version": fact.version},)


def _changes(row: Row, fact: Fact) -> dict[str, Any]:
    match fact.body:
        case JobApproved():
            return {"approved_at": fact.at}
        case JobClaimed() as body:
            first = row["claimed_at"] or fact.at
            return {
                "status": "running",
                "claimed_at": first,
                "queue_wait_ms": _ms(row["queued_at"], first),
                "claims": row["claims"] + 1,
                "takeovers": row["takeovers"] + body.takeover,
            }
        case JobStageCompleted() as body:
            cost = sum(usage.cost_micro_usd for usage in body.output.usage)
            return {
                MILESTONES[body.output.stage]: fact.at,
                "duration_ms": body.output.duration_ms or row["duration_ms"],
                "cost_micro_usd": row["cost_micro_usd"] + cost,
            }
        case JobStageFailed():
            return {"status": "queued", "failed_attempts": row["failed_attempts"] + 1}
        case JobReleased():
            return {"status": "queued"}
        case JobRetried():
            return {
                "status": "queued",
                "runs": row["runs"] + 1,
                **dict.fromkeys(("ended_at", "total_ms", "error_code", "error_stage")),
            }
        case JobCompleted() as body:
            return {**_ended("completed", row, fact), "points": row["points"] + body.points}
        case JobFailed() as body:
            stage = body.stage.value if body.stage else None
            return {**_ended("failed", row, fact), "error_code": body.code, "error_stage": stage}
        case JobCanceled() as body:
            return {**_ended("canceled", row, fact), "points": row["points"] + body.points}
        case JobExpired():
            return {**_ended("expired", row, fact), "error_code": JOB_EXPIRED}
        case _:
            return {}


def _queued(body: JobQueued, fact: Fact) -> dict[str, Any]:
    return {
        "stream": fact.stream,
        "tenant_id": fact.tenant,
        "job_id": body.job_id,
        "session_id": body.session_id,
        "account_id": body.account_id,
        "kind": body.inputs.kind.value,
        "aspect": body.inputs.aspect.value,
        "stages": len(body.stages),
        "status": "queued",
        "queued_at": fact.at,
        "approved_at": None,
        "claimed_at": None,
        **dict.fromkeys(MILESTONES.values()),
        "ended_at": None,
        "queue_wait_ms": None,
        "total_ms": None,
        "claims": 0,
        "takeovers": 0,
        "failed_attempts": 0,
        "runs": 1,
        "estimate_points": body.estimate_points,
        "points": 0,
        "duration_ms": None,
        "cost_micro_usd": 0,
        "error_code": None,
        "error_stage": None,
        "updated_at": fact.at,
        "version": fact.version,
    }


def _ended(status: str, row: Row, fact: Fact) -> dict[str, Any]:
    return {"status": status, "ended_at": fact.at, "total_ms": _ms(row["queued_at"], fact.at)}


def _ms(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds() * 1000)


PROJECTION = Projection("analytics.fact_job", 1, "job", fold, key=("stream",), lasting=True)
