"""The workflow application's `generated_files` and `scenes`: what a session's stages left, and what its user added."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import msgspec

from contracts.messages.files import FileRecorded, FileRemoved
from contracts.messages.session import AssetsForgotten, SessionPurged, StageRecorded, StagesRequested
from contracts.rendering import FOR_USERS, Artifact, Scene, StageOutput
from eventlog.read.projection import Fact, Projection, Row, View


def fold_files(view: View, fact: Fact) -> View:
    """One row for each file that stands. A file of a stage that is to be done again goes with it."""
    match fact.body:
        case StageRecorded(output=output, session_id=session, job_id=job):
            kept = [row for row in view if row["stage"] != output.stage.value]
            return (*kept, *_of_stage(output, session, job, fact))
        case StagesRequested(outputs=outputs):
            standing = {None, *(output.stage.value for output in outputs)}
            return tuple(row for row in view if row["stage"] in standing)
        case FileRecorded() as body:
            kept = [row for row in view if row["id"] != body.file_id]
            return (*kept, _noted(body, fact))
        case AssetsForgotten(asset_ids=gone):
            return tuple(row for row in view if row["stage"] is None or row["id"] not in gone)
        case FileRemoved(file_id=removed):
            return tuple(row for row in view if row["id"] != removed)
        case SessionPurged():
            return ()
        case _:
            return view


def fold_scenes(view: View, fact: Fact) -> View:
    """One row for each scene of the plan that stands."""
    match fact.body:
        case StageRecorded(output=output, session_id=session) if output.scenes:
            pictures = {artifact.sha256: artifact for artifact in output.artifacts}
            return tuple(_scene(scene, pictures, session, fact) for scene in output.scenes)
        case StagesRequested(outputs=outputs) if not any(output.scenes for output in outputs):
            return ()
        case AssetsForgotten(asset_ids=gone):
            return tuple({**row, "image_file_id": None} if row["image_file_id"] in gone else row for row in view)
        case SessionPurged():
            return ()
        case _:
            return view


def _of_stage(output: StageOutput, session: UUID, job: UUID, fact: Fact) -> list[Row]:
    scenes = {scene.image_sha256: scene.number for scene in output.scenes if scene.image_sha256}
    made = {artifact.asset_id: artifact for artifact in output.artifacts}
    return [
        _row(
            fact,
            session,
            id=artifact.asset_id,
            file_type=artifact.kind.value,
            file_path=path_of(artifact, session),
            file_name=artifact.file_name,
            file_size=artifact.size_bytes,
            metadata=_text(_about(output, artifact, job, scenes.get(artifact.sha256))),
            stage=output.stage.value,
        )
        for artifact in made.values()
    ]


def _about(output: StageOutput, artifact: Artifact, job: UUID, scene: int | None) -> dict[str, Any]:
    known: Mapping[str, Any] = {
        "stage": output.stage.value,
        "job_id": job,
        "media_type": artifact.media_type,
        "sha256": artifact.sha256,
        "duration_ms": artifact.duration_ms,
        "scene_number": scene,
    }
    return {name: value for name, value in known.items() if value is not None}


def _noted(body: FileRecorded, fact: Fact) -> Row:
    return _row(
        fact,
        body.session_id,
        id=body.file_id,
        file_type=body.file_type,
        file_path=body.file_path,
        file_name=body.file_name,
        file_size=body.size_bytes,
        metadata=_text(body.metadata),
        stage=None,
    )


def _row(fact: Fact, session: UUID, **columns: Any) -> Row:
    placed: dict[str, Any] = {"stream": fact.stream, "tenant_id": fact.tenant, "workflow_id": session}
    made: dict[str, datetime] = {"created_at": fact.at}
    return {**placed, **columns, **made}


def _scene(scene: Scene, pictures: Mapping[str, Artifact], session: UUID, fact: Fact) -> Row:
    picture = pictures.get(scene.image_sha256 or "")
    return {
        "stream": fact.stream,
        "tenant_id": fact.tenant,
        "workflow_id": session,
        "scene_number": scene.number,
        "description": scene.heading,
        "prompt": scene.narration,
        "bullets": list(scene.bullets),
        "image_file_id": picture.asset_id if picture else None,
        "start_ms": scene.start_ms,
        "end_ms": scene.end_ms,
        "created_at": fact.at,
    }


def path_of(artifact: Artifact, session: UUID) -> str:
    """Where the gateway serves it: inputs of later stages stand with their workflow only."""
    if artifact.kind in FOR_USERS:
        return f"/media/{artifact.asset_id}{PurePosixPath(artifact.file_name).suffix}"
    return f"/api/workflows/{session}/files/{artifact.asset_id}/content"


def _text(value: Any) -> str:
    """JSON as text: the column keeps it to the letter, so a number that was sent is the number that is read."""
    return msgspec.json.encode(value, order="sorted").decode()


FILES = Projection("workflow.generated_files", 1, "session", fold_files, key=("stream", "id"))
SCENES = Projection("workflow.scenes", 1, "session", fold_scenes, key=("stream", "scene_number"))
