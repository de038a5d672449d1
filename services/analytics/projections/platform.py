"""The platform's tables of streams that the session service decides: users, their identities, projects, presets."""

from typing import Any

from contracts.messages.account import (
    AccountRegistered,
    CreditsGranted,
    CreditsRefunded,
    CreditsReserved,
    CreditsSettled,
)
from contracts.messages.preset import PresetDeleted, PresetSaved
from contracts.messages.session import (
    SessionCanceled,
    SessionCompleted,
    SessionDeleted,
    SessionEdited,
    SessionFailed,
    SessionPurged,
    SessionRestored,
    SessionRetried,
    SessionStarted,
    StagesRequested,
)
from eventlog.read.projection import Fact, Projection, Row, View


def fold_user(view: View, fact: Fact) -> View:
    """`platform.users`: who an account is, and what it may do."""
    match fact.body:
        case AccountRegistered() as body:
            return (
                {
                    "stream": fact.stream,
                    "tenant_id": fact.tenant,
                    "user_id": body.account_id,
                    "kind": body.kind.value,
                    "name": body.name,
                    "role": body.role.value,
                    "plan": body.plan,
                    "created_at": fact.at,
                    "updated_at": fact.at,
                    "version": fact.version,
                },
            )
        case CreditsGranted() | CreditsReserved() | CreditsSettled() | CreditsRefunded():
            return tuple({**row, "updated_at": fact.at, "version": fact.version} for row in view)
        case _:
            return view


def fold_identity(view: View, fact: Fact) -> View:
    """`platform.accounts`: how the owner of an account proves who he is."""
    if not isinstance(body := fact.body, AccountRegistered):
        return view
    return (
        {
            "stream": fact.stream,
            "tenant_id": fact.tenant,
            "user_id": body.account_id,
            "provider": body.kind.value,
            "provider_account_id": body.address or body.name,
            "created_at": fact.at,
        },
    )


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
        case SessionEdited() as body:
            return tuple(_edited(row, body, fact) for row in view)
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


def _edited(row: Row, body: SessionEdited, fact: Fact) -> Row:
    title = row["title"] if body.title is None else body.title
    metadata = row["configuration"]["metadata"] if body.metadata is None else body.metadata
    configuration = {**row["configuration"], "metadata": metadata}
    return {**row, "title": title, "configuration": configuration, "updated_at": fact.at, "version": fact.version}


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


USERS = Projection("platform.users", 1, "account", fold_user, key=("stream",))
IDENTITIES = Projection("platform.accounts", 1, "account", fold_identity, key=("stream", "provider"))
PROJECTS = Projection("platform.projects", 1, "session", fold_project, key=("stream",))
PRESETS = Projection("platform.presets", 1, "preset", fold_preset, key=("stream",))
OF_SESSIONS: tuple[Projection, ...] = (USERS, IDENTITIES, PROJECTS, PRESETS)
