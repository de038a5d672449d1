"""An upload: a file of a user's own.

    Absent ──announced──► Waiting ──received──► Ready ──expired──► Gone
                             └──────────────expired──────────────────▲

The bytes are named, then come to the blob store, then are received: what was named and is not heard of again goes with
the upload. Bytes that find their place taken are not refused but discarded: that is a fact, by which whoever collects
bytes learns of them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, get_args
from uuid import UUID

import msgspec

from contracts.messages.erasure import EraseUpload, UploadErased
from contracts.messages.upload import (
    AnnounceUpload,
    ExpireUpload,
    KeepUpload,
    NameBytes,
    ReceiveUpload,
    UploadAnnounced,
    UploadBytesNamed,
    UploadCommand,
    UploadDiscarded,
    UploadEvent,
    UploadExpired,
    UploadKept,
    UploadReceived,
)
from eventlog.errors import Refused
from eventlog.write.decider import Decider


class Announced(msgspec.Struct, frozen=True):
    """What was said of the file before it came."""

    upload_id: UUID
    account_id: UUID
    file_name: str
    size_bytes: int | None
    sha256: str | None
    project_id: UUID | None


class Absent(msgspec.Struct, frozen=True, tag=True):
    """Nothing has happened yet."""


class Waiting(msgspec.Struct, frozen=True, tag=True):
    """The bytes are to come; `named` may be in the blob store already."""

    announced: Announced
    expires_at: datetime
    named: frozenset[str] = frozenset()


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The bytes are there."""

    announced: Announced
    sha256: str
    expires_at: datetime


class Gone(msgspec.Struct, frozen=True, tag=True):
    """It was there, or was to be."""

    announced: Announced


class Erased(msgspec.Struct, frozen=True, tag=True):
    """Whose it was was erased. Bytes that come now are discarded."""

    upload_id: UUID
    account_id: UUID


Upload: TypeAlias = Absent | Waiting | Ready | Gone | Erased


def evolve(state: Upload, event: UploadEvent) -> Upload:
    """The upload after the event."""
    match state, event:
        case _, UploadAnnounced():
            return Waiting(_announced(event), event.expires_at)
        case Waiting(named=named), UploadBytesNamed():
            return msgspec.structs.replace(state, named=named | {event.sha256})
        case Waiting(announced=announced), UploadReceived():
            return Ready(announced, event.sha256, event.expires_at)
        case Ready(), UploadKept():
            return msgspec.structs.replace(state, expires_at=event.expires_at)
        case Waiting(announced=announced) | Ready(announced=announced), UploadExpired():
            return Gone(announced)
        case ((Waiting(announced=announced) | Ready(announced=announced) | Gone(announced=announced)), UploadErased()):
            return Erased(announced.upload_id, announced.account_id)
        case _:
            return state


def decide(state: Upload, command: UploadCommand, at: datetime) -> Sequence[UploadEvent]:
    """What happens to the upload."""
    match state, command:
        case Absent() | Erased(), EraseUpload():
            return []
        case Waiting() | Ready() | Gone(), EraseUpload():
            return [UploadErased()]
        case Erased(upload_id=upload, account_id=account), (NameBytes(sha256=sha256) | ReceiveUpload(sha256=sha256)):
            size = command.size_bytes
            return [UploadDiscarded(upload_id=upload, account_id=account, sha256=sha256, size_bytes=size)]
        case Erased(), _:
            raise Refused("upload.unknown", "there is no file of this id any more")
        case Absent(), AnnounceUpload():
            return [UploadAnnounced(**dict(command))]
        case Waiting(announced=known) | Ready(announced=known), AnnounceUpload() if known == _announced(command):
            return []
        case Waiting() | Ready() | Gone(), AnnounceUpload():
            raise Refused("upload.exists", "another file was announced under this id; choose another id")
        case Waiting(named=named), NameBytes() if command.sha256 in named:
            return []
        case Waiting(announced=announced), NameBytes():
            return [UploadBytesNamed(**_ids(announced), sha256=command.sha256, size_bytes=command.size_bytes)]
        case Waiting(), ReceiveUpload():
            return _receive(state, command, at)
        case Ready(sha256=sha256), NameBytes() | ReceiveUpload() if sha256 == command.sha256:
            return []
        case Ready(announced=announced) | Gone(announced=announced), NameBytes() | ReceiveUpload():
            return [_discarded(announced, command)]
        case Ready(announced=announced), KeepUpload():
            if command.expires_at <= state.expires_at:
                return []
            return [UploadKept(**_ids(announced), expires_at=command.expires_at)]
        case Ready(announced=announced), ExpireUpload():
            return [UploadExpired(**_ids(announced), sha256=state.sha256, reason=command.reason)]
        case Waiting(announced=announced), ExpireUpload():
            return [UploadExpired(**_ids(announced), sha256=None, reason=command.reason)]
        case Gone(), KeepUpload() | ExpireUpload():
            return []
        case Absent() | Waiting(), _:
            raise Refused("upload.unknown", "no file of this id was announced, or it has not come yet")


def _receive(state: Waiting, command: ReceiveUpload, at: datetime) -> Sequence[UploadEvent]:
    """Refuses nothing: bytes that came late, or are not what was announced, are discarded."""
    announced = state.announced
    fits = announced.size_bytes in (None, command.size_bytes) and announced.sha256 in (None, command.sha256)
    if not fits or at >= state.expires_at:
        return [_discarded(announced, command)]
    return [
        UploadReceived(
            **_ids(announced),
            sha256=command.sha256,
            size_bytes=command.size_bytes,
            media=command.media,
            project_id=announced.project_id,
            expires_at=command.expires_at,
        )
    ]


def _discarded(announced: Announced, command: NameBytes | ReceiveUpload) -> UploadDiscarded:
    return UploadDiscarded(**_ids(announced), sha256=command.sha256, size_bytes=command.size_bytes)


def _announced(said: AnnounceUpload | UploadAnnounced) -> Announced:
    return Announced(said.upload_id, said.account_id, said.file_name, said.size_bytes, said.sha256, said.project_id)


def _ids(announced: Announced) -> dict[str, UUID]:
    return {"upload_id": announced.upload_id, "account_id": announced.account_id}


def subject(state: Upload) -> UUID | None:
    """Whose file it is."""
    return None if isinstance(state, Absent | Erased) else state.announced.account_id


DECIDER: Decider[Upload] = Decider(
    category="upload",
    version=1,
    initial=Absent(),
    state_type=Upload,
    evolve=evolve,
    decide=decide,
    commands=get_args(UploadCommand),
    subject=subject,
)
