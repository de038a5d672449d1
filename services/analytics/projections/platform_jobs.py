"""The platform's tables of streams that the render service decides: jobs, the scenes of their plans, their files."""

from typing import Any

from contracts.messages.job import (
    JOB_EXPIRED,
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
from contracts.rendering import FOR_USERS, Stage
from eventlog.read.projection import Fact, Projection, View


def fold_job(view: View, fact: Fact) -> View:
    """`platform.jobs`: how far a job is."""
    if isinstance(body := fact.body, JobQueued):
        return (_queued(body, fact),)
    if isinstance(body, JobPurged):
        return ()
    match fact.body:
        case JobClaimed():
            changes: dict[str, Any] = {"status": "running", "attempts": view[0]["attempts"] + 1} if view else {}
        case JobReleased() | JobStageFailed():
            changes = {"status": "queued"}
        case JobRetried():
            changes = {"status": "queued", "finished_at": None, "error_code": None, "error_message": None}
        case JobCompleted():
            changes = {"status": "completed", "finished_at": fact.at}
        case JobFailed() as body:
            changes = {
                "status": "failed",
                "finished_at": fact.at,
                "error_code": body.code,
                "error_message": body.message,
            }
        case JobCanceled():
            changes = {"status": "canceled", "finished_at": fact.at}
        case JobExpired():
            changes = {"status": "expired", "finished_at": fact.at, "error_code": JOB_EXPIRED}
        case _:
            changes = {}
    return tuple({**row, **changes, "updated_at": fact.at, "version": fact.version} for row in view)


def fold_scenes(view: View, fact: Fact) -> View:
    """`platform.scenes`: the plan that was made last."""
    if isinstance(body := fact.body, JobPurged):
        return ()
    if not isinstance(body, JobStageCompleted) or body.output.stage is not Stage.SCENES:
        return view
    return tuple(
        {
            "stream": fact.stream,
            "tenant_id": fact.tenant,
            "job_id": body.job_id,
            "project_id": body.session_id,
            "user_id": body.account_id,
            "number": scene.number,
            "heading": scene.heading,
            "narration": scene.narration,
            "start_ms": scene.start_ms,
            "end_ms": scene.end_ms,
            "created_at": fact.at,
        }
        for scene in body.output.scenes
    )


def fold_assets(view: View, fact: Fact) -> View:
    """`platform.assets`: the files that a user can have, or had, with when each is planned to go, or went."""
    if isinstance(body := fact.body, JobPurged):
        return ()
    if isinstance(body, JobAssetExpired):
        return tuple({**row, "expires_at": fact.at} if row["asset_id"] == body.asset_id else row for row in view)
    if not isinstance(body, JobStageCompleted):
        return view
    made = {
        artifact.asset_id: {
            "stream": fact.stream,
            "tenant_id": fact.tenant,
            "asset_id": artifact.asset_id,
            "job_id": body.job_id,
            "project_id": body.session_id,
            "user_id": body.account_id,
            "kind": artifact.kind.value,
            "media_type": artifact.media_type,
            "file_name": artifact.file_name,
            "sha256": artifact.sha256,
            "size_bytes": artifact.size_bytes,
            "duration_ms": artifact.duration_ms,
            "created_at": fact.at,
            "expires_at": artifact.expires_at,
        }
        for artifact in body.output.artifacts
        if artifact.kind in FOR_USERS
    }
    return (*(row for row in view if row["asset_id"] not in made), *made.values())


def _queued(body: JobQueued, fact: Fact) -> dict[str, Any]:
    return {
        "stream": fact.stream,
        "tenant_id": fact.tenant,
        "job_id": body.job_id,
        "project_id": body.session_id,
        "user_id": body.account_id,
        "status": "queued",
        "stages": [stage.value for stage in body.stages],
        "configuration": {
            "kind": body.inputs.kind.value,
            "aspect": body.inputs.aspect.value,
            "language": body.inputs.language,
            "voice": body.inputs.voice,
        },
        "attempts": 0,
        "error_code": None,
        "error_message": None,
        "created_at": fact.at,
        "updated_at": fact.at,
        "finished_at": None,
        "version": fact.version,
    }


JOBS = Projection("platform.jobs", 1, "job", fold_job, key=("stream",))
SCENES = Projection("platform.scenes", 1, "job", fold_scenes, key=("stream", "number"))
ASSETS = Projection("platform.assets", 3, "job", fold_assets, key=("stream", "asset_id"))
OF_JOBS: tuple[Projection, ...] = (JOBS, SCENES, ASSETS)
