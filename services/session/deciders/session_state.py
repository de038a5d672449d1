"""What is true of a session, folded from what happened to it.

Absent ──started──► Open ──deleted──► Deleted ──purged──► Purged
                      ▲────restored────┘
"""

from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from contracts.film import Film
from contracts.messages.erasure import SessionErased
from contracts.messages.files import FileRecorded, FileRemoved
from contracts.messages.session import (
    AssetsForgotten,
    SessionAnnotated,
    SessionCanceled,
    SessionDeleted,
    SessionDerived,
    SessionEvent,
    SessionFailed,
    SessionPurged,
    SessionRestored,
    SessionRetitled,
    SessionRetried,
    SessionStarted,
    StageRecorded,
    StagesRequested,
    StartSession,
)
from contracts.rendering import Aspect, Kind, Stage, StageOutput, Writing


class Work(msgspec.Struct, frozen=True):
    """A job of the session and the stages that it has left."""

    job_id: UUID
    stages: tuple[Stage, ...]


class Inputs(msgspec.Struct, frozen=True):
    """What the user gave."""

    kind: Kind
    aspect: Aspect
    prompt: str
    script: str
    title: str
    language: str
    voice: str
    writing: Writing | None = None
    film: Film | None = None


class Absent(msgspec.Struct, frozen=True, tag=True):
    """Nothing has happened yet."""


class Open(msgspec.Struct, frozen=True, tag=True):
    """`begun_with`, `begun_metadata` and `derived_from` tell a repeated start from another.

    `at_work` has not ended; `last` has, last, and may be taken up again. `retitled`: the title is another than the
    scenes were, or will be, made with. `makers`: which job made which output. `derived` are the sessions that were made
    of this one. `files` are its user's by their ids; None: removed.
    """

    session_id: UUID
    account_id: UUID
    begun_with: Inputs
    begun_metadata: dict[str, Any]
    metadata: dict[str, Any]
    inputs: Inputs
    derived_from: UUID | None = None
    outputs: dict[Stage, StageOutput] = {}
    makers: dict[Stage, UUID] = {}
    at_work: Work | None = None
    last: Work | None = None
    jobs: tuple[UUID, ...] = ()
    retitled: bool = False
    derived: tuple[UUID, ...] = ()
    files: dict[UUID, FileRecorded | None] = {}


class Deleted(msgspec.Struct, frozen=True, tag=True):
    """It was taken away, and may be brought back as `session`, without anything at work."""

    session: Open


class Purged(msgspec.Struct, frozen=True, tag=True):
    """It is gone for good; its id is never given again. `erased`: so is every trace of whose it was."""

    erased: bool = False


Session: TypeAlias = Absent | Open | Deleted | Purged


def evolve(state: Session, event: SessionEvent) -> Session:
    """The session after the event."""
    match state, event:
        case _, SessionStarted():
            inputs = inputs_of(event)
            noted = event.metadata
            return Open(event.session_id, event.account_id, inputs, noted, noted, inputs, event.derived_from)
        case Open(), StagesRequested():
            return _asked(state, event)
        case Open(at_work=Work() as work), StageRecorded():
            return _recorded(state, work, event)
        case Open(), SessionFailed() | SessionCanceled():
            return msgspec.structs.replace(state, at_work=None, last=state.at_work)
        case Open(), SessionRetried():
            return msgspec.structs.replace(state, at_work=Work(event.job_id, event.stages), last=None)
        case Open(), AssetsForgotten():
            return _forgetful(state, event)
        case Deleted(session=session), AssetsForgotten():
            return Deleted(_forgetful(session, event))
        case Open(), SessionRetitled():
            return _retitled(state, event)
        case Open(), SessionAnnotated():
            return msgspec.structs.replace(state, metadata=event.metadata)
        case Open(), SessionDerived():
            return msgspec.structs.replace(state, derived=(*state.derived, event.new_session_id))
        case Open(), FileRecorded():
            return msgspec.structs.replace(state, files={**state.files, event.file_id: event})
        case Open(), FileRemoved():
            return msgspec.structs.replace(state, files={**state.files, event.file_id: None})
        case Open(), SessionDeleted():
            return Deleted(msgspec.structs.replace(state, at_work=None, last=None))
        case Deleted(session=session), SessionRestored():
            return session
        case Deleted(), SessionPurged():
            return Purged()
        case _, SessionErased():
            return Purged(erased=True)
        case _:
            return state


def _asked(state: Open, event: StagesRequested) -> Open:
    asked = event.inputs
    inputs = Inputs(
        asked.kind,
        asked.aspect,
        asked.prompt,
        asked.script,
        asked.title,
        asked.language,
        asked.voice,
        asked.writing,
        asked.film,
    )
    return msgspec.structs.replace(
        state,
        inputs=inputs,
        outputs={output.stage: output for output in event.outputs},
        at_work=Work(event.job_id, event.stages),
        jobs=(*state.jobs, event.job_id),
        retitled=False,
    )


def _recorded(state: Open, work: Work, event: StageRecorded) -> Open:
    left = tuple(stage for stage in work.stages if stage != event.output.stage)
    still = Work(work.job_id, left)
    return msgspec.structs.replace(
        state,
        outputs={**state.outputs, event.output.stage: event.output},
        makers={**state.makers, event.output.stage: event.job_id},
        at_work=still if left else None,
        last=state.last if left else still,
    )


def inputs_of(start: StartSession | SessionStarted) -> Inputs:
    """What the user gave at the beginning; a script of nothing but white space is none."""
    script = start.script if start.script.strip() else ""
    return Inputs(
        start.kind,
        start.aspect,
        start.prompt,
        script,
        start.title,
        start.language,
        start.voice,
        start.writing,
        start.film,
    )


def _forgetful(session: Open, event: AssetsForgotten) -> Open:
    gone = frozenset(event.asset_ids)
    whole = {
        stage: output
        for stage, output in session.outputs.items()
        if session.makers.get(stage) != event.job_id or gone.isdisjoint(file.asset_id for file in output.artifacts)
    }
    return msgspec.structs.replace(session, outputs=whole)


def _retitled(session: Open, event: SessionRetitled) -> Open:
    return msgspec.structs.replace(
        session,
        inputs=msgspec.structs.replace(session.inputs, title=event.title),
        retitled=session.retitled or event.title != session.inputs.title,
    )


def subject(state: Session) -> UUID | None:
    """Whose session it is; nobody knows of one that was purged."""
    match state:
        case (Open() as session) | Deleted(session=session):
            return session.account_id
        case Absent() | Purged():
            return None
