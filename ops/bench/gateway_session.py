"""The document that P8 reads: a finished session with a script of three minutes and all of its files."""

from typing import Any, Final
from uuid import UUID

from contracts.documents import Asset, SessionDocument, SessionStage, SessionStatus, StageStatus
from contracts.envelope import stream_id
from contracts.messages.account import AccountKind
from contracts.rendering import STAGES, Aspect, AssetKind, Kind, Stage
from eventlog.clock import new_id, now
from ops.bench.commands import SENTENCE
from services.gateway.identity import account_id

TENANT: Final = "bench"
ACCOUNT: Final = "bench"
"""Whose it is: who asks has his own, and a key of his."""
_FILES: Final = (
    (AssetKind.AUDIO, "audio/wav", "narration.wav", Stage.SPEECH),
    (AssetKind.CAPTIONS, "text/vtt", "captions.vtt", Stage.VIDEO),
    (AssetKind.POSTER, "image/jpeg", "poster.jpg", Stage.VIDEO),
    (AssetKind.VIDEO, "video/mp4", "film.mp4", Stage.VIDEO),
)


def session() -> dict[str, Any]:
    """As the session service's projector would have written it."""
    id_, job, at = new_id(), new_id(), now()
    assets = [_asset(new_id(), *file, job=job) for file in _FILES]
    document = SessionDocument(
        _id=stream_id("session", TENANT, str(id_)),
        tenant=TENANT,
        session_id=str(id_),
        account_id=str(account_id(TENANT, AccountKind.API_KEY, ACCOUNT)),
        kind=Kind.SLIDES,
        aspect=Aspect.WIDE,
        language="en",
        voice="",
        prompt=SENTENCE,
        refined_prompt=f"Explain {SENTENCE}.",
        script=f"{SENTENCE}. " * 30,
        title="Light and bread",
        audio_file_path=f"/media/{assets[0].asset_id}.wav",
        video_file_path=f"/media/{assets[-1].asset_id}.mp4",
        python_code_path="",
        status=SessionStatus.COMPLETED,
        error_message="",
        error=None,
        duration_ms=180_000,
        stages=[SessionStage(name=one, status=StageStatus.DONE, job_id=str(job), finished_at=at) for one in STAGES],
        assets=assets,
        jobs=[str(job)],
        active_job=None,
        derived_from=None,
        cut_of=None,
        metadata={"course": "physics"},
        created_at=at,
        updated_at=at,
        version=8,
    )
    return document.model_dump(by_alias=True)


def _asset(id_: UUID, kind: AssetKind, media_type: str, name: str, stage: Stage, *, job: UUID) -> Asset:
    return Asset(
        asset_id=str(id_),
        kind=kind,
        media_type=media_type,
        file_name=name,
        sha256=id_.hex * 2,
        size_bytes=1_000_000,
        expires_at=None,
        duration_ms=180_000,
        job_id=str(job),
        stage=stage,
        created_at=now(),
    )
