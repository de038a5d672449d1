"""The workflow application's `workflows`: one row a session, in its words, with how far each phase is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from contracts.documents import AT_WORK
from contracts.messages.access import PlanChanged, RoleChanged
from contracts.messages.account import AccountRegistered
from contracts.messages.job import JOB_EXPIRED
from contracts.messages.session import (
    SessionCanceled,
    SessionCompleted,
    SessionDeleted,
    SessionFailed,
    SessionPurged,
    SessionRestored,
    SessionRetitled,
    SessionRetried,
    SessionStarted,
    StageRecorded,
    StagesRequested,
)
from contracts.rendering import STAGES, Stage
from eventlog.read.projection import Fact, Projection, Row, View


def fold(view: View, fact: Fact) -> View:
    """The row after the event; none once the session is gone for good."""
    body = fact.body
    if isinstance(body, SessionStarted):
        return (_started(body, fact),)
    if not view or isinstance(body, SessionPurged):
        return ()
    row = view[0]
    match body:
        case StagesRequested():
            changes = _requested(row, body)
        case StageRecorded():
            changes = _recorded(row, body, fact.at)
        case SessionCompleted():
            changes = {"status": "completed", "completed_at": fact.at}
        case SessionFailed():
            status = "expired" if body.code == JOB_EXPIRED else "failed"
            changes = {"status": status, "phases": _come_to(row, running="failed"), "error_message": body.message}
        case SessionCanceled():
            changes = {"status": "canceled", "phases": _stopped(row)}
        case SessionRetried():
            phases = _asked(row["phases"], body.stages)
            changes = {"status": AT_WORK[body.stages[0]], "phases": phases, "error_message": ""}
        case SessionDeleted(job_id=job):
            changes = {"phases": _stopped(row), "deleted_at": fact.at} | ({"status": "canceled"} if job else {})
        case SessionRestored():
            changes = {"deleted_at": None}
        case SessionRetitled(title=title):
            changes = {"story_title": title}
        case _:
            changes = {}
    return ({**row, **changes, "updated_at": fact.at, "version": fact.version},)


def _started(body: SessionStarted, fact: Fact) -> Row:
    return {
        "stream": fact.stream,
        "tenant_id": fact.tenant,
        "id": body.session_id,
        "user_id": body.account_id,
        "original_prompt": body.prompt,
        "enhanced_story": body.script,
        "story_title": body.title,
        "status": "created",
        "phases": [_phase(stage, "none", None) for stage in STAGES],
        "error_message": "",
        "created_at": fact.at,
        "updated_at": fact.at,
        "completed_at": None,
        "deleted_at": None,
        "version": fact.version,
    }


def _requested(row: Row, body: StagesRequested) -> dict[str, Any]:
    """Work was asked for: what stands stays, all else of the story goes."""
    outputs = {output.stage.value: output for output in body.outputs}
    written = [output.script or output.refined_prompt for output in reversed(body.outputs)]
    blank = {stage.value: _phase(stage, "none", None) for stage in STAGES}
    stands = [phase if phase["name"] in outputs else blank[phase["name"]] for phase in row["phases"]]
    return {
        "original_prompt": body.inputs.prompt,
        "enhanced_story": body.inputs.script or next((words for words in written if words), ""),
        "story_title": body.inputs.title or next((one.title for one in body.outputs if one.title), ""),
        "status": AT_WORK[body.stages[0]],
        "phases": _asked(stands, body.stages),
        "error_message": "",
        "completed_at": None,
    }


def _recorded(row: Row, body: StageRecorded, at: datetime) -> dict[str, Any]:
    output = body.output
    done = _phase(output.stage, "done", at)
    phases = [done if phase["name"] == output.stage.value else phase for phase in row["phases"]]
    left = next((phase["name"] for phase in phases if phase["status"] == "pending"), None)
    phases = [{**phase, "status": "running"} if phase["name"] == left else phase for phase in phases]
    return {
        # A refined prompt fills an empty place only: a story that stands is the user's own script.
        "enhanced_story": output.script or row["enhanced_story"] or output.refined_prompt or "",
        "story_title": row["story_title"] or output.title or "",
        "status": AT_WORK[Stage(left) if left else output.stage],
        "phases": phases,
    }


def _asked(phases: Iterable[Row], wanted: tuple[Stage, ...]) -> list[Row]:
    """The wanted ones wait, the first of them is at work."""
    status = {stage.value: "running" if stage is wanted[0] else "pending" for stage in wanted}
    return [
        _phase(Stage(phase["name"]), status[phase["name"]], None) if phase["name"] in status else phase
        for phase in phases
    ]


def _stopped(row: Row) -> list[Row]:
    """What was at work or waited is not done any more."""
    return _come_to(row, running="canceled", pending="canceled")


def _come_to(row: Row, **words: str) -> list[Row]:
    """The phases, those that have one of these statuses with another."""
    return [{**phase, "status": words.get(phase["status"], phase["status"])} for phase in row["phases"]]


def _phase(stage: Stage, status: str, at: datetime | None) -> Row:
    """`status`: none, pending, running, done, failed or canceled. The time is text: the column is JSON."""
    return {"name": stage.value, "status": status, "finished_at": at.isoformat() if at else None}


def fold_user(view: View, fact: Fact) -> View:
    """`workflow.users`: whoever has an account."""
    match fact.body:
        case AccountRegistered() as body:
            return (
                {
                    "stream": fact.stream,
                    "tenant_id": fact.tenant,
                    "id": body.account_id,
                    "name": body.name or body.address,
                    "kind": body.kind.value,
                    "role": body.role.value,
                    "plan": body.plan,
                    "created_at": fact.at,
                },
            )
        case PlanChanged() | RoleChanged() as body if view:
            return ({**view[0], "role": body.role.value, "plan": body.plan},)
        case _:
            return view


WORKFLOWS = Projection("workflow.workflows", 2, "session", fold, key=("stream",))
USERS = Projection("workflow.users", 1, "account", fold_user, key=("stream",))
