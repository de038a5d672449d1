"""Documents as the projectors would write them, checked against their contracts."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from contracts.documents import (
    AccountDocument,
    CommandDocument,
    DeliveryDocument,
    Document,
    HistoryDocument,
    JobDocument,
    PresetDocument,
    ProjectDocument,
    SessionDocument,
    TimelineStateDocument,
    UploadDocument,
    WebhooksDocument,
)
from contracts.envelope import Command, stream_id
from contracts.messages.account import AccountKind
from contracts.rendering import STAGES
from services.gateway.identity import account_id
from services.gateway.webhooks.messages import delivery

NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
SESSION = UUID("01970c5a-3f2e-7c44-9d1b-000000000001")
JOB = UUID("01970c5a-3f2e-7c44-9d1b-000000000002")
VIDEO = UUID("01970c5a-3f2e-7c44-9d1b-000000000003")
PRESET = UUID("01970c5a-3f2e-7c44-9d1b-000000000005")
PROJECT = UUID("01970c5a-3f2e-7c44-9d1b-000000000006")
UPLOAD = UUID("01970c5a-3f2e-7c44-9d1b-000000000007")
MOVIE = b"a film of twenty by."
KINDS = tuple(AccountKind)
RAW = msgspec.Raw(b"{}")


def owner(tenant: str) -> UUID:
    """The account that the tenant's key in `world` speaks for: whose all of this is."""
    return account_id(tenant, AccountKind.API_KEY, "demo")


def stored(document: type[Document], fields: dict[str, Any]) -> dict[str, Any]:
    """The document as it stands in its collection. Raises for one that its contract does not take."""
    return document.model_validate(fields).model_dump(by_alias=True)


def asset(sha256: str, size: int, asset_id: UUID = VIDEO) -> dict[str, Any]:
    """A film."""
    return {
        "assetId": str(asset_id),
        "kind": "video",
        "mediaType": "video/mp4",
        "fileName": "video.mp4",
        "sha256": sha256,
        "sizeBytes": size,
        "durationMs": 17_600,
        "jobId": str(JOB),
        "stage": "video",
        "expiresAt": None,
        "createdAt": NOON,
    }


def session(tenant: str, session_id: UUID = SESSION, **fields: Any) -> dict[str, Any]:
    """A session that was just begun."""
    stages = [{"name": name, "status": "pending", "jobId": str(JOB), "finishedAt": None} for name in STAGES]
    return stored(
        SessionDocument,
        {
            "_id": stream_id("session", tenant, str(session_id)),
            "tenant": tenant,
            "sessionId": str(session_id),
            "accountId": str(owner(tenant)),
            "kind": "slides",
            "aspect": "16:9",
            "language": "en",
            "voice": "",
            "prompt": "Why is the sky blue?",
            "refinedPrompt": "",
            "script": "",
            "title": "",
            "audioFilePath": "",
            "videoFilePath": "",
            "pythonCodePath": "",
            "status": "created",
            "errorMessage": "",
            "error": None,
            "durationMs": None,
            "stages": stages,
            "assets": [],
            "jobs": [str(JOB)],
            "activeJob": str(JOB),
            "derivedFrom": None,
            "cutOf": None,
            "metadata": {},
            "createdAt": NOON,
            "updatedAt": NOON,
            "version": 2,
            **fields,
        },
    )


def job(tenant: str, job_id: UUID = JOB, session_id: UUID = SESSION, **fields: Any) -> dict[str, Any]:
    """A job that waits."""
    stages = [{"name": one, "status": "pending", "startedAt": None, "finishedAt": None, "attempt": 0} for one in STAGES]
    return stored(
        JobDocument,
        {
            "_id": stream_id("job", tenant, str(job_id)),
            "tenant": tenant,
            "jobId": str(job_id),
            "sessionId": str(session_id),
            "accountId": str(owner(tenant)),
            "kind": "slides",
            "aspect": "16:9",
            "title": "",
            "status": "queued",
            "held": False,
            "stage": None,
            "stages": stages,
            "progress": 0,
            "attempts": 0,
            "run": 1,
            "epoch": 0,
            "worker": None,
            "priority": 0,
            "estimatePoints": 2,
            "pointsReserved": 2,
            "pointsSettled": 0,
            "pointsRefunded": 0,
            "costMicroUsd": 0,
            "durationMs": None,
            "assets": [],
            "error": None,
            "reason": "",
            "createdAt": NOON,
            "updatedAt": NOON,
            "finishedAt": None,
            "version": 1,
            **fields,
        },
    )


