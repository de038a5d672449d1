"""From documents to answers: host and signature are added to paths, and nothing internal is shown."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final
from uuid import UUID

from contracts.documents import JobStatus
from contracts.plans import share_of
from services.gateway.http.signing import LONGEST_SECONDS
from services.gateway.ports.gateway import Gateway, Standing
from services.gateway.ports.news import Progress
from services.gateway.stored import Stored
from services.gateway.views.sessions import AssetView, HistoryRow, JobView, ProgressView, SessionView

AT_WORK: Final = frozenset({JobStatus.QUEUED, JobStatus.THROTTLED, JobStatus.RUNNING, JobStatus.CANCELING})


def path_of(asset: Stored) -> str:
    """`/media/<assetId>.<ext>`: where an asset's bytes are."""
    return f"/media/{asset['assetId']}{PurePosixPath(asset['fileName']).suffix}"


def link(gateway: Gateway, tenant: str, path: str) -> str:
    """A URL that plays without a key for a quarter of an hour; empty for an empty path."""
    if not path:
        return ""
    return f"{gateway.public_url}{gateway.signer.link(path, tenant, gateway.seconds())}"


def upload_link(gateway: Gateway, tenant: str, upload_id: UUID) -> str:
    """A URL that takes the file's bytes by PUT, without a key, for a quarter of an hour."""
    path = f"/v1/uploads/{upload_id}/content"
    return f"{gateway.public_url}{gateway.signer.link(path, tenant, gateway.seconds(), purpose='upload')}"


def asset_view(gateway: Gateway, tenant: str, asset: Stored) -> AssetView:
    """An asset with its link."""
    return AssetView.model_validate(_linked(gateway, tenant, asset))


def session_view(gateway: Gateway, document: Stored) -> SessionView:
    """A session as its user sees it, with links and with the last word of the worker at work."""
    tenant = document["tenant"]
    progress = gateway.news.last(tenant, document["sessionId"]) if document["activeJob"] else None
    shown: dict[str, Any] = {
        **document,
        "audioFilePath": link(gateway, tenant, document["audioFilePath"]),
        "videoFilePath": link(gateway, tenant, document["videoFilePath"]),
        "assets": [_linked(gateway, tenant, asset) for asset in document["assets"]],
        "progress": None if progress is None else progress_of(progress),
    }
    return SessionView.model_validate(shown)


def progress_of(progress: Progress) -> ProgressView:
    """What a worker said, within its bounds."""
    return ProgressView.model_validate(
        {
            "jobId": progress.job_id,
            "stage": progress.stage,
            "percent": min(max(progress.percent, 0), 100),
            "stagePercent": min(max(progress.stage_percent, 0), 100),
            "etaMs": progress.eta_ms,
        }
    )


def job_view(gateway: Gateway, document: Stored, standing: Standing | None = None) -> JobView:
    """A job; while it is at work its progress is what its worker last said, and never less than the log says.

    With its `standing` a waiting job shows its place; beyond its tenant's share of workers it is throttled.
    """
    if standing is not None:
        throttled = standing.at_work >= gateway.jobs_per_tenant * share_of(document["priority"])
        status = JobStatus.THROTTLED if throttled else document["status"]
        document = {**document, "status": status, "queuePosition": standing.ahead + 1}
    news = gateway.news.last(document["tenant"], document["sessionId"])
    if news is None or news.job_id != document["jobId"] or document["status"] not in AT_WORK:
        return JobView.model_validate(document)
    shown = {**document, "progress": max(document["progress"], min(news.percent, 100)), "etaMs": news.eta_ms}
    return JobView.model_validate(shown)


def history_row(document: Stored) -> HistoryRow:
    """One event."""
    return HistoryRow.model_validate({**document, "eventId": document["_id"]})


def _linked(gateway: Gateway, tenant: str, asset: Stored) -> Mapping[str, Any]:
    expires = datetime.fromtimestamp(gateway.seconds() + LONGEST_SECONDS, UTC)
    return {**asset, "url": link(gateway, tenant, path_of(asset)), "urlExpiresAt": expires}
