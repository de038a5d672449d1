"""What becomes of a job after its end: one of its files goes, or all of it does."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from contracts.messages.job import ExpireAsset, JobAssetExpired, JobPurged, PurgeJob
from contracts.rendering import Artifact, AssetKind

if TYPE_CHECKING:
    from services.render.deciders.job_state import Job


class Kept(msgspec.Struct, frozen=True):
    """A file that the job made and still has."""

    asset_id: UUID
    kind: AssetKind
    sha256: str


def kept(artifacts: Iterable[Artifact]) -> tuple[Kept, ...]:
    """The files of a stage's output."""
    return tuple(Kept(one.asset_id, one.kind, one.sha256) for one in artifacts)


def expire(job: "Job", command: ExpireAsset) -> Sequence[JobAssetExpired]:
    """Nothing where the job has no such file (any more)."""
    return [
        JobAssetExpired(
            job_id=job.job_id,
            session_id=job.session_id,
            account_id=job.account_id,
            asset_id=file.asset_id,
            kind=file.kind,
            sha256=file.sha256,
            reason=command.reason,
        )
        for file in job.files
        if file.asset_id == command.asset_id
    ]


def purge(job: "Job", command: PurgeJob) -> JobPurged:
    """The job goes, with whatever it still has."""
    return JobPurged(
        job_id=job.job_id,
        session_id=job.session_id,
        account_id=job.account_id,
        files=tuple(dict.fromkeys(file.sha256 for file in job.files)),
        assets=tuple(file.asset_id for file in job.files),
        reason=command.reason,
    )


def without(files: tuple[Kept, ...], asset_id: UUID) -> tuple[Kept, ...]:
    """All of them but one."""
    return tuple(file for file in files if file.asset_id != asset_id)
