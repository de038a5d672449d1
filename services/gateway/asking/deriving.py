"""Asking for a session that is made of another one's words."""

from uuid import UUID

from contracts.envelope import stream_id
from contracts.messages.session import Changes, DeriveSession
from contracts.messages.session_life import Basis
from contracts.topics import SESSION_COMMANDS
from services.gateway.asking.starting import session_links
from services.gateway.asking.wishes import Wish, command_id
from services.gateway.auth.principal import Principal
from services.gateway.identity import first_job, session_of
from services.gateway.ports.gateway import Gateway


def derivation(
    gateway: Gateway, caller: Principal, source: UUID, basis: Basis | None, changes: Changes, chosen: UUID | None
) -> tuple[Wish, UUID]:
    """The command to the session that gives its words, and the id of the one that is made of them."""
    id_ = command_id(gateway, caller.tenant, chosen)
    made = session_of(id_)
    job = first_job(caller.tenant, made)
    body = DeriveSession(new_session_id=made, account_id=caller.account, job_id=job, basis=basis, changes=changes)
    wish = Wish(
        topic=SESSION_COMMANDS.name,
        stream=stream_id("session", caller.tenant, str(source)),
        body=body,
        id=id_,
        at=gateway.now(),
        links=session_links(made, job) | {"derivedFrom": f"/v1/sessions/{source}"},
        repeatable=chosen is not None,
    )
    return wish, made
