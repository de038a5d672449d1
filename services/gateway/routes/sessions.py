"""Sessions: made."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, Field, JsonValue, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.messages.session import StartSession, WantedStages
from contracts.rendering import STAGES, Aspect, Kind, Writing
from services.gateway.access.callers import Caller
from services.gateway.asking.idempotency import once
from services.gateway.asking.kinds import installed
from services.gateway.asking.presets import Preset, inputs_of, preset_of
from services.gateway.asking.starting import chosen_session, session_wish
from services.gateway.asking.wishes import Wish, ask, register
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.identity import first_job
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.routes.answers import command_answers
from services.gateway.routes.session_answers import made
from services.gateway.views.sessions import SessionView

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])

LONGEST_METADATA = 16_384


def small(metadata: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The metadata as it is. Raises `ValueError` for more than is kept."""
    if len(str(metadata)) > LONGEST_METADATA:
        raise ValueError(f"is too large: at most {LONGEST_METADATA:,} characters of JSON are kept")
    return metadata


class WriterWish(Writing, extra="forbid"):
    """Who writes: `template` (offline, the default) or `online` with the name of a `model` that the workers have."""

    @property
    def writing(self) -> Writing:
        """The wish as a contract's part."""
        return Writing(engine=self.engine, model=self.model, fallback=self.fallback)


class NewSession(Body):
    """A video to be made: of a prompt, or of a script that is spoken as it is."""

    session_id: UUID | None = Field(default=None, description="Chosen by the client, it makes the call repeatable.")
    prompt: str = Field(default="", max_length=10_000, examples=["How do vaccines train the immune system?"])
    script: str = Field(default="", max_length=50_000)
    title: str = Field(default="", max_length=200)
    preset_id: UUID | None = Field(default=None, description="What the call does not say is taken from this preset.")
    kind: Kind = Kind.SLIDES
    aspect: Aspect = Aspect.WIDE
    stages: WantedStages = STAGES
    writing: WriterWish | None = Field(default=None, examples=[{"engine": "online", "model": "gpt-4.1-mini"}])
    metadata: Annotated[dict[str, JsonValue], AfterValidator(small)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_words(self) -> "NewSession":
        if not self.prompt.strip() and not self.script.strip():
            raise ValueError("needs a prompt or a script: say in a sentence what the video should be about")
        return self


@router.post(
    "",
    operation_id="createSession",
    summary="Make a video",
    status_code=202,
    responses=command_answers(
        "session.exists", "preset.unknown", "quota.exceeded", "kind.not_installed", ok=SessionView, created=SessionView
    ),
)
async def create(
    request: Request, caller: Caller, given: Annotated[Given[NewSession], Depends(JsonBody(NewSession))]
) -> Response:
    """Starts a session; with all stages (the default) it goes on to the video.

    `Prefer: wait=N` answers the session once it exists: 201, or 200 where the same call had made it before.
    """
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        wish, session = start(gateway, caller, given, chosen, await preset_of(gateway, caller, given.body.preset_id))
        await register(request, gateway, caller)
        return await ask(request, gateway, caller, wish, made(request, gateway, caller, session, wish))

    return await once(request, gateway, caller, given, act)


def start(
    gateway: Gateway, caller: Principal, given: Given[NewSession], chosen: UUID | None, preset: Preset | None = None
) -> tuple[Wish, UUID]:
    """The command that starts a session, and the session's id.

    With an Idempotency-Key (`chosen`), or with a session id of the client's own, the same call gives the same command.
    What the call itself says goes before what the preset says; the session keeps what came of both.
    """
    new = given.body
    session, chosen = chosen_session(gateway, caller, new.session_id, chosen, "start", given.digest)
    inputs = inputs_of(new.model_dump(include={"kind", "aspect", "prompt"}), new.model_fields_set, preset)
    installed(gateway, Kind(inputs["kind"]))
    body = StartSession(
        session_id=session,
        account_id=caller.account,
        job_id=first_job(caller.tenant, session),
        script=new.script if new.script.strip() else "",
        title=new.title,
        stages=new.stages,
        writing=new.writing.writing if new.writing else None,
        metadata=new.metadata,
        **inputs,
    )
    return session_wish(gateway, caller, body, chosen), session
