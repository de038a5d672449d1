"""`retention.jobs` and `retention.files`: how jobs ended, and which bytes they name.

A file's row stays when the file goes, so that whoever collects bytes sees who named them, and until when.
"""

from typing import Any

from contracts.messages.erasure import JobErased
from contracts.messages.job import (
    JobAssetExpired,
    JobCanceled,
    JobCompleted,
    JobExpired,
    JobFailed,
    JobPurged,
    JobQueued,
    JobRetried,
    JobStageCompleted,
)
from contracts.rendering import Artifact
from eventlog.read.projection import Fact, Projection, Row, View


def fold_job(view: View, fact: Fact) -> View:
    """One row a job, until it is forgotten."""
    if isinstance(body := fact.body, JobQueued):
        row = {"stream": fact.stream, "tenant_id": fact.tenant, "job_id": body.job_id, "ended": None, "ended_at": None}
        return ({**row, "version": fact.version},)
    if not view or isinstance(body, JobPurged):
        return ()
    match body:
        case JobCompleted():
            changes: dict[str, Any] = {"ended": "completed", "ended_at": fact.at}
        case JobFailed() | JobCanceled() | JobExpired():
            changes = {"ended": "failed", "ended_at": fact.at}
        case JobRetried():
            changes = {"ended": None, "ended_at": None}
        case _:
            changes = {}
    return ({**view[0], **changes, "version": fact.version},)


def fold_files(view: View, fact: Fact) -> View:
    """One row a file, with when it went."""
    match fact.body:
        case JobStageCompleted() as body:
            made = {row["asset_id"]: row for row in (_file(one, fact) for one in body.output.artifacts)}
            return (*(row for row in view if row["asset_id"] not in made), *made.values())
        case JobAssetExpired(asset_id=gone):
            return tuple(_gone(row, fact) if row["asset_id"] == gone else row for row in view)
        case JobPurged() | JobErased():
            return tuple(_gone(row, fact) for row in view)
        case _:
            return view


def _file(artifact: Artifact, fact: Fact) -> Row:
    return {
        "stream": fact.stream,
        "asset_id": artifact.asset_id,
        "tenant_id": fact.tenant,
        "sha256": artifact.sha256,
        "size_bytes": artifact.size_bytes,
        "made_at": fact.at,
        "expired_at": None,
        "due_at": artifact.expires_at,
    }


def _gone(row: Row, fact: Fact) -> Row:
    return row if row["expired_at"] is not None else {**row, "expired_at": fact.at}


JOBS = Projection("retention.jobs", 1, "job", fold_job, key=("stream",))
FILES = Projection("retention.files", 1, "job", fold_files, key=("stream", "asset_id"), lasting=True)
