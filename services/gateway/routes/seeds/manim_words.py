"""The stepwise application's words: how its sessions and statuses are shown, to the letter."""

from collections.abc import Mapping
from typing import Final, Literal

from contracts.documents import SessionStatus
from services.gateway.http.problems import Problem, of_failure
from services.gateway.http.view import Moment, View
from services.gateway.ports.gateway import Gateway
from services.gateway.stored import Stored
from services.gateway.views.preparing import link

Word = Literal["created", "refining", "script_generating", "video_generating", "completed", "failed"]

WORDS: Final[Mapping[str, Word]] = {
    SessionStatus.CREATED: "created",
    SessionStatus.REFINING: "refining",
    SessionStatus.SCRIPT_GENERATING: "script_generating",
    SessionStatus.AUDIO_GENERATING: "script_generating",
    SessionStatus.SCENES_GENERATING: "video_generating",
    SessionStatus.VIDEO_GENERATING: "video_generating",
    SessionStatus.COMPLETED: "completed",
    SessionStatus.FAILED: "failed",
    SessionStatus.CANCELING: "video_generating",
    SessionStatus.CANCELED: "failed",
    SessionStatus.EXPIRED: "failed",
}
_REASONS: Final = {
    SessionStatus.CANCELED: "The generation was canceled.",
    SessionStatus.EXPIRED: "The generation ran out of time.",
}


class SeedSession(View):
    """A session, with the fields of the stepwise application's documents."""

    session_id: str
    prompt: str
    refined_prompt: str
    script: str
    audio_file_path: str
    video_file_path: str
    python_code_path: str
    status: Word
    error_message: str
    created_at: Moment
    updated_at: Moment


class ImprovedPrompt(View):
    """What `POST /api/improve-prompt` answers."""

    session_id: str
    refined_prompt: str
    status: Word


class GeneratedScript(View):
    """What `POST /api/generate-script` answers."""

    session_id: str
    script: str
    status: Word


class GeneratedAudio(View):
    """What `POST /api/generate-audio` answers."""

    session_id: str
    audio_file_path: str
    status: Word


class GeneratedVideo(View):
    """What `POST /api/generate-video` answers."""

    session_id: str
    video_file_path: str
    status: Word


class Count(View):
    """How many sessions there are."""

    count: int


class Deletions(View):
    """How many sessions were deleted."""

    deleted: int


def statuses_of(word: Word | None) -> tuple[str, ...]:
    """The statuses that are shown as this word; none for none."""
    return tuple(status for status, shown in WORDS.items() if shown == word)


def seed_session(gateway: Gateway, document: Stored) -> SeedSession:
    """A session in the stepwise application's words; paths are links that play."""
    tenant = document["tenant"]
    shown = {
        **document,
        "audioFilePath": link(gateway, tenant, document["audioFilePath"]),
        "videoFilePath": link(gateway, tenant, document["videoFilePath"]),
        "pythonCodePath": link(gateway, tenant, document["pythonCodePath"]),
        "status": WORDS[document["status"]],
        "errorMessage": document["errorMessage"] or _REASONS.get(document["status"], ""),
    }
    return SeedSession.model_validate(shown)


def failure_of(document: Stored) -> Problem:
    """The problem for a session that has stopped without what was asked for."""
    error = document["error"]
    message = document["errorMessage"] or _REASONS.get(document["status"], "The step could not be done.")
    if error is None:
        return of_failure("render.stopped", message, None, retryable=True)
    return of_failure(error["code"], message, error["stage"], retryable=error["retryable"])
