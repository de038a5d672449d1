"""`analytics.fact_asset`: one row a file that a stage of a job left, and when it went."""

from contracts.messages.job import JobAssetExpired, JobPurged, JobStageCompleted
from eventlog.read.projection import Fact, Projection, View


def fold(view: View, fact: Fact) -> View:
    """The rows after the event."""
    match fact.body:
        case JobStageCompleted() as body:
            made = {
                artifact.asset_id: {
                    "stream": fact.stream,
                    "asset_id": artifact.asset_id,
                    "tenant_id": fact.tenant,
                    "job_id": body.job_id,
                    "session_id": body.session_id,
                    "account_id": body.account_id,
                    "stage": body.output.stage.value,
                    "kind": artifact.kind.value,
                    "media_type": artifact.media_type,
                    "sha256": artifact.sha256,
                    "size_bytes": artifact.size_bytes,
                    "duration_ms": artifact.duration_ms,
                    "created_at": fact.at,
                    "removed_at": None,
                }
                for artifact in body.output.artifacts
            }
            return (*(row for row in view if row["asset_id"] not in made), *made.values())
        case JobAssetExpired(asset_id=gone):
            return tuple({**row, "removed_at": fact.at} if row["asset_id"] == gone else row for row in view)
        case JobPurged():
            return tuple({**row, "removed_at": row["removed_at"] or fact.at} for row in view)
        case _:
            return view


PROJECTION = Projection("analytics.fact_asset", 1, "job", fold, key=("stream", "asset_id"))
