"""The one-shot application's tables. Its `users`, `video_jobs` and `videos` are views that join these by account,
because a row here is the fold of one stream and a job does not know its owner's address."""

from typing import Any

from contracts.messages.account import (
    AccountRegistered,
    CreditsGranted,
    CreditsRefunded,
    CreditsReserved,
    CreditsSettled,
)
from contracts.messages.job import (
    JobAssetExpired,
    JobCanceled,
    JobClaimed,
    JobCompleted,
    JobExpired,
    JobFailed,
    JobPurged,
    JobQueued,
    JobRetried,
    JobStageCompleted,
)
from contracts.rendering import AssetKind
from eventlog.read.projection import Fact, Projection, View


def fold_account(view: View, fact: Fact) -> View:
    """`wallet.account_rows`: the address and the balance."""
    match fact.body:
        case AccountRegistered() as body:
            return (
                {
                    "stream": fact.stream,
                    "tenant_id": fact.tenant,
                    "account_id": body.account_id,
                    "kind": body.kind.value,
                    "wallet_address": body.address or None,
                    "prompt_points": 0,
                    "created_at": fact.at,
                },
            )
        case CreditsGranted() | CreditsReserved() | CreditsSettled() | CreditsRefunded() as body:
            return ({**view[0], "prompt_points": body.balance_after},)
        case _:
            return view


def fold_job(view: View, fact: Fact) -> View:
    """`wallet.job_rows`: the words pending, generating, completed, failed; the script goes when the film is there."""
    if isinstance(body := fact.body, JobQueued):
        return (_queued(body, fact),)
    if not view:
        return view
    if isinstance(fact.body, JobPurged):
        return ()
    match fact.body:
        case JobClaimed():
            changes: dict[str, Any] = {"status": "generating"}
        case JobCompleted():
            changes = {"status": "completed", "script_body": "", "error_message": None}
        case JobFailed() as body:
            changes = {"status": "failed", "error_message": body.message}
        case JobCanceled():
            changes = {"status": "failed", "error_message": "The job was canceled."}
        case JobExpired():
            changes = {"status": "failed", "error_message": "The job ran out of time."}
        case JobRetried():
            changes = {"status": "pending", "error_message": None}
        case _:
            return view
    return ({**view[0], **changes, "updated_at": fact.at},)


def _queued(body: JobQueued, fact: Fact) -> dict[str, Any]:
    return {
        "stream": fact.stream,
        "tenant_id": fact.tenant,
        "job_id": body.job_id,
        "account_id": body.account_id,
        "script_body": body.inputs.script,
        "status": "pending",
        "error_message": None,
        "created_at": fact.at,
        "updated_at": fact.at,
    }


def fold_video(view: View, fact: Fact) -> View:
    """`wallet.video_rows`: the film of a job, its bytes by their hash in the blob store; nothing once it is deleted."""
    if isinstance(fact.body, JobPurged):
        return ()
    if isinstance(fact.body, JobAssetExpired):
        return () if fact.body.kind is AssetKind.VIDEO else view
    if not isinstance(body := fact.body, JobStageCompleted):
        return view
    for artifact in body.output.artifacts:
        if artifact.kind is AssetKind.VIDEO:
            return (
                {
                    "stream": fact.stream,
                    "tenant_id": fact.tenant,
                    "video_id": artifact.asset_id,
                    "job_id": body.job_id,
                    "account_id": body.account_id,
                    "duration_sec": round((artifact.duration_ms or 0) / 1000),
                    "format": artifact.file_name.rpartition(".")[2],
                    "sha256": artifact.sha256,
                    "size_bytes": artifact.size_bytes,
                    "created_at": fact.at,
                },
            )
    return view


ACCOUNTS = Projection("wallet.account_rows", 1, "account", fold_account, key=("stream",))
JOBS = Projection("wallet.job_rows", 1, "job", fold_job, key=("stream",))
VIDEOS = Projection("wallet.video_rows", 1, "job", fold_video, key=("stream",))