def preset(tenant: str, preset_id: UUID = PRESET, **fields: Any) -> dict[str, Any]:
    """A template of somebody's own."""
    return stored(
        PresetDocument,
        {
            "_id": stream_id("preset", tenant, str(preset_id)),
            "tenant": tenant,
            "presetId": str(preset_id),
            "accountId": str(owner(tenant)),
            "isDefault": False,
            "name": "Calm",
            "description": "",
            "kind": "slides",
            "aspect": "16:9",
            "language": "en",
            "voice": "",
            "instructions": "",
            "configuration": {},
            "createdAt": NOON,
            "updatedAt": NOON,
            "deletedAt": None,
            "version": 1,
            **fields,
        },
    )


def project(tenant: str, project_id: UUID = PROJECT, **fields: Any) -> dict[str, Any]:
    """A project that was just begun."""
    return stored(
        ProjectDocument,
        {
            "_id": stream_id("project", tenant, str(project_id)),
            "tenant": tenant,
            "projectId": str(project_id),
            "name": "Sea",
            "description": "",
            "videoPath": "/media/sea.mp4",
            "duration": 31.4,
            "timelineState": {"layers": [], "playheadTime": 0, "duration": 0, "markers": []},
            "createdAt": NOON,
            "updatedAt": NOON,
            "createdBy": str(owner(tenant)),
            "isDeleted": False,
            "version": 1,
            "timelineVersion": 1,
            "timelineSavedAt": NOON,
            **fields,
        },
    )


def upload(tenant: str, name: str, upload_id: UUID = UPLOAD) -> dict[str, Any]:
    """A file of a user's own that is to come."""
    return stored(
        UploadDocument,
        {
            "_id": stream_id("upload", tenant, str(upload_id)),
            "tenant": tenant,
            "assetId": str(upload_id),
            "accountId": str(owner(tenant)),
            "status": "waiting",
            "originalName": name,
            "fileName": "",
            "sizeBytes": None,
            "declaredSha256": None,
            "mediaType": None,
            "sha256": None,
            "durationMs": None,
            "width": None,
            "height": None,
            "pictures": False,
            "sound": False,
            "projectId": None,
            "expiresAt": NOON + timedelta(hours=24),
            "createdAt": NOON,
            "updatedAt": NOON,
            "version": 1,
        },
    )


def saved_timeline(tenant: str, project_id: UUID = PROJECT, version: int = 1, **fields: Any) -> dict[str, Any]:
    """A timeline as it was saved once."""
    return stored(
        TimelineStateDocument,
        {
            "_id": f"{tenant} {project_id} {version}",
            "tenant": tenant,
            "stream": stream_id("project", tenant, str(project_id)),
            "projectId": str(project_id),
            "layers": [],
            "playheadTime": 0,
            "duration": 0,
            "markers": [],
            "createdAt": NOON,
            "updatedAt": NOON,
            "createdBy": str(owner(tenant)),
            "version": version,
            "restores": None,
            **fields,
        },
    )


def outcome(command: Command, version: int, problem: tuple[str, str] | None = None) -> dict[str, Any]:
    """What became of a command."""
    return stored(
        CommandDocument,
        {
            "_id": str(command.id),
            "tenant": command.tenant,
            "streamId": command.stream,
            "type": command.type,
            "status": "refused" if problem else "applied",
            "version": version,
            "problem": None if problem is None else {"code": problem[0], "detail": problem[1]},
            "payloadHash": "0" * 32,
            "origin": command.origin,
            "actor": command.actor,
            "at": command.at,
        },
    )


def row(tenant: str, version: int, type_: str, session_id: UUID = SESSION, **data: Any) -> dict[str, Any]:
    """One event of a session's history."""
    return stored(
        HistoryDocument,
        {
            "_id": str(UUID(int=session_id.int ^ version << 8)),
            "tenant": tenant,
            "stream": stream_id("session", tenant, str(session_id)),
            "sessionId": str(session_id),
            "jobId": None,
            "accountId": None,
            "version": version,
            "type": type_,
            "typeVersion": 1,
            "at": NOON + timedelta(seconds=version),
            "commandId": str(UUID(int=version)),
            "actor": "account:1",
            "data": data,
        },
    )


def account(tenant: str, account_id: UUID, **fields: Any) -> dict[str, Any]:
    """An account with its starter grant, and one job that it paid for."""
    granted = {"kind": "granted", "amount": 100, "jobId": None, "balanceAfter": 100, "reason": "starter grant"}
    reserved = {"kind": "reserved", "amount": -2, "jobId": str(JOB), "balanceAfter": 98, "reason": ""}
    items = [{"entryId": str(UUID(int=n)), "at": NOON, **one} for n, one in enumerate((granted, reserved), 1)]
    return stored(
        AccountDocument,
        {
            "_id": stream_id("account", tenant, str(account_id)),
            "tenant": tenant,
            "accountId": str(account_id),
            "kind": "api_key",
            "address": "",
            "name": "demo",
            "plan": "free",
            "role": "user",
            "balance": 98,
            "openingBalance": 0,
            "items": items,
            "createdAt": NOON,
            "updatedAt": NOON,
            "version": 3,
            **fields,
        },
    )


