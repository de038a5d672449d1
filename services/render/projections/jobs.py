"""`jobs`: one document a job, as its user sees it (`contracts.documents.JobDocument`)."""

from collections.abc import Sequence
from typing import Any

from contracts.documents import asset, with_expiry
from contracts.messages.job import (
    JobApproved,
    JobAssetExpired,
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
from contracts.rendering import FOR_USERS, FREE_STAGES, STAGE_PERCENT, Stage
from eventlog.read.projection import Fact, Projection, Row, View


def fold(view: View, fact: Fact) -> View:
    """The document after the event."""
    body = fact.body
    if isinstance(body, JobQueued):
        return (_queued(body, fact),)
    if not view or isinstance(body, JobPurged):
        return ()
    document: dict[str, Any] = {"pointsRefunded": 0, **view[0], "updatedAt": fact.at, "version": fact.version}
    document["assets"] = [with_expiry(one) for one in document["assets"]]
    match body:
        case JobApproved():
            changes = {"held": False, "pointsReserved": document["estimatePoints"]}
        case JobClaimed():
            changes = _claimed(document, body, fact)
        case JobStageCompleted():
            changes = _stage_completed(document, body, fact)
        case JobStageFailed():
            changes = _stage_failed(document, body)
        case JobReleased():
            changes = {"status": "queued", "worker": None, "stages": _waiting(document)}
        case JobRetried():
            changes = _retried(document, body)
        case JobCompleted():
            changes = _ended("completed", fact) | {"progress": 100, "durationMs": body.duration_ms}
            changes |= _paid(document, body.points)
        case JobFailed():
            changes = _ended("failed", fact) | {
                "error": _error(body.code, body.message, body.stage, retryable=body.retryable),
                "stages": _stopped(document, "failed"),
                **_paid(document, 0),
            }
        case JobCanceled():
            changes = _ended("canceled", fact) | {"reason": body.reason, "stages": _stopped(document, "canceled")}
            changes |= _paid(document, body.points)
        case JobExpired():
            changes = _ended("expired", fact) | {"stages": _stopped(document, "canceled")} | _paid(document, 0)
        case JobAssetExpired():
            changes = {"assets": [one for one in document["assets"] if one["assetId"] != str(body.asset_id)]}
        case _:
            changes = {}
    return ({**document, **changes},)


def _queued(body: JobQueued, fact: Fact) -> Row:
    return {
        "_id": fact.stream,
        "tenant": fact.tenant,
        "jobId": str(body.job_id),
        "sessionId": str(body.session_id),
        "accountId": str(body.account_id),
        "kind": body.inputs.kind.value,
        "aspect": body.inputs.aspect.value,
        "title": body.inputs.title,
        "status": "queued",
        "held": body.held,
        "stage": body.stages[0].value,
        "stages": [
            {"name": stage.value, "status": "pending", "startedAt": None, "finishedAt": None, "attempt": 0}
            for stage in body.stages
        ],
        "progress": 0,
        "attempts": 0,
        "run": 1,
        "epoch": 0,
        "worker": None,
        "priority": body.priority,
        "estimatePoints": body.estimate_points,
        "pointsReserved": 0,
        "pointsSettled": 0,
        "pointsRefunded": 0,
        "costMicroUsd": 0,
        "durationMs": None,
        "assets": [],
        "error": None,
        "reason": "",
        "createdAt": fact.at,
        "updatedAt": fact.at,
        "finishedAt": None,
        "version": fact.version,
    }


def _claimed(document: Row, body: JobClaimed, fact: Fact) -> dict[str, Any]:
    return {
        "status": "running",
        "worker": body.worker,
        "epoch": body.epoch,
        "attempts": document["attempts"] + 1,
        "stages": _begun(document, fact),
    }


def _stage_completed(document: Row, body: JobStageCompleted, fact: Fact) -> dict[str, Any]:
    output = body.output
    done = [
        {**stage, "status": "done", "finishedAt": fact.at} if stage["name"] == output.stage else stage
        for stage in document["stages"]
    ]
    left = [stage["name"] for stage in done if stage["status"] != "done"]
    waits = document["held"] and bool(left) and Stage(left[0]) not in FREE_STAGES
    return {
        **({"status": "queued", "worker": None} if waits else {}),
        "stages": done if waits else _begun({**document, "stages": done}, fact),
        "stage": left[0] if left else output.stage.value,
        "progress": _progress(done),
        "title": document["title"] or output.title or "",
        "durationMs": output.duration_ms or document["durationMs"],
        "costMicroUsd": document["costMicroUsd"] + sum(usage.cost_micro_usd for usage in output.usage),
        "error": None,
        "assets": [
            *document["assets"],
            *(asset(one, body.job_id, output.stage, fact.at) for one in output.artifacts if one.kind in FOR_USERS),
        ],
    }


def _stage_failed(document: Row, body: JobStageFailed) -> dict[str, Any]:
    return {
        "status": "queued",
        "worker": None,
        "error": _error(body.code, body.message, body.stage, retryable=body.retryable),
        "stages": _waiting(document),
    }


def _retried(document: Row, body: JobRetried) -> dict[str, Any]:
    stages = [stage if stage["status"] == "done" else {**stage, "status": "pending"} for stage in document["stages"]]
    left = [stage["name"] for stage in stages if stage["status"] != "done"]
    return {
        "status": "queued",
        "held": body.held,
        "run": body.run,
        "estimatePoints": body.estimate_points,
        "pointsReserved": 0,
        "pointsRefunded": 0,
        "error": None,
        "reason": "",
        "finishedAt": None,
        "stages": stages,
        "stage": left[0] if left else None,
    }


def _ended(status: str, fact: Fact) -> dict[str, Any]:
    return {"status": status, "held": False, "worker": None, "finishedAt": fact.at}


def _paid(document: Row, points: int) -> dict[str, Any]:
    """A run is over that costs `points`: it takes no more than was set aside, and gives back the rest."""
    settled = min(points, document["pointsReserved"])
    refunded = document["pointsReserved"] - settled
    return {"pointsSettled": document["pointsSettled"] + settled, "pointsRefunded": refunded}


def _begun(document: Row, fact: Fact) -> list[Row]:
    """The first stage that is left is at work."""
    stages: list[Row] = list(document["stages"])
    for number, stage in enumerate(stages):
        if stage["status"] != "done":
            begun = {"status": "running", "startedAt": stage["startedAt"] or fact.at, "attempt": stage["attempt"] + 1}
            stages[number] = {**stage, **begun}
            break
    return stages


def _waiting(document: Row) -> list[Row]:
    return [{**stage, "status": "pending"} if stage["status"] == "running" else stage for stage in document["stages"]]


def _stopped(document: Row, status: str) -> list[Row]:
    return [{**stage, "status": status} if stage["status"] == "running" else stage for stage in document["stages"]]


def _progress(stages: Sequence[Row]) -> int:
    """0–100: what is done of what was asked for, each stage by its usual share."""
    share = {stage["name"]: STAGE_PERCENT[Stage(stage["name"])] for stage in stages}
    done = sum(share[stage["name"]] for stage in stages if stage["status"] == "done")
    return done * 100 // sum(share.values())


def _error(code: str, message: str, stage: Stage | None, *, retryable: bool) -> Row:
    return {"code": code, "message": message, "stage": stage.value if stage else None, "retryable": retryable}


PROJECTION = Projection("jobs", 3, "job", fold)
