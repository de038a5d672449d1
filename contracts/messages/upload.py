"""The words of an upload: a file of a user's own, announced, received, and one day gone.

It is a stream of its own, not a part of a project's: a file exists before the project that uses it, may be used by
several, and goes by its own clock. The bytes are in the blob store; here stands what was found in them.
"""

from datetime import datetime
from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

from pydantic import Field

from contracts.messages.erasure import EraseUpload, UploadErased
from contracts.messages.job_life import Reason
from contracts.model import CommandBody, EventBody, Personal, Tolerant

LONGEST_FILE_NAME = 255
"""Characters."""
LARGEST_UPLOAD = 2**40
"""Bytes that any setting can allow."""

FileName = Annotated[Personal, Field(min_length=1, max_length=LONGEST_FILE_NAME)]
Bytes = Annotated[int, Field(ge=1, le=LARGEST_UPLOAD)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Media(Tolerant):
    """What was found in a file, by looking into it. Sizes in pixels; `pictures`, `sound`: whether there are any."""

    media_type: Annotated[str, Field(max_length=100)]
    extension: Annotated[str, Field(pattern=r"^[a-z0-9]{1,10}$")]
    duration_ms: int | None = Field(default=None, ge=0)
    width: int | None = Field(default=None, ge=1)
    height: int | None = Field(default=None, ge=1)
    pictures: bool = False
    sound: bool = False


class Unfit(Tolerant):
    """Why a file is not taken: a stable code, and a sentence for people."""

    code: str
    message: str


class AnnounceUpload(CommandBody):
    """A file is to come, before `expires_at`. Its video becomes that of the project, where one is named.

    `size_bytes`, `sha256`: no other bytes are taken; None: whatever comes.
    """

    TYPE: ClassVar[str] = "AnnounceUpload"

    upload_id: UUID
    account_id: UUID
    file_name: FileName
    size_bytes: Bytes | None = None
    sha256: Digest | None = None
    project_id: UUID | None = None
    expires_at: datetime


class NameBytes(CommandBody):
    """The file's bytes are about to be put into the blob store: from now on whoever collects bytes knows of them, even
    where nothing more is ever heard of the file."""

    TYPE: ClassVar[str] = "NameBytes"

    sha256: Digest
    size_bytes: Bytes


class ReceiveUpload(CommandBody):
    """The bytes are in the blob store. They are kept until `expires_at`, and for longer where they are used."""

    TYPE: ClassVar[str] = "ReceiveUpload"

    sha256: Digest
    size_bytes: Bytes
    media: Media
    expires_at: datetime


class KeepUpload(CommandBody):
    """Something uses the file: it stays until then, at least."""

    TYPE: ClassVar[str] = "KeepUpload"

    expires_at: datetime


class ExpireUpload(CommandBody):
    """The file never came, or nothing used it for long: it goes."""

    TYPE: ClassVar[str] = "ExpireUpload"

    reason: Reason = ""


class UploadAnnounced(EventBody):
    """A file is to come."""

    TYPE: ClassVar[str] = "upload.announced"

    upload_id: UUID
    account_id: UUID
    file_name: Personal
    size_bytes: int | None
    sha256: str | None
    project_id: UUID | None
    expires_at: datetime


class UploadBytesNamed(EventBody):
    """Bytes for the file may be in the blob store; whether they are the file is not said yet."""

    TYPE: ClassVar[str] = "upload.bytes_named"

    upload_id: UUID
    account_id: UUID
    sha256: str
    size_bytes: int


class UploadReceived(EventBody):
    """The file is there, whole, and was looked into."""

    TYPE: ClassVar[str] = "upload.received"

    upload_id: UUID
    account_id: UUID
    sha256: str
    size_bytes: int
    media: Media
    project_id: UUID | None
    expires_at: datetime


class UploadKept(EventBody):
    """The file stays until another moment than was planned."""

    TYPE: ClassVar[str] = "upload.kept"

    upload_id: UUID
    account_id: UUID
    expires_at: datetime


class UploadDiscarded(EventBody):
    """Other bytes came for a file that was there, or gone, already: nobody names them, so they are collected."""

    TYPE: ClassVar[str] = "upload.discarded"

    upload_id: UUID
    account_id: UUID
    sha256: str
    size_bytes: int


class UploadExpired(EventBody):
    """The file is no more. `sha256`: of its bytes, None where they never came."""

    TYPE: ClassVar[str] = "upload.expired"

    upload_id: UUID
    account_id: UUID
    sha256: str | None
    reason: str


UploadCommand: TypeAlias = AnnounceUpload | NameBytes | ReceiveUpload | KeepUpload | ExpireUpload | EraseUpload

UploadEvent: TypeAlias = (
    UploadAnnounced | UploadBytesNamed | UploadReceived | UploadKept | UploadDiscarded | UploadExpired | UploadErased
)