def credentials(tenant: str, account_id: UUID, name: str, key: str, login: str) -> dict[str, Any]:
    """What `credentials` keeps of an account with a key and a login."""
    return {
        "_id": stream_id("account", tenant, str(account_id)),
        "tenant": tenant,
        "accountId": str(account_id),
        "kind": "api_key",
        "role": "user",
        "plan": "free",
        "closed": False,
        "keys": [
            {
                "keyId": key,
                "digest": "ab" * 32,
                "prefix": "ph_12345",
                "name": name,
                "scopes": ["read"],
                "issuedAt": NOON,
                "expiresAt": None,
            }
        ],
        "logins": [
            {
                "loginId": login,
                "digest": "cd" * 32,
                "method": "wallet",
                "startedAt": NOON,
                "expiresAt": NOON + timedelta(hours=1),
            }
        ],
        "identities": [{"provider": name, "digest": "ef" * 32, "linkedAt": NOON}],
        "createdAt": NOON,
        "updatedAt": NOON,
        "version": 2,
    }


def webhooks(tenant: str, account_id: UUID, words: str, endpoint: str) -> dict[str, Any]:
    """An account with one endpoint."""
    part = {
        "endpointId": endpoint,
        "url": "https://hooks.example.org/in",
        "eventTypes": [],
        "description": words,
        "enabled": True,
        "disabledReason": "",
        "key": "2026-11",
        "rotation": 0,
        "previousKey": "",
        "previousRotation": 0,
        "previousUntil": None,
        "createdAt": NOON,
        "updatedAt": NOON,
    }
    fields = {"accountId": str(account_id), "endpoints": [part], "version": 2}
    return stored(WebhooksDocument, {"_id": stream_id("account", tenant, str(account_id)), "tenant": tenant, **fields})


def delivered(tenant: str, account_id: UUID, words: str, endpoint: str, id_: str) -> dict[str, Any]:
    """A message that its endpoint has taken."""
    attempt = {"at": NOON, "status": 200, "error": "", "durationMs": 5, "excerpt": words}
    row = delivery(id_, tenant, str(account_id), endpoint, id_, "session.completed", words, NOON)
    done = {"status": "delivered", "tries": 1, "attempts": [attempt], "dueAt": None, "deliveredAt": NOON}
    return stored(DeliveryDocument, row | done)


def workflow_rows(tenant: str, words: str, account: UUID) -> dict[str, list[dict[str, Any]]]:
    """A workflow with a film and a scene, by the names of their tables."""
    base = {"stream": stream_id("session", tenant, str(SESSION)), "tenant_id": tenant}
    blob = sha256(MOVIE).hexdigest()
    about = {"sha256": blob, "media_type": "video/mp4", "job_id": str(JOB)}
    workflow = {
        **base,
        "id": SESSION,
        "user_id": account,
        "original_prompt": words,
        "enhanced_story": words,
        "story_title": words,
        "status": "completed",
        "phases": [{"name": stage.value, "status": "done", "finished_at": NOON.isoformat()} for stage in STAGES],
        "error_message": "",
        "created_at": NOON,
        "updated_at": NOON,
        "completed_at": NOON,
        "deleted_at": None,
        "version": 7,
    }
    file = {
        **base,
        "id": VIDEO,
        "workflow_id": SESSION,
        "file_type": "video",
        "file_path": f"/media/{VIDEO}.mp4",
        "file_name": words,
        "file_size": len(MOVIE),
        "metadata": json.dumps(about),
        "stage": "video",
        "created_at": NOON,
    }
    scene = {
        **base,
        "workflow_id": SESSION,
        "scene_number": 1,
        "description": words,
        "prompt": words,
        "bullets": [],
        "image_file_id": None,
        "start_ms": 0,
        "end_ms": 1_000,
        "created_at": NOON,
    }
    return {"workflow.workflows": [workflow], "workflow.generated_files": [file], "workflow.scenes": [scene]}


def usage_rows(tenant: str, words: str, account: UUID) -> dict[str, list[dict[str, Any]]]:
    """One use of a provider by the account's job, by the names of their tables."""
    base = {"stream": stream_id("job", tenant, str(JOB)), "tenant_id": tenant}
    used = {
        **base,
        "number": 1,
        "job_id": JOB,
        "session_id": SESSION,
        "stage": "script",
        "provider": words,
        "model": words,
        "operation": "write",
        "calls": 1,
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "cost_micro_usd": 30,
        "latency_ms": 40,
        "used_at": NOON,
    }
    return {"analytics.fact_job": [{**base, "account_id": account}], "analytics.api_usage": [used]}
