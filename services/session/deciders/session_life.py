"""What is made of a session, or changed in it, without work for a job."""

from collections.abc import Sequence

from contracts.messages.session import DeriveSession, EditSession, SessionAnnotated, SessionDerived, SessionRetitled
from contracts.messages.session_life import Basis
from contracts.rendering import JobInputs, Stage
from eventlog.errors import Refused
from services.session.deciders.session_films import refuse_changes
from services.session.deciders.session_state import Open


def edit(session: Open, command: EditSession) -> Sequence[SessionRetitled | SessionAnnotated]:
    """What is another than before; nothing where all is so already."""
    edits: list[SessionRetitled | SessionAnnotated] = []
    if command.title is not None and command.title != session.inputs.title:
        edits.append(SessionRetitled(session_id=session.session_id, title=command.title))
    if command.metadata is not None and command.metadata != session.metadata:
        edits.append(SessionAnnotated(session_id=session.session_id, metadata=command.metadata))
    return edits


def derive(session: Open, command: DeriveSession) -> Sequence[SessionDerived]:
    """Another session of this one's words. Refuses a script where there is none, and this session's own id."""
    if command.new_session_id in session.derived:
        return []
    if command.new_session_id == session.session_id:
        raise Refused("session.exists", "a session cannot be made of itself; choose another id")
    changes, was = command.changes, session.inputs
    if was.film is not None:
        raise refuse_changes()
    written = session.outputs.get(Stage.SCRIPT)
    script = changes.script or was.script or ((written.script or "") if written else "")
    prompt = was.prompt if changes.prompt is None else changes.prompt
    match command.basis:
        case Basis.SCRIPT if not script.strip():
            raise Refused("session.step_missing", "the session has no script yet: take its prompt, or send a script")
        case Basis.PROMPT:
            script = changes.script or ""
        case None if changes.prompt is not None:
            script = changes.script or ""
        case Basis.SCRIPT | None:
            pass
    if not f"{prompt}{script}".strip():
        raise Refused("session.empty", "a session needs a prompt or a script")
    inputs = JobInputs(
        kind=was.kind if changes.kind is None else changes.kind,
        aspect=was.aspect if changes.aspect is None else changes.aspect,
        title=was.title if changes.title is None else changes.title,
        prompt=prompt,
        script=script if script.strip() else "",
        language=was.language if changes.language is None else changes.language,
        voice=was.voice if changes.voice is None else changes.voice,
    )
    return [
        SessionDerived(
            session_id=session.session_id,
            new_session_id=command.new_session_id,
            account_id=command.account_id,
            job_id=command.job_id,
            inputs=inputs,
        )
    ]
