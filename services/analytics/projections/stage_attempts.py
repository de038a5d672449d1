"""`analytics.fact_stage_attempt`: one row for each time that a worker was at a stage of a job, and how it ended."""

from typing import Any

from contracts.messages.job import (
    JobApproved,
    JobCanceled,
    JobClaimed,
    JobExpired,
    JobFailed,
    JobQueued,
    JobReleased,
    JobRetried,
    JobStageCompleted,
    JobStageFailed,
)
from contracts.rendering import FREE_STAGES, STAGES, Stage
from eventlog.read.projection import Fact, Projection, Row, View


def fold(view: View, fact: Fact) -> View:
    """The rows after the event. At most one of them is running."""
    view = tuple(sorted(view, key=_place))
    match fact.body:
        case JobQueued() as body:
            waiting = tuple(_waiting(body, fact, stage) for stage in body.stages)
            return tuple(_held(row) for row in waiting) if body.held else waiting
        case JobApproved():
            return _unheld(view)
        case JobClaimed() as body:
            before = _ended(view, fact, "lost") if body.takeover else view
            return _begun(before, fact, body.epoch)
        case JobStageCompleted() as body:
            done = _ended(view, fact, "completed", again=False)
            return _begun(done, fact, body.epoch)
        case JobStageFailed() as body:
            return _ended(view, fact, "failed", code=body.code, again=body.retry_at is not None)
        case JobReleased() as body:
            return _ended(view, fact, "lost" if body.reason == "worker.lost" else "released")
        case JobFailed() | JobCanceled() | JobExpired():
            return _unheld(_ended(view, fact, "stopped", again=False))
        case JobRetried() as body:
            again = _tried_again(_unheld(view))
            return tuple(_held(row) for row in again) if body.held else again
        case _:
            return view


def _place(row: Row) -> tuple[int, int]:
    """Stages in the order in which they are done, attempts as they came: a store gives rows back in any order."""
    return STAGES.index(Stage(row["stage"])), row["number"]


def _waiting(body: JobQueued, fact: Fact, stage: Stage) -> Row:
    return {
        "stream": fact.stream,
        "tenant_id": fact.tenant,
        "job_id": body.job_id,
        "session_id": body.session_id,
        "kind": body.inputs.kind.value,
        "stage": stage.value,
        "number": 1,
        "epoch": None,
        "started_at": None,
        "finished_at": None,
        "latency_ms": None,
        "outcome": "waiting",
        "error_code": None,
    }


def _held(row: Row) -> Row:
    """A stage that costs points is held until they are set aside."""
    held = row["outcome"] == "waiting" and Stage(row["stage"]) not in FREE_STAGES
    return {**row, "outcome": "held"} if held else row


def _unheld(view: View) -> View:
    """Points are set aside, or a job that has ended waits for none."""
    return tuple({**row, "outcome": "waiting"} if row["outcome"] == "held" else row for row in view)


def _tried_again(view: View) -> View:
    """The job that had ended goes on: the stage at which it ended waits for another attempt."""
    for place, row in enumerate(view):
        following = view[place + 1] if place + 1 < len(view) else None
        is_last = following is None or following["stage"] != row["stage"]
        if is_last and row["outcome"] in ("failed", "stopped"):
            return (*view[: place + 1], *_another(row, again=True), *view[place + 1 :])
    return view


def _begun(view: View, fact: Fact, epoch: int) -> View:
    """The first row that waits is at work, unless one before it is held."""
    for place, row in enumerate(view):
        if row["outcome"] == "held":
            return view
        if row["outcome"] == "waiting":
            begun = {**row, "outcome": "running", "epoch": epoch, "started_at": fact.at}
            return (*view[:place], begun, *view[place + 1 :])
    return view


def _ended(view: View, fact: Fact, outcome: str, *, code: str | None = None, again: bool = True) -> View:
    """The row at work has ended; with `again` the stage waits for another attempt, in the same place."""
    for place, row in enumerate(view):
        if row["outcome"] == "running":
            took = round((fact.at - row["started_at"]).total_seconds() * 1000)
            ended = {**row, "outcome": outcome, "finished_at": fact.at, "latency_ms": took, "error_code": code}
            return (*view[:place], ended, *_another(row, again=again), *view[place + 1 :])
    return view


def _another(row: Row, *, again: bool) -> tuple[Row, ...]:
    if not again:
        return ()
    fresh: dict[str, Any] = {
        **dict.fromkeys(("epoch", "started_at", "finished_at", "latency_ms", "error_code")),
        "outcome": "waiting",
        "number": row["number"] + 1,
    }
    return ({**row, **fresh},)


PROJECTION = Projection("analytics.fact_stage_attempt", 2, "job", fold, key=("stream", "stage", "number"), lasting=True)
