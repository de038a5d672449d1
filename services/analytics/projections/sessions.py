"""`analytics.fact_session`: one row a session, with the time of each milestone. No prompt, no script stands here."""

from typing import Any

from contracts.messages.session import (
    SessionCanceled,
    SessionCompleted,
    SessionDeleted,
    SessionFailed,
    SessionRestored,
    SessionRetried,
    SessionStarted,
    StageRecorded,
    StagesRequested,
)
from contracts.rendering import Stage
from eventlog.read.projection import Fact, Projection, Row, View

MILESTONES = {
    Stage.REFINE: "refined_at",
    Stage.SCRIPT: "scripted_at",
    Stage.SPEECH: "voiced_at",
    Stage.SCENES: "planned_at",
    Stage.VIDEO: "rendered_at",
}


def fold(view: View, fact: Fact) -> View:
    """The row after the event."""
    if isinstance(body := fact.body, SessionStarted):
        return (_started(body, fact),)
    if not view:
        return view
    row = view[0]
    match fact.body:
        case StagesRequested() as body:
            changes: dict[str, Any] = {
                "status": "active",
                "kind": body.inputs.kind.value,
                "aspect": body.inputs.aspect.value,
                "jobs": row["jobs"] + 1,
            }
        case StageRecorded() as body:
            changes = {MILESTONES[body.output.stage]: fact.at}
            if body.output.duration_ms:
                changes["duration_ms"] = body.output.duration_ms
        case SessionCompleted():
            changes = {"status": "completed", "completed_at": fact.at}
        case SessionFailed() as body:
            changes = {
                "status": "failed",
                "failed_at": fact.at,
                "error_code": body.code,
                "error_stage": body.stage.value if body.stage else None,
            }
        case SessionCanceled():
            changes = {"status": "canceled", "canceled_at": fact.at}
        case SessionRetried():
            changes = {"status": "active", "retries": row["retries"] + 1, "error_code": None, "error_stage": None}
        case SessionDeleted():
            changes = {"status": "deleted", "deleted_at": fact.at}
        case SessionRestored():
            changes = {"status": _standing(row), "deleted_at": None}
        case _:
            changes = {}
    return ({**row, **changes, "updated_at": fact.at, "version": fact.version},)


def _started(body: SessionStarted, fact: Fact) -> dict[str, Any]:
    return {
        "stream": fact.stream,
        "tenant_id": fact.tenant,
        "session_id": body.session_id,
        "account_id": body.account_id,
        "kind": body.kind.value,
        "aspect": body.aspect.value,
        "language": body.language,
        "script_given": bool(body.script),
        "status": "created",
        "created_at": fact.at,
        **dict.fromkeys(MILESTONES.values()),
        "completed_at": None,
        "failed_at": None,
        "canceled_at": None,
        "deleted_at": None,
        "error_code": None,
        "error_stage": None,
        "duration_ms": None,
        "jobs": 0,
        "retries": 0,
        "updated_at": fact.at,
        "version": fact.version,
    }


def _standing(row: Row) -> str:
    """How a session stands that came back: what was at work for it was canceled when it was deleted."""
    ends = {name: row[f"{name}_at"] for name in ("completed", "failed", "canceled") if row[f"{name}_at"]}
    return max(ends, key=lambda name: ends[name]) if ends else "canceled"


PROJECTION = Projection("analytics.fact_session", 1, "session", fold, key=("stream",))
