"""What work is asked for: which stages, on which inputs, on top of what stands."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from contracts.messages.session import (
    Changes,
    RequestStages,
    SessionEvent,
    SessionStarted,
    StagesRequested,
    StartSession,
    TakeStep,
)
from contracts.pricing import estimate, price_of_cut
from contracts.rendering import FREE_STAGES, STAGES, JobInputs, Stage, StageOutput
from eventlog.errors import Refused
from services.session.deciders.session_films import check_stages, refuse_changes
from services.session.deciders.session_state import Inputs, Open, inputs_of

NEEDS: dict[Stage, tuple[Stage, ...]] = {
    Stage.REFINE: (),
    Stage.SCRIPT: (),
    Stage.SPEECH: (Stage.SCRIPT,),
    Stage.SCENES: (Stage.SCRIPT, Stage.SPEECH),
    Stage.VIDEO: (Stage.SCRIPT, Stage.SPEECH, Stage.SCENES),
}
"""What each stage is made of. A script that the user gave stands for the stage that writes one."""


def start(command: StartSession) -> Sequence[SessionEvent]:
    """A session begins, with a wish for its stages."""
    if command.film is not None:
        check_stages(command.stages)
    elif not command.prompt.strip() and not command.script.strip():
        raise Refused("session.empty", "a session needs a prompt or a script")
    stages = tuple(stage for stage in command.stages if not command.script.strip() or stage not in FREE_STAGES)
    if not stages:
        raise Refused(
            "session.nothing_to_do", "with a script there is nothing to refine or to write: ask for later stages"
        )
    if command.film is None:
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
        derived_from=command.derived_from,
        writing=command.writing,
        film=command.film,
    )
    return [started, _requested(command.session_id, command.account_id, command.job_id, stages, inputs_of(command), {})]


def step(session: Open, command: TakeStep) -> Sequence[SessionEvent]:
    """The step's stages, unless they are done, or at work, with the same inputs."""
    changes = _of_step(session, command)
    inputs, _ = _changed(session.inputs, changes)
    same = inputs == session.inputs
    wanted = set(command.stages)
    given = {Stage.SCRIPT} if session.inputs.script else set[Stage]()
    if same and not wanted - {*session.outputs, *given}:
        return []
    work = session.at_work
    if work is not None:
        if same and not wanted - {*session.outputs, *work.stages}:
            return []
        raise Refused("session.busy", f"job {work.job_id} is at work; wait for its end, or cancel it")
    return [request(session, RequestStages(job_id=command.job_id, stages=command.stages, changes=changes))]


def _of_step(session: Open, command: TakeStep) -> Changes:
    """What the caller has in hand may be what the session made: then nothing changes."""
    refined, written = session.outputs.get(Stage.REFINE), session.outputs.get(Stage.SCRIPT)
    prompt, script = command.prompt, command.script
    if refined is not None and prompt == refined.refined_prompt:
        prompt = None
    if written is not None and not session.inputs.script and script == written.script:
        script = None
    return Changes(prompt=prompt, script=script)


def begin(command: TakeStep) -> Sequence[SessionEvent]:
    """The first step makes the session. Refuses any that needs another before it."""
    if Stage.REFINE not in command.stages or not (command.prompt or "").strip():
        raise Refused("session.not_open", "there is no session of this id; begin it with a prompt to be refined")
    return start(
        StartSession(
            session_id=command.session_id,
            account_id=command.account_id,
            job_id=command.job_id,
            prompt=command.prompt or "",
            stages=command.stages,
        )
    )


def request(session: Open, command: RequestStages) -> StagesRequested:
    """Work on the inputs as they are now, on top of what still stands. Refuses what cannot be done."""
    inputs, voided = _changed(session.inputs, command.changes)
    if inputs.film is not None:
        if inputs != session.inputs:
            raise refuse_changes()
        check_stages(command.stages)
        return _requested(session.session_id, session.account_id, command.job_id, command.stages, inputs, {})
    if session.retitled:
        voided |= {Stage.SCENES, Stage.VIDEO}
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
            film=inputs.film,
        ),
        outputs=tuple(kept[stage] for stage in STAGES if stage in kept),
        estimate_points=price_of_cut(inputs.film.duration_ms)
        if inputs.film
        else estimate(inputs.script or ((written.script or "") if written else ""), stages),
    )
