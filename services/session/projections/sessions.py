"""`sessions`: one document a session, as its user sees it (`contracts.documents.SessionDocument`)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.documents import AT_WORK, asset, with_expiry
from contracts.messages.job import JOB_EXPIRED
from contracts.messages.session import (
    AssetsForgotten,
    SessionAnnotated,
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
from contracts.names import text
from contracts.rendering import FOR_USERS, STAGES, AssetKind, Stage, StageOutput
from eventlog.read.projection import Fact, Projection, Row, View


def fold(view: View, fact: Fact) -> View:
    """The document after the event."""
    body = fact.body
    if isinstance(body, SessionStarted):
        return (_started(body, fact),)
    if not view:
        return view
    if isinstance(body, SessionPurged):
        return ()
    document: dict[str, Any] = {"cutOf": None, **view[0], "updatedAt": fact.at, "version": fact.version}
    document["assets"] = [with_expiry(one) for one in document["assets"]]
    match body:
        case StagesRequested():
            changes = _requested(document, body)
        case StageRecorded():
            changes = _recorded(document, body, fact.at)
        case SessionCompleted():
            changes = {"status": "completed", "activeJob": None, "durationMs": body.duration_ms}
        case SessionFailed():
            changes = _failed(document, body)
        case SessionCanceled():
            changes = {"status": "canceled", "activeJob": None, "stages": _stopped(document["stages"])}
        case SessionRetried():
            stages = _asked(document["stages"], body.stages, text(body.job_id))
            changes = {
                **_no_error(),
                "status": AT_WORK[body.stages[0]],
                "activeJob": text(body.job_id),
                "stages": stages,
            }
        case SessionDeleted():
            changes = {"status": "deleted", "activeJob": None, "stages": _stopped(document["stages"])}
        case SessionRestored():
            changes = {"status": _standing(document)}
        case AssetsForgotten():
            changes = _forgotten(document, body)
        case SessionRetitled():
            changes = {"title": body.title}
        case SessionAnnotated():
            changes = {"metadata": body.metadata}
        case _:
            changes = {}
    return ({**document, **changes},)


def _started(body: SessionStarted, fact: Fact) -> Row:
    return {
        "_id": fact.stream,
        "tenant": fact.tenant,
        "sessionId": text(body.session_id),
        "accountId": text(body.account_id),
        "kind": body.kind.value,
        "aspect": body.aspect.value,
        "language": body.language,
        "voice": body.voice,
        "prompt": body.prompt,
        "refinedPrompt": "",
        "script": body.script,
        "title": body.title,
        "audioFilePath": "",
        "videoFilePath": "",
        "pythonCodePath": "",
        "status": "created",
        **_no_error(),
        "durationMs": None,
        "stages": [_stage(stage, "none", None, None) for stage in STAGES],
        "assets": [],
        "jobs": [],
        "activeJob": None,
        "derivedFrom": text(body.derived_from) if body.derived_from else None,
        "cutOf": {"projectId": text(body.film.project_id), "version": body.film.version} if body.film else None,
        "metadata": body.metadata,
        "createdAt": fact.at,
        "updatedAt": fact.at,
        "version": fact.version,
    }


def _requested(document: Row, body: StagesRequested) -> dict[str, Any]:
    """Work was asked for: what is void goes, what stands stays."""
    outputs = {output.stage: output for output in body.outputs}
    stages = [
        stage if stage["name"] in outputs else _stage(Stage(stage["name"]), "none", None, None)
        for stage in document["stages"]
    ]
    refined, written = outputs.get(Stage.REFINE), outputs.get(Stage.SCRIPT)
    spoken = outputs.get(Stage.SPEECH)
    assets = [asset for asset in document["assets"] if asset["stage"] in outputs]
    return {
        **_no_error(),
        **_paths(assets),
        "kind": body.inputs.kind.value,
        "aspect": body.inputs.aspect.value,
        "language": body.inputs.language,
        "voice": body.inputs.voice,
        "prompt": body.inputs.prompt,
        "refinedPrompt": (refined.refined_prompt or "") if refined else "",
        "script": body.inputs.script or ((written.script or "") if written else ""),
        "title": body.inputs.title or next((one.title for one in body.outputs if one.title), ""),
        "durationMs": spoken.duration_ms if spoken else None,
        "assets": assets,
        "stages": _asked(stages, body.stages, text(body.job_id)),
        "status": AT_WORK[body.stages[0]],
        "jobs": [*document["jobs"], text(body.job_id)],
        "activeJob": text(body.job_id),
    }


def _recorded(document: Row, body: StageRecorded, at: datetime) -> dict[str, Any]:
    output = body.output
    job_id = text(body.job_id)
    done = _stage(output.stage, "done", job_id, at)
    stages = [done if stage["name"] == output.stage else stage for stage in document["stages"]]
    left = [stage for stage in stages if stage["status"] == "pending"]
    if left:
        stages = [{**stage, "status": "running"} if stage is left[0] else stage for stage in stages]
    kept = [asset for asset in document["assets"] if asset["stage"] != output.stage]
    assets = [*kept, *_assets(output, body.job_id, at)]
    return {
        **_paths(assets),
        "refinedPrompt": output.refined_prompt or document["refinedPrompt"],
        "script": document["script"] or output.script or "",
        "title": document["title"] or output.title or "",
        "durationMs": output.duration_ms or document["durationMs"],
        "assets": assets,
        "stages": stages,
        "status": AT_WORK[Stage(left[0]["name"])] if left else AT_WORK[output.stage],
        "activeJob": job_id if left else None,
    }


def _forgotten(document: Row, body: AssetsForgotten) -> dict[str, Any]:
    gone = {str(one) for one in body.asset_ids}
    job_id = text(body.job_id)
    assets = [one for one in document["assets"] if one["jobId"] != job_id or one["assetId"] not in gone]
    return {"assets": assets, **_paths(assets)}


def _failed(document: Row, body: SessionFailed) -> dict[str, Any]:
    stages = [{**stage, "status": "failed"} if stage["status"] == "running" else stage for stage in document["stages"]]
    stage = body.stage.value if body.stage else None
    return {
        "status": "expired" if body.code == JOB_EXPIRED else "failed",
        "errorMessage": body.message,
        "error": {"code": body.code, "stage": stage, "retryable": body.retryable},
        "activeJob": None,
        "stages": stages,
    }


def _asked(stages: Iterable[Row], wanted: tuple[Stage, ...], job_id: str) -> list[Row]:
    """The wanted stages wait, the first of them is at work."""
    status = {stage: "running" if stage is wanted[0] else "pending" for stage in wanted}
    return [
        _stage(Stage(stage["name"]), status[Stage(stage["name"])], job_id, None) if stage["name"] in status else stage
        for stage in stages
    ]


def _stopped(stages: Iterable[Row]) -> list[Row]:
    """What was at work or waited is not done any more."""
    return [{**stage, "status": "canceled"} if stage["status"] in ("running", "pending") else stage for stage in stages]


def _standing(document: Row) -> str:
    """What a session that nothing is at work for is called, by what its stages came to."""
    came_to = {stage["status"] for stage in document["stages"]}
    if "failed" in came_to:
        return "expired" if document["error"]["code"] == JOB_EXPIRED else "failed"
    if "canceled" in came_to:
        return "canceled"
    done = [Stage(stage["name"]) for stage in document["stages"] if stage["status"] == "done"]
    if not done:
        return "created"
    return "completed" if done[-1] is Stage.VIDEO else AT_WORK[done[-1]]


def _stage(name: Stage, status: str, job_id: str | None, finished_at: datetime | None) -> Row:
    return {"name": name.value, "status": status, "jobId": job_id, "finishedAt": finished_at}


def _no_error() -> dict[str, Any]:
    return {"errorMessage": "", "error": None}


def _assets(output: StageOutput, job_id: UUID, at: datetime) -> list[Row]:
    return [asset(artifact, job_id, output.stage, at) for artifact in output.artifacts if artifact.kind in FOR_USERS]


def _paths(assets: Iterable[Row]) -> dict[str, str]:
    """Where the files of a session are found, without host or signature."""
    by_kind = {asset["kind"]: asset for asset in assets}

    def path(kind: AssetKind) -> str:
        found = by_kind.get(kind.value)
        return f"/media/{found['assetId']}.{found['fileName'].rpartition('.')[2]}" if found else ""

    return {
        "audioFilePath": path(AssetKind.AUDIO),
        "videoFilePath": path(AssetKind.VIDEO),
        "pythonCodePath": path(AssetKind.CODE),
    }


PROJECTION = Projection("sessions", 2, "session", fold)
