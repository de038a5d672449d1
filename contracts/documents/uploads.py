"""The documents of uploads."""

from datetime import datetime
from typing import Literal

from contracts.documents.parts import Document
from contracts.model import Personal


class UploadDocument(Document):
    """`uploads`, by the render service's projector: one file of a user's own, until it is gone.

    It is an asset under its own id once it is `ready`; until then `mediaType`, `sha256` and what was found in it are
    not known, `sizeBytes` and `declaredSha256` are what was announced. `expiresAt` is when it goes, unless it is used.
    """

    asset_id: str
    account_id: str
    status: Literal["waiting", "ready"]
    original_name: Personal
    file_name: str
    size_bytes: int | None
    declared_sha256: str | None
    media_type: str | None
    sha256: str | None
    duration_ms: int | None
    width: int | None
    height: int | None
    pictures: bool
    sound: bool
    project_id: str | None
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    version: int
