"""A session: one video, from the wish to the film.

    Absent ──started──► Open ──deleted──► Deleted ──purged──► Purged
                          ▲────restored────┘

An open session has at most one job at work. What a job tells when it is not (any more) the one at work is no news,
but for one: that it is at work again. That is refused, so that it is stopped.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, get_args

from contracts.messages.erasure import EraseSession, SessionErased
from contracts.messages.files import OpenSession, RecordFile, RemoveFile
from contracts.messages.session import (
    AudioGenerated,
    DeleteSession,
    DeriveSession,
    EditSession,
    ForgetAssets,
    PromptRefined,
    PurgeSession,
    RecordCancel,
    RecordFailure,
    RecordRetry,
    RecordStage,
    RequestStages,
    RestoreSession,
    ScenesPlanned,
    ScriptGenerated,
    SessionCanceled,
    SessionCommand,
    SessionCompleted,
    SessionDeleted,
    SessionEvent,
    SessionFailed,
    SessionPurged,
    SessionRestored,
    SessionRetried,
    StartSession,
    TakeStep,
    VideoRendered,
)
from contracts.rendering import Stage, StageOutput
from eventlog.errors import Refused
from eventlog.write.decider import Decider
from services.session.deciders.session_assets import forget
from services.session.deciders.session_files import first_work, keep, open_again, opened
from services.session.deciders.session_life import derive, edit
from services.session.deciders.session_plan import on_plans
from services.session.deciders.session_state import (
    Absent,
    Deleted,
    Open,
    Purged,
    Session,
    Work,
    evolve,
    inputs_of,
    subject,
)
from services.session.deciders.session_work import begin, request, start, step

Recorded: TypeAlias = PromptRefined | ScriptGenerated | AudioGenerated | ScenesPlanned | VideoRendered

RECORDED: dict[Stage, type[Recorded]] = {
    Stage.REFINE: PromptRefined,
    Stage.SCRIPT: ScriptGenerated,
    Stage.SPEECH: AudioGenerated,
    Stage.SCENES: ScenesPlanned,
    Stage.VIDEO: VideoRendered,
}


def decide(state: Session, command: SessionCommand, _at: datetime) -> Sequence[SessionEvent]:
    """What happens to the session."""
    match state, command:
        case Absent() | Purged(erased=True), EraseSession():
            return []
        case Open() | Deleted() | Purged(), EraseSession():
            return [SessionErased()]
        case Absent(), StartSession():
            return start(command)
        case Absent(), OpenSession():
            return [opened(command)]
        case Open(), OpenSession():
            return open_again(state, command)
        case Open(jobs=()), StartSession() if _is_repeat(state, command):
            return first_work(state, command)
        case Open(), RecordFile() | RemoveFile():
            return keep(state, command)
        case Open(), StartSession():
            if not _is_repeat(state, command):
                raise Refused("session.exists", "a session of this id was begun with other content")
            return []
        case Absent(), TakeStep():
            return begin(command)
        case Deleted() | Purged(), StartSession() | OpenSession():
            raise Refused("session.exists", "a session of this id was deleted; choose another id")
        case Open(jobs=jobs), (RequestStages(job_id=job_id) | TakeStep(job_id=job_id)) if job_id in jobs:
            return []
        case Open(), TakeStep():
            return step(state, command)
        case Open(at_work=Work() as work), RequestStages():
            raise Refused("session.busy", f"job {work.job_id} is at work; wait for its end, or cancel it")
        case Open(), RequestStages():
            return [request(state, command)]
        case Open(at_work=Work() as work), RecordStage(job_id=job_id, output=output) if job_id == work.job_id:
            return _record(state, work, output)
        case Open(at_work=Work() as work), RecordFailure(job_id=job_id) if job_id == work.job_id:
            return [
                SessionFailed(
                    session_id=state.session_id,
                    job_id=job_id,
                    stage=command.stage,
                    code=command.code,
                    message=command.message,
                    retryable=command.retryable,
                )
            ]
        case Open(at_work=Work() as work), RecordCancel(job_id=job_id) if job_id == work.job_id:
            return [SessionCanceled(session_id=state.session_id, job_id=job_id, reason=command.reason)]
        case _, RecordRetry():
            return _retry(state, command)
        case Open() | Deleted() | Purged(), RecordStage() | RecordFailure() | RecordCancel():
            return []  # a job that is not at work here: late, or told before
        case Open(), ForgetAssets():
            return forget(state, command)
        case Deleted(session=session), ForgetAssets():
            return forget(session, command)
        case Purged(), ForgetAssets():
            return []
        case Open(), EditSession():
            return edit(state, command)
        case Open(), DeriveSession():
            return derive(state, command)
        case Open(), DeleteSession():
            return [SessionDeleted(session_id=state.session_id, job_id=state.at_work.job_id if state.at_work else None)]
        case Deleted() | Purged(), DeleteSession():
            return []
        case Deleted(session=session), RestoreSession():
            return [SessionRestored(session_id=session.session_id)]
        case Open(), RestoreSession():
            return []
        case Deleted(session=session), PurgeSession():
            return [SessionPurged(session_id=session.session_id, jobs=session.jobs)]
        case Open(), PurgeSession():
            raise Refused("session.not_deleted", "only a deleted session can be purged; this one is open")
        case Purged(), PurgeSession():
            return []
        case Absent() | Deleted() | Purged(), _:
            raise Refused("session.not_open", "there is no open session of this id")


def _retry(session: Session, command: RecordRetry) -> Sequence[SessionEvent]:
    """A job goes on only where the session waits for nothing else. A refusal is about the job's run."""
    about = str(command.run or "")
    match session:
        case Open(at_work=Work(job_id=job_id)) if job_id == command.job_id:
            return []
        case Open(at_work=None, last=Work(job_id=job_id, stages=stages)) if job_id == command.job_id:
            if not stages:
                return []
            return [SessionRetried(session_id=session.session_id, job_id=job_id, stages=stages)]
        case Open(at_work=Work(job_id=job_id)):
            raise Refused("session.busy", f"job {job_id} is at work for the session", about)
        case Open():
            raise Refused("session.superseded", "the session has gone on without this job", about)
        case Absent() | Deleted() | Purged():
            raise Refused("session.not_open", "there is no open session of this id", about)


def _is_repeat(session: Open, command: StartSession) -> bool:
    same = (session.account_id, session.begun_with, session.begun_metadata, session.derived_from)
    return same == (command.account_id, inputs_of(command), command.metadata, command.derived_from)


def _record(session: Open, work: Work, output: StageOutput) -> Sequence[SessionEvent]:
    if output.stage not in work.stages:
        return []
    recorded = RECORDED[output.stage](session_id=session.session_id, job_id=work.job_id, output=output)
    if output.stage is not Stage.VIDEO or len(work.stages) > 1:
        return [recorded]
    done = SessionCompleted(session_id=session.session_id, job_id=work.job_id, duration_ms=output.duration_ms)
    return [recorded, done]


DECIDER: Decider[Session] = Decider(
    category="session",
    version=5,
    initial=Absent(),
    state_type=Session,
    evolve=evolve,
    decide=on_plans(decide),
    commands=get_args(SessionCommand),
    subject=subject,
)
