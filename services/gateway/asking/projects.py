"""Asking for a change of a project: the version that it is made to is the client's, and the log says whether it holds.

Both the API and the editor's own routes ask this way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from contracts.envelope import stream_id
from contracts.messages.project import DeleteProject, ProjectCommand, RestoreProject
from contracts.topics import SESSION_COMMANDS
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import Wish, ask, command_id
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Given
from services.gateway.http.preconditions import expected_version, stale
from services.gateway.http.problems import Problem
from services.gateway.identity import own_command, project_of
from services.gateway.ports.gateway import Gateway
from services.gateway.ports.waiting import Outcome
from services.gateway.stored import Stored
from services.gateway.views.projects import project_view


@dataclass(frozen=True)
class Change:
    """What is to happen to which project; `expected`: only to that version of it."""

    project_id: UUID
    body: ProjectCommand
    expected: int | None = None

    def wish(self, gateway: Gateway, caller: Principal, chosen: UUID | None) -> Wish:
        """As a command."""
        here = f"/v1/projects/{self.project_id}"
        return Wish(
            topic=SESSION_COMMANDS.name,
            stream=stream_id("project", caller.tenant, str(self.project_id)),
            body=self.body,
            id=command_id(gateway, caller.tenant, chosen),
            at=gateway.now(),
            links={"project": here, "timeline": f"{here}/timeline"},
            repeatable=chosen is not None,
            expected_version=self.expected,
        )


Show = Callable[[Stored], Response]
"""The answer with the project as it is after the change."""


async def change(
    request: Request, gateway: Gateway, caller: Principal, wanted: Change, given: Given[Any] | None, show: Show
) -> Response:
    """202, or what became of it with `Prefer: wait=N`; the problem of a stale version tells the current state."""

    async def act(chosen: UUID | None) -> Response:
        return await asked(request, gateway, caller, wanted, chosen, show)

    return await once(request, gateway, caller, given, act)


async def asked(
    request: Request, gateway: Gateway, caller: Principal, wanted: Change, chosen: UUID | None, show: Show
) -> Response:
    """As `change`, for the command id that was `chosen` by an Idempotency-Key."""

    async def shown(outcome: Outcome) -> Response | None:
        document = await after(gateway, caller, wanted, outcome)
        return None if document is None else show(document)

    try:
        return await ask(request, gateway, caller, wanted.wish(gateway, caller, chosen), shown)
    except Problem as problem:
        raise await with_state(gateway, caller, wanted, problem) from problem


async def after(gateway: Gateway, caller: Principal, wanted: Change, outcome: Outcome) -> Stored | None:
    """The project with what the change did; None while it is not shown. Raises `Unavailable`."""
    id_ = str(wanted.project_id)
    return await gateway.projects.project(caller.reach, id_, deleted=True, at_least=outcome.version)


async def with_state(gateway: Gateway, caller: Principal, wanted: Change, problem: Problem) -> Problem:
    """For a stale version the problem that tells the current one; any other as it is."""
    if problem.code != "version.stale":
        return problem
    document = await gateway.projects.project(caller.reach, str(wanted.project_id), deleted=True)
    if document is None:
        return unknown(wanted.project_id)
    if document["isDeleted"] and not isinstance(wanted.body, DeleteProject | RestoreProject):
        return Problem("project.deleted", "The project was deleted. Restore it first.")
    return stale(problem, document["version"], project_view(document))


async def known(gateway: Gateway, caller: Principal, project_id: UUID | str, *, deleted: bool = False) -> Stored:
    """The project. Raises the problem for one that is not there, and `Unavailable`."""
    document = await gateway.projects.project(caller.reach, str(project_id), deleted=deleted)
    if document is None:
        raise unknown(project_id)
    return document


def named_version(request: Request) -> int | None:
    """The version in `If-Match`, None for `*`. Raises the problem for a request that does not say what it changes."""
    if not request.headers.get("if-match", "").strip():
        raise Problem(
            "version.missing",
            "Say which version this changes: send the ETag that you read as If-Match, or If-Match: * to change "
            "whatever is there.",
        )
    return expected_version(request)


def chosen_project(
    gateway: Gateway, caller: Principal, own: UUID | None, digest: str, chosen: UUID | None
) -> tuple[UUID, UUID | None]:
    """The id of a project to be created, and of the command that creates it: the same for the same call."""
    project = own or (gateway.new_id() if chosen is None else project_of(chosen))
    if chosen is None and own is not None:
        chosen = own_command(caller.tenant, caller.account, "create project", project, digest)
    return project, chosen


def unknown(project_id: UUID | str) -> Problem:
    """The problem for a project that is not there."""
    return Problem("project.unknown", f"There is no project {str(project_id)[:80]!r}. It may have been deleted.")
