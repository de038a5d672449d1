"""`uploads`: one document a file of a user's own, until it is gone (`contracts.documents.UploadDocument`).

`retention.uploads`: which bytes its stream named, and until when; the row stays when the file goes.
"""

from typing import Any

from contracts.messages.erasure import UploadErased
from contracts.messages.upload import (
    UploadAnnounced,
    UploadBytesNamed,
    UploadDiscarded,
    UploadExpired,
    UploadKept,
    UploadReceived,
)
from eventlog.read.projection import Fact, Projection, Row, View


def fold(view: View, fact: Fact) -> View:
    """The document after the event."""
    body = fact.body
    if isinstance(body, UploadAnnounced):
        return (_announced(body, fact),)
    if not view or isinstance(body, UploadExpired):
        return ()
    match body:
        case UploadReceived():
            changes = _received(body)
        case UploadKept():
            changes = {"expiresAt": body.expires_at}
        case _:
            changes = {}
    return ({**view[0], **changes, "updatedAt": fact.at, "version": fact.version},)


def fold_bytes(view: View, fact: Fact) -> View:
    """One row for each digest that the stream ever named, with when it ceased to name it.

    What was named before the bytes came is the file's, or goes: with the coming of others, or with the upload.
    """
    match fact.body:
        case UploadBytesNamed(sha256=sha256):
            return (*(row for row in view if row["sha256"] != sha256), _row(sha256, fact, None))
        case UploadReceived(sha256=sha256):
            others = (_gone(row, fact) for row in view if row["sha256"] != sha256)
            return (*others, _row(sha256, fact, None))
        case UploadDiscarded(sha256=sha256) if all(row["sha256"] != sha256 for row in view):
            return (*view, _row(sha256, fact, fact.at))
        case UploadDiscarded(sha256=sha256):
            return tuple(_gone_again(row, fact) if row["sha256"] == sha256 else row for row in view)
        case UploadExpired() | UploadErased():
            return tuple(_gone(row, fact) for row in view)
        case _:
            return view


def _gone(row: Row, fact: Fact) -> Row:
    return {**row, "expired_at": fact.at} if row["expired_at"] is None else row


def _gone_again(row: Row, fact: Fact) -> Row:
    """The bytes came once more: they go once more, unless the file itself has them."""
    return row if row["expired_at"] is None else {**row, "expired_at": fact.at}


def _announced(body: UploadAnnounced, fact: Fact) -> Row:
    return {
        "_id": fact.stream,
        "tenant": fact.tenant,
        "assetId": str(body.upload_id),
        "accountId": str(body.account_id),
        "status": "waiting",
        "originalName": body.file_name,
        "fileName": "",
        "sizeBytes": body.size_bytes,
        "declaredSha256": body.sha256,
        "mediaType": None,
        "sha256": None,
        "durationMs": None,
        "width": None,
        "height": None,
        "pictures": False,
        "sound": False,
        "projectId": str(body.project_id) if body.project_id else None,
        "expiresAt": body.expires_at,
        "createdAt": fact.at,
        "updatedAt": fact.at,
        "version": fact.version,
    }


def _received(body: UploadReceived) -> dict[str, Any]:
    return {
        "status": "ready",
        "fileName": f"upload.{body.media.extension}",
        "sizeBytes": body.size_bytes,
        "mediaType": body.media.media_type,
        "sha256": body.sha256,
        "durationMs": body.media.duration_ms,
        "width": body.media.width,
        "height": body.media.height,
        "pictures": body.media.pictures,
        "sound": body.media.sound,
        "expiresAt": body.expires_at,
    }


def _row(sha256: str, fact: Fact, expired_at: Any) -> Row:
    return {
        "stream": fact.stream,
        "sha256": sha256,
        "tenant_id": fact.tenant,
        "named_at": fact.at,
        "expired_at": expired_at,
    }


PROJECTION = Projection("uploads", 1, "upload", fold)
BYTES = Projection("retention.uploads", 1, "upload", fold_bytes, key=("stream", "sha256"), lasting=True)
