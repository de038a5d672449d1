"""The platform's tables of streams that the session service decides: accounts, projects, presets."""

from typing import Any

from contracts.messages.preset import PresetDeleted, PresetSaved
from contracts.messages.session import (
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
    StagesRequested,
)
from contracts.messages.session_inputs import Metadata
from eventlog.read.projection import Fact, Projection, Row, View
from services.analytics.projections.platform_accounts import OF_ACCOUNTS


def fold_project(view: View, fact: Fact) -> View:
    """`platform.projects`: a video from the wish on; a deleted one stays, with its time, until it is purged."""
    if isinstance(body := fact.body, SessionStarted):
        return (_project(body, fact),)
    match fact.body:
        case StagesRequested() | SessionRetried():
            changes: dict[str, Any] = {"status": "active"}
        case SessionCompleted():
            changes = {"status": "completed"}
        case SessionFailed():
            changes = {"status": "failed"}
        case SessionCanceled():
            changes = {"status": "canceled"}
        case SessionDeleted():
            changes = {"deleted_at": fact.at}
        case SessionRestored():
            stopped = {"status": "canceled"} if view and view[0]["status"] == "active" else {}
            changes = {"deleted_at": None, **stopped}
        case SessionPurged():
            return ()
        case SessionRetitled(title=title):
            changes = {"title": title}
        case SessionAnnotated(metadata=metadata):
            return tuple(_annotated(row, metadata, fact) for row in view)
        case _:
            changes = {}
    return tuple({**row, **changes, "updated_at": fact.at, "version": fact.version} for row in view)


def fold_preset(view: View, fact: Fact) -> View:
    """`platform.presets`: a template; a deleted one stays, with its time."""
    match fact.body:
        case PresetSaved() as body:
            return ({**_preset(body, fact), "created_at": view[0]["created_at"] if view else fact.at},)
        case PresetDeleted():
            changes = {"deleted_at": fact.at, "updated_at": fact.at, "version": fact.version}
            return tuple({**row, **changes} for row in view)
        case _:
            return view


def _annotated(row: Row, metadata: Metadata, fact: Fact) -> Row:
    configuration = {**row["configuration"], "metadata": metadata}
    return {**row, "configuration": configuration, "updated_at": fact.at, "version": fact.version}


def _project(body: SessionStarted, fact: Fact) -> dict[str, Any]:
    return {
        "stream": fact.stream,
        "tenant_id": fact.tenant,
        "project_id": body.session_id,
        "user_id": body.account_id,
        "title": body.title,
        "status": "created",
        "configuration": {
            "kind": body.kind.value,
            "aspect": body.aspect.value,
            "language": body.language,
            "voice": body.voice,
            "stages": [stage.value for stage in body.stages],
            "metadata": body.metadata,
        },
        "created_at": fact.at,
        "updated_at": fact.at,
        "deleted_at": None,
        "version": fact.version,
    }


def _preset(body: PresetSaved, fact: Fact) -> dict[str, Any]:
    return {
        "stream": fact.stream,
        "tenant_id": fact.tenant,
        "preset_id": body.preset_id,
        "user_id": body.account_id,
        "is_default": body.is_default,
        "name": body.name,
        "description": body.description,
        "configuration": {
            "kind": body.kind.value,
            "aspect": body.aspect.value,
            "language": body.language,
            "voice": body.voice,
            "instructions": body.instructions,
            "own": body.configuration,
        },
        "updated_at": fact.at,
        "deleted_at": None,
        "version": fact.version,
    }


PROJECTS = Projection("platform.projects", 1, "session", fold_project, key=("stream",))
PRESETS = Projection("platform.presets", 1, "preset", fold_preset, key=("stream",))
OF_SESSIONS: tuple[Projection, ...] = (*OF_ACCOUNTS, PROJECTS, PRESETS)
