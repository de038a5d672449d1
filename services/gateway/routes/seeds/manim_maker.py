"""The stepwise application's calls: a prompt is refined, a script written, spoken, filmed, one call for each.

Nothing is read before a step is asked for: the session itself decides whether the step is done, so the calls go on
while the read store is away; only their results cannot be shown then.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.envelope import stream_id
from contracts.messages.session import TakeStep
from contracts.messages.session_life import LONGEST_PROMPT, LONGEST_SCRIPT
from contracts.rendering import Stage
from contracts.topics import SESSION_COMMANDS
from services.gateway.access.callers import LegacyCaller
from services.gateway.asking.following import session_when
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import DEGRADED, Wish, command_id, outcome_of, register
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.problems import of_refusal
from services.gateway.http.view import View
from services.gateway.identity import job_of
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Blind
from services.gateway.routes.answers import answered, said
from services.gateway.routes.seeds.manim_words import (
    GeneratedAudio,
    GeneratedScript,
    GeneratedVideo,
    ImprovedPrompt,
    Word,
    failure_of,
    seed_session,
)
from services.gateway.stored import Stored

router = APIRouter(prefix="/api", tags=["stepwise"])


def _words(text: str | None) -> str | None:
    if text is not None and not text.strip():
        raise ValueError("must not be empty")
    return text


class SessionStep(Body):
    """A step of a session; what it needs besides, the session has. Words sent here replace those that it has."""

    session_id: UUID

    @property
    def words(self) -> dict[str, str | None]:
        """What the caller has in hand: prompt, script."""
        return {}


class Prompted(SessionStep):
    """The first step."""

    prompt: Annotated[str, Field(max_length=LONGEST_PROMPT), AfterValidator(_words)]

    @property
    def words(self) -> dict[str, str | None]:
        return {"prompt": self.prompt}


class Scripted(SessionStep):
    """A script of the session's prompt, or of another, which replaces it."""

    prompt: Annotated[str | None, Field(max_length=LONGEST_PROMPT), AfterValidator(_words)] = None

    @property
    def words(self) -> dict[str, str | None]:
        return {"prompt": self.prompt}


class Spoken(SessionStep):
    """The session's script spoken, or another, which replaces it."""

    script: Annotated[str | None, Field(max_length=LONGEST_SCRIPT), AfterValidator(_words)] = None

    @property
    def words(self) -> dict[str, str | None]:
        return {"script": self.script}


@dataclass(frozen=True)
class Step:
    """Which stages a call asks for, the field of the session that they fill, and what it is called meanwhile."""

    stages: tuple[Stage, ...]
    field: str
    meanwhile: Word
    view: type[View]


_REFINE: Final = Step((Stage.REFINE,), "refinedPrompt", "refining", ImprovedPrompt)
_WRITE: Final = Step((Stage.SCRIPT,), "script", "script_generating", GeneratedScript)
_SPEAK: Final = Step((Stage.SPEECH,), "audioFilePath", "script_generating", GeneratedAudio)
_FILM: Final = Step((Stage.SCENES, Stage.VIDEO), "videoFilePath", "video_generating", GeneratedVideo)
_PROBLEMS: Final = ("session.step_missing", "session.not_open", "quota.exceeded", "kafka.unavailable")


@router.post(
    "/improve-prompt",
    operation_id="improvePrompt",
    summary="Prompt in, a better prompt out",
    responses=said(*_PROBLEMS, ok=ImprovedPrompt, accepted=ImprovedPrompt),
)
async def improve_prompt(
    request: Request, caller: LegacyCaller, given: Annotated[Given[Prompted], Depends(JsonBody(Prompted))]
) -> Response:
    """Makes the session; with another prompt than before it begins it again."""
    return await _take(request, caller, given, _REFINE)


@router.post(
    "/generate-script",
    operation_id="generateScript",
    summary="Write the script",
    responses=said(*_PROBLEMS, ok=GeneratedScript, accepted=GeneratedScript),
)
async def generate_script(
    request: Request, caller: LegacyCaller, given: Annotated[Given[Scripted], Depends(JsonBody(Scripted))]
) -> Response:
    """Writes what will be said; again with the same prompt, it answers what was written."""
    return await _take(request, caller, given, _WRITE)


@router.post(
    "/generate-audio",
    operation_id="generateAudio",
    summary="Speak the script",
    responses=said(*_PROBLEMS, ok=GeneratedAudio, accepted=GeneratedAudio),
)
async def generate_audio(
    request: Request, caller: LegacyCaller, given: Annotated[Given[Spoken], Depends(JsonBody(Spoken))]
) -> Response:
    """Speaks the stored script, or the one that is sent, which replaces it."""
    return await _take(request, caller, given, _SPEAK)


@router.post(
    "/generate-video",
    operation_id="generateVideo",
    summary="Make the video",
    responses=said(*_PROBLEMS, ok=GeneratedVideo, accepted=GeneratedVideo),
)
async def generate_video(
    request: Request, caller: LegacyCaller, given: Annotated[Given[SessionStep], Depends(JsonBody(SessionStep))]
) -> Response:
    """Films what is spoken; `videoFilePath` is a URL that plays."""
    return await _take(request, caller, given, _FILM)


async def _take(request: Request, caller: Principal, given: Given[Any], step: Step) -> Response:
    gateway = gateway_of(request)
    body: SessionStep = given.body

    async def act(chosen: UUID | None) -> Response:
        wish = _wish(gateway, caller, body, step, chosen)
        await register(request, gateway, caller)
        seconds = gateway.legacy_wait_seconds
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            outcome = await outcome_of(request, gateway, caller, wish, seconds)
            if outcome is None:
                return _later(body, step, {})
            if outcome.problem is not None:
                raise of_refusal(*outcome.problem)
            fits = _over(outcome.version, step)
            document = await session_when(gateway, caller.reach, body.session_id, deadline, fits)
        except Blind:
            return _later(body, step, {DEGRADED: "mongodb"})
        if document is None or not fits(document):
            return _later(body, step, {})
        if not document[step.field]:
            raise failure_of(document)
        return answered(step.view.model_validate(seed_session(gateway, document).model_dump(by_alias=True)))

    return await once(request, gateway, caller, given, act)


def _wish(gateway: Gateway, caller: Principal, body: SessionStep, step: Step, chosen: UUID | None) -> Wish:
    id_ = command_id(gateway, caller.tenant, chosen)
    return Wish(
        topic=SESSION_COMMANDS.name,
        stream=stream_id("session", caller.tenant, str(body.session_id)),
        body=TakeStep(
            session_id=body.session_id,
            account_id=caller.account,
            job_id=job_of(id_),
            stages=step.stages,
            prompt=body.words.get("prompt"),
            script=body.words.get("script"),
        ),
        id=id_,
        at=gateway.now(),
        links={},
        repeatable=chosen is not None,
    )


def _over(version: int, step: Step) -> Callable[[Stored], bool]:
    """Whether the step has its result, or nothing is at work for it any more."""

    def fits(document: Stored) -> bool:
        return document["version"] >= version and (bool(document[step.field]) or document["activeJob"] is None)

    return fits


def _later(body: SessionStep, step: Step, headers: dict[str, str]) -> Response:
    known = {"sessionId": str(body.session_id), step.field: "", "status": step.meanwhile}
    return answered(step.view.model_validate(known), 202, headers)
