"""Films of projects: a timeline, exactly as it was saved in a version, becomes a session with one stage."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.film import Film
from contracts.messages.session import StartSession
from contracts.rendering import Aspect, Stage
from services.gateway.access.callers import Caller
from services.gateway.asking.filming import film_of
from services.gateway.asking.idempotency import once
from services.gateway.asking.projects import known, named_version
from services.gateway.asking.starting import chosen_session, session_wish
from services.gateway.asking.wishes import Wish, ask, register
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.preconditions import stale
from services.gateway.http.problems import Problem
from services.gateway.http.storable import INT64_MAX
from services.gateway.identity import first_job
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.routes.answers import command_answers
from services.gateway.routes.session_answers import made
from services.gateway.stored import Stored
from services.gateway.views.projects import project_view
from services.gateway.views.sessions import SessionView

router = APIRouter(prefix="/v1/projects", tags=["projects"])


class NewFilm(Body):
    """Which version is to be rendered, and into which shape. `sessionId`, chosen by the client: repeatable."""

    version: int | None = Field(default=None, ge=1, le=INT64_MAX, description="Any that the project had.")
    aspect: Aspect = Aspect.WIDE
    title: str = Field(default="", max_length=200, description="Without one: the project's name.")
    session_id: UUID | None = None


@router.post(
    "/{project_id}/render",
    operation_id="renderProject",
    summary="Render a project",
    status_code=202,
    responses=command_answers(
        *("project.unknown", "timeline.unknown", "timeline.not_renderable", "version.missing", "version.stale"),
        *("session.exists", "quota.exceeded", "mongodb.unavailable"),
        ok=SessionView,
        created=SessionView,
    ),
)
async def render(
    request: Request,
    caller: Caller,
    project_id: UUID,
    given: Annotated[Given[NewFilm], Depends(JsonBody(NewFilm, needed=False))],
) -> Response:
    """Makes a session whose film is cut of the timeline, exactly as it is in `version`, or in the one of `If-Match`.

    `version` may be any that the project had; `If-Match` must be the present one (412), `*` takes it whatever it is.
    What is saved afterwards changes nothing in the film. 1 point for each started 10 s.
    """
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        project = await known(gateway, caller, project_id)
        version = _version(request, given.body, project)
        film = await film_of(gateway, caller, project_id, version, await _saved(gateway, caller, project, version))
        wish, session = _start(gateway, caller, given, chosen, film, project["name"])
        await register(request, gateway, caller)
        return await ask(request, gateway, caller, wish, made(request, gateway, caller, session, wish))

    return await once(request, gateway, caller, given, act)


def _version(request: Request, wanted: NewFilm, project: Stored) -> int:
    """The version to be rendered. Raises the problem for none, two different ones, and one that is not (any more)."""
    current: int = project["version"]
    if wanted.version is None or request.headers.get("if-match", "").strip():
        named = named_version(request)
        if named is not None and named != current:
            sentence = f"Expected version {named}, it is {current}. Read it, or send that version in the body."
            raise stale(Problem("version.stale", sentence), current, project_view(project))
        if wanted.version is None:
            return current
        if named is not None and named != wanted.version:
            raise Problem(
                "value.invalid",
                f"body.version: is {wanted.version}, and If-Match names {named}. Send one of them.",
            )
    if wanted.version > current:
        raise Problem("timeline.unknown", f"The project has no version {wanted.version} yet: it is at {current}.")
    return wanted.version


async def _saved(gateway: Gateway, caller: Principal, project: Stored, version: int) -> Stored:
    """The timeline as it was in that version: saved in it, or last before it."""
    id_ = project["projectId"]
    rows = await gateway.projects.timelines(caller.reach, id_, before=version + 1, limit=1)
    found = await gateway.projects.timeline(caller.reach, id_, rows[0]["version"]) if rows else None
    if found is None:
        raise Problem("timeline.unknown", f"No timeline was saved up to version {version}. Save one, then render it.")
    return found


def _start(
    gateway: Gateway, caller: Principal, given: Given[NewFilm], chosen: UUID | None, film: Film, name: str
) -> tuple[Wish, UUID]:
    """The command that starts the session, and the session's id: the same for the same call."""
    wanted = given.body
    said = (film.project_id, film.version, given.digest)
    session, chosen = chosen_session(gateway, caller, wanted.session_id, chosen, "render", *said)
    body = StartSession(
        session_id=session,
        account_id=caller.account,
        job_id=first_job(caller.tenant, session),
        aspect=wanted.aspect,
        title=wanted.title or name,
        stages=(Stage.VIDEO,),
        film=film,
    )
    return session_wish(gateway, caller, body, chosen), session
