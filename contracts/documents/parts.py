"""What every document has, and the pieces that several have in common."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.rendering import Artifact, AssetKind, Stage


class Document(BaseModel):
    """What every document has. `_id` is the stream, unless the class says otherwise."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid", use_enum_values=True
    )

    id: str = Field(alias="_id")
    tenant: str


class Part(BaseModel):
    """A piece of a document."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid", use_enum_values=True
    )


class StageStatus(StrEnum):
    """How far one stage is; `none`: nobody asked for it."""

    NONE = "none"
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


class Asset(Part):
    """A file for the user, by the job that made it. Its bytes are in the blob store under `sha256`.

    `expires_at` is when it is planned to go; None: when its job is forgotten.
    """

    asset_id: str
    kind: AssetKind
    media_type: str
    file_name: str
    sha256: str
    size_bytes: int
    duration_ms: int | None
    job_id: str
    stage: Stage
    created_at: datetime
    expires_at: datetime | None


def asset(artifact: Artifact, job_id: UUID, stage: Stage, at: datetime) -> dict[str, Any]:
    """The `Asset` of a stage's artifact, as it stands in documents."""
    return {
        "assetId": str(artifact.asset_id),
        "kind": artifact.kind.value,
        "mediaType": artifact.media_type,
        "fileName": artifact.file_name,
        "sha256": artifact.sha256,
        "sizeBytes": artifact.size_bytes,
        "durationMs": artifact.duration_ms,
        "jobId": str(job_id),
        "stage": stage.value,
        "createdAt": at,
        "expiresAt": artifact.expires_at,
    }


def with_expiry(asset: Mapping[str, Any]) -> dict[str, Any]:
    """An `Asset` as it stands in documents, whichever version of the fold wrote it: the first planned no expiry."""
    return {"expiresAt": None, **asset}
