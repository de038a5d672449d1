"""How routes answer with a session: with one that was just made, or with why it stopped."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from contracts.documents import SessionStatus
from services.gateway.asking.wishes import Show, Wish
from services.gateway.auth.principal import Principal
from services.gateway.http.problems import Problem, of_failure
from services.gateway.ports.gateway import Gateway
from services.gateway.ports.waiting import Outcome
from services.gateway.routes.answers import versioned
from services.gateway.stored import Stored
from services.gateway.views.preparing import session_view


def made(request: Request, gateway: Gateway, caller: Principal, session: UUID, wish: Wish) -> Show:
    """The session that the wish started: 201, or 200 where the same call had made it before.

    Raises the problem for one that has failed meanwhile.
    """

    async def show(outcome: Outcome) -> Response | None:
        document = await gateway.documents.session(caller.reach, str(session))
        if document is None or document["version"] < outcome.version:
            return None
        if document["status"] == SessionStatus.FAILED:
            raise failure_of(document)
        return shown_at(request, gateway, document, 201 if document["createdAt"] == wish.at else 200)

    return show


def shown_at(request: Request, gateway: Gateway, document: Stored, status: int) -> Response:
    """The session, and where it is."""
    response = versioned(request, session_view(gateway, document), document["version"], status=status)
    response.headers["Location"] = f"/v1/sessions/{document['sessionId']}"
    return response


def failure_of(document: Stored) -> Problem:
    """The problem for a session that has failed."""
    error = document["error"]
    return of_failure(error["code"], document["errorMessage"], error["stage"], retryable=error["retryable"])
