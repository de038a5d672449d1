"""A session: one video, from the wish to the film.

    Absent ──started──► Open ──deleted──► Deleted

An open session has at most one job at work. What a job tells when it is not (any more) the one at work is no news.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from contracts.messages.session import (
    AudioGenerated,
    Changes,
    DeleteSession,
    PromptRefined,
    RecordCancel,
    RecordFailure,
    RecordRetry,
    RecordStage,
    RequestStages,
    ScenesPlanned,
    ScriptGenerated,
    SessionCanceled,
    SessionCommand,
    SessionCompleted,
    SessionDeleted,
    SessionEvent,
    SessionFailed,
    SessionRetried,
    SessionStarted,
    StageRecorded,
    StagesRequested,
    StartSession,
    VideoRendered,
)
from contracts.pricing import estimate
from contracts.rendering import FREE_STAGES, STAGES, Aspect, JobInputs, Kind, Stage, StageOutput, Writing
from eventlog.errors import Refused
from eventlog.write.decider import Decider


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


class Absent(msgspec.Struct, frozen=True, tag=True):
    """Nothing has happened yet."""


class Open(msgspec.Struct, frozen=True, tag=True):
    """`begun_with` and `metadata` tell a repeated start from another; `at_work` has not ended, `last` has, last."""

    session_id: UUID
    account_id: UUID
    begun_with: Inputs
    metadata: dict[str, Any]
    inputs: Inputs
    outputs: dict[Stage, StageOutput] = {}
    at_work: Work | None = None
    last: Work | None = None
    jobs: tuple[UUID, ...] = ()


class Deleted(msgspec.Struct, frozen=True, tag=True):
    """It was taken away."""


Session: TypeAlias = Absent | Open | Deleted

Recorded: TypeAlias = PromptRefined | ScriptGenerated | AudioGenerated | ScenesPlanned | VideoRendered

RECORDED: dict[Stage, type[Recorded]] = {
    Stage.REFINE: PromptRefined,
    Stage.SCRIPT: ScriptGenerated,
    Stage.SPEECH: AudioGenerated,
    Stage.SCENES: ScenesPlanned,
    Stage.VIDEO: VideoRendered,
}

NEEDS: dict[Stage, tuple[Stage, ...]] = {
    Stage.REFINE: (),
    Stage.SCRIPT: (),
    Stage.SPEECH: (Stage.SCRIPT,),
    Stage.SCENES: (Stage.SCRIPT, Stage.SPEECH),
    Stage.VIDEO: (Stage.SCRIPT, Stage.SPEECH, Stage.SCENES),
}
"""What each stage is made of. A script that the user gave stands for the stage that writes one."""


def evolve(state: Session, event: SessionEvent) -> Session:
    """The session after the event."""
    match state, event:
        case _, SessionStarted():
            inputs = _inputs(event)
            return Open(event.session_id, event.account_id, inputs, event.metadata, inputs)
        case Open(), StagesRequested():
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
            )
            return msgspec.structs.replace(
                state,
                inputs=inputs,
                outputs={output.stage: output for output in event.outputs},
                at_work=Work(event.job_id, event.stages),
                jobs=(*state.jobs, event.job_id),
            )
        case Open(at_work=Work() as work), StageRecorded():
            left = tuple(stage for stage in work.stages if stage != event.output.stage)
            still = Work(work.job_id, left)
            return msgspec.structs.replace(
                state,
                outputs={**state.outputs, event.output.stage: event.output},
                at_work=still if left else None,
                last=state.last if left else still,
            )
        case Open(), SessionFailed() | SessionCanceled():
            return msgspec.structs.replace(state, at_work=None, last=state.at_work)
        case Open(), SessionRetried():
            return msgspec.structs.replace(state, at_work=Work(event.job_id, event.stages), last=None)
        case Open(), SessionDeleted():
            return Deleted()
        case _:
            return state


def decide(state: Session, command: SessionCommand, _at: datetime) -> Sequence[SessionEvent]:
    """What happens to the session."""
    match state, command:
        case Absent(), StartSession():
            return _start(command)
        case Open(), StartSession():
            if not _is_repeat(state, command):
                raise Refused("session.exists", "a session of this id was begun with other content")
            return []
        case Deleted(), StartSession():
            raise Refused("session.exists", "a session of this id was deleted; choose another id")
        case Open(jobs=jobs), RequestStages(job_id=job_id) if job_id in jobs:
            return []
        case Open(at_work=Work() as work), RequestStages():
            raise Refused("session.busy", f"job {work.job_id} is at work; wait for its end, or cancel it")
        case Open(), RequestStages():
            return [_request(state, command)]
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
        case Open(at_work=None, last=Work() as last), RecordRetry(job_id=job_id) if (
            job_id == last.job_id and last.stages
        ):
            return [SessionRetried(session_id=state.session_id, job_id=job_id, stages=last.stages)]
        case Open() | Deleted(), RecordStage() | RecordFailure() | RecordCancel() | RecordRetry():
            return []  # a job that is not at work here: late, or told before
        case Open(), DeleteSession():
            return [SessionDeleted(session_id=state.session_id, job_id=state.at_work.job_id if state.at_work else None)]
        case Deleted(), DeleteSession():
            return []
        case Absent() | Deleted(), _:
            raise Refused("session.not_open", "there is no open session of this id")


def _is_repeat(session: Open, command: StartSession) -> bool:
    same = (session.account_id, session.begun_with, session.metadata)
    return same == (command.account_id, _inputs(command), command.metadata)


def _inputs(start: StartSession | SessionStarted) -> Inputs:
    script = start.script if start.script.strip() else ""
    return Inputs(
        start.kind, start.aspect, start.prompt, script, start.title, start.language, start.voice, start.writing
    )


def _start(command: StartSession) -> Sequence[SessionEvent]:
    if not command.prompt.strip() and not command.script.strip():
        raise Refused("session.empty", "a session needs a prompt or a script")
    stages = tuple(stage for stage in command.stages if not command.script.strip() or stage not in FREE_STAGES)
    if not stages:
        raise Refused(
            "session.nothing_to_do", "with a script there is nothing to refine or to write: ask for later stages"
        )
    _can_run(stages, {}, script=command.script)
    started = SessionStarted(
        session_id=command.session_id,
        account_id=command.account_id,
        kind=command.kind,
        aspect=command.aspect,
        prompt=command.prompt,
        script=command.script,
        title=command.title,
        language=command.language,
        voice=command.voice,
        stages=stages,
        metadata=command.metadata,
        writing=command.writing,
    )
    return [started, _requested(command.session_id, command.account_id, command.job_id, stages, _inputs(command), {})]


def _request(session: Open, command: RequestStages) -> StagesRequested:
    inputs, voided = _changed(session.inputs, command.changes)
    if not f"{inputs.prompt}{inputs.script}{inputs.title}".strip():
        raise Refused("session.empty", "a film needs a prompt, a title or a script")
    first = STAGES.index(command.stages[0])
    kept = {
        stage: output
        for stage, output in session.outputs.items()
        if STAGES.index(stage) < first and stage not in voided
    }
    _can_run(command.stages, kept, script=inputs.script)
    return _requested(session.session_id, session.account_id, command.job_id, command.stages, inputs, kept)


def _changed(inputs: Inputs, changes: Changes) -> tuple[Inputs, frozenset[Stage]]:
    """The inputs with the changes, and the stages whose outputs were made of something else."""
    given = {name: value for name, value in changes if value is not None and value != getattr(inputs, name)}
    voided: set[Stage] = set()
    if "prompt" in given or "writing" in given:
        voided.update(STAGES)
    if "prompt" in given:
        given.setdefault("script", changes.script or "")
    if "script" in given:
        voided.update((Stage.SCRIPT, Stage.SPEECH, Stage.SCENES, Stage.VIDEO))
    if "voice" in given or "language" in given:
        voided.update((Stage.SPEECH, Stage.SCENES, Stage.VIDEO))
    if given.keys() & {"title", "kind", "aspect"}:
        voided.update((Stage.SCENES, Stage.VIDEO))
    changed = msgspec.structs.replace(inputs, **given)
    if not changed.script.strip():
        changed = msgspec.structs.replace(changed, script="")
    return changed, frozenset(voided)


def _can_run(stages: Sequence[Stage], kept: dict[Stage, StageOutput], *, script: str) -> None:
    """Refuse stages whose inputs neither exist nor will."""
    there = {*kept, *stages, *([Stage.SCRIPT] if script.strip() else [])}
    for stage in stages:
        missing = [need for need in NEEDS[stage] if need not in there]
        if missing:
            raise Refused("session.step_missing", f"{stage} needs {', '.join(missing)}, which is not there yet")


def _requested(
    session_id: UUID,
    account_id: UUID,
    job_id: UUID,
    stages: tuple[Stage, ...],
    inputs: Inputs,
    kept: dict[Stage, StageOutput],
) -> StagesRequested:
    written = kept.get(Stage.SCRIPT)
    refined = kept.get(Stage.REFINE)
    return StagesRequested(
        session_id=session_id,
        account_id=account_id,
        job_id=job_id,
        stages=stages,
        inputs=JobInputs(
            kind=inputs.kind,
            aspect=inputs.aspect,
            title=inputs.title,
            prompt=inputs.prompt,
            refined_prompt=(refined.refined_prompt or "") if refined else "",
            script=inputs.script,
            language=inputs.language,
            voice=inputs.voice,
            writing=inputs.writing,
        ),
        outputs=tuple(kept[stage] for stage in STAGES if stage in kept),
        estimate_points=estimate(inputs.script or ((written.script or "") if written else ""), stages),
    )


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
    version=2,
    initial=Absent(),
    state_type=Session,
    evolve=evolve,
    decide=decide,
    commands=(StartSession, RequestStages, RecordStage, RecordFailure, RecordCancel, RecordRetry, DeleteSession),
)
