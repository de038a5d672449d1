"""The words of a job's files after its end: one by one they go."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.model import CommandBody, EventBody
from contracts.rendering import AssetKind

Reason = Annotated[str, Field(max_length=200)]


class ExpireAsset(CommandBody):
    """Take one file of the job away. The job stays; its bytes go where nothing else names them."""

    TYPE: ClassVar[str] = "ExpireAsset"

    asset_id: UUID
    reason: Reason = ""


class JobAssetExpired(EventBody):
    """A file of the job is no more."""

    TYPE: ClassVar[str] = "job.asset_expired"

    job_id: UUID
    session_id: UUID
    account_id: UUID
    asset_id: UUID
    kind: AssetKind
    sha256: str
    reason: str
