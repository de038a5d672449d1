"""Asking for a new session: which id it has, and the wish for it."""

from uuid import UUID

from contracts.envelope import stream_id
from contracts.messages.session import StartSession
from contracts.topics import SESSION_COMMANDS
from services.gateway.asking.wishes import Wish, command_id
from services.gateway.auth.principal import Principal
from services.gateway.identity import own_command, session_of
from services.gateway.ports.gateway import Gateway


def chosen_session(
    gateway: Gateway, caller: Principal, wanted: UUID | None, chosen: UUID | None, verb: str, *said: object
) -> tuple[UUID, UUID | None]:
    """The session's id, and the command's where the call can be repeated.

    With an Idempotency-Key (`chosen`), or with a session id of the client's own (`wanted`), the same call gives the
    same ones. `verb` and what was `said` tell calls for one `wanted` id apart.
    """
    session = wanted or (gateway.new_id() if chosen is None else session_of(chosen))
    if chosen is None and wanted is not None:
        chosen = own_command(caller.tenant, caller.account, verb, session, *said)
    return session, chosen


def session_wish(gateway: Gateway, caller: Principal, body: StartSession, chosen: UUID | None) -> Wish:
    """The command to the session that is to be."""
    return Wish(
        topic=SESSION_COMMANDS.name,
        stream=stream_id("session", caller.tenant, str(body.session_id)),
        body=body,
        id=command_id(gateway, caller.tenant, chosen),
        at=gateway.now(),
        links=session_links(body.session_id, body.job_id),
        repeatable=chosen is not None,
    )


def session_links(session: UUID, job: UUID) -> dict[str, str]:
    """Where a session that begins with this job is read and followed."""
    here = f"/v1/sessions/{session}"
    return {"session": here, "events": f"{here}/events", "history": f"{here}/history", "job": f"/v1/jobs/{job}"}
