"""A session between its jobs: steps, edits, sessions made of it, and how it goes away and comes back."""

from typing import Any

from contracts.messages.session import (
    Changes,
    DeleteSession,
    DeriveSession,
    EditSession,
    PurgeSession,
    RecordFailure,
    RecordStage,
    RequestStages,
    RestoreSession,
    SessionAnnotated,
    SessionDerived,
    SessionPurged,
    SessionRestored,
    SessionRetitled,
    StagesRequested,
    TakeStep,
)
from contracts.messages.session_life import Basis
from contracts.rendering import STAGES, Stage
from services.session.deciders.session import DECIDER
from tests.bdd import Given, given
from tests.session.words import ACCOUNT, ANOTHER_JOB, JOB, PROMPT, SCRIPT, SESSION, an_id, output, start

OTHER = an_id("another session")
FILM = (Stage.SCENES, Stage.VIDEO)


def step(*stages: Stage, job: Any = ANOTHER_JOB, **given_words: str) -> TakeStep:
    return TakeStep(session_id=SESSION, account_id=ACCOUNT, job_id=job, stages=stages, **given_words)


def derive(basis: Basis | None = None, **changes: Any) -> DeriveSession:
    return DeriveSession(
        new_session_id=OTHER, account_id=ACCOUNT, job_id=ANOTHER_JOB, basis=basis, changes=Changes(**changes)
    )


def made(*stages: Stage) -> Given:
    """A session whose first job did these stages."""
    done = (RecordStage(job_id=JOB, output=output(stage)) for stage in stages)
    return given(DECIDER).after(start(stages=stages), *done)


def requested(before: Given, command: TakeStep) -> StagesRequested:
    (event,) = before.when(command).decided()
    assert isinstance(event, StagesRequested)
    return event


def test_the_first_step_makes_the_session() -> None:
    begun = given(DECIDER).when(step(Stage.REFINE, prompt=PROMPT)).decided()
    assert [event.TYPE for event in begun] == ["session.started", "session.stages_requested"]


def test_no_other_step_makes_a_session() -> None:
    for command in (step(Stage.SCRIPT, prompt=PROMPT), step(Stage.REFINE), step(Stage.REFINE, prompt="  ")):
        given(DECIDER).when(command).refused("session.not_open")


def test_a_step_again_with_the_same_words_is_no_news() -> None:
    session = made(Stage.REFINE, Stage.SCRIPT)
    refined = output(Stage.REFINE).refined_prompt or ""
    session.when(step(Stage.REFINE, prompt=PROMPT)).then_nothing()
    session.when(step(Stage.SCRIPT)).then_nothing()
    session.when(step(Stage.SCRIPT, prompt=refined)).then_nothing()


def test_a_step_that_is_at_work_is_not_begun_twice_and_another_waits() -> None:
    session = given(DECIDER).after(start(stages=(Stage.REFINE,)))
    session.when(step(Stage.REFINE, prompt=PROMPT)).then_nothing()
    session.when(step(Stage.REFINE, prompt="Why is it wet?")).refused("session.busy")
    session.when(step(Stage.SCRIPT)).refused("session.busy")


def test_a_step_with_other_words_runs_again_and_what_depended_on_them_is_cleared() -> None:
    again = requested(made(*STAGES), step(Stage.REFINE, prompt="Why is it wet?"))
    assert (again.outputs, again.inputs.prompt, again.inputs.script) == ((), "Why is it wet?", "")
    spoken = requested(made(*STAGES), step(Stage.SPEECH, script="Because."))
    assert ([one.stage for one in spoken.outputs], spoken.inputs.script) == ([Stage.REFINE], "Because.")


def test_a_step_whose_input_is_missing_is_refused() -> None:
    made(Stage.REFINE).when(step(Stage.SPEECH)).refused("session.step_missing")
    made(Stage.REFINE, Stage.SCRIPT).when(step(*FILM)).refused("session.step_missing")


def test_a_script_that_the_user_gave_is_not_written_over() -> None:
    given(DECIDER).after(
        start(script=SCRIPT, stages=(Stage.SPEECH,)), RecordStage(job_id=JOB, output=output(Stage.SPEECH))
    ).when(step(Stage.SCRIPT)).then_nothing()


def test_an_edit_tells_what_is_another_and_only_that() -> None:
    session = made(Stage.REFINE)
    edited = session.when(EditSession(title="Salt", metadata={})).then(
        SessionRetitled(session_id=SESSION, title="Salt")
    )
    edited.when(EditSession(title="Salt")).then_nothing()
    noted = SessionAnnotated(session_id=SESSION, metadata={"a": 1})
    edited.when(EditSession(metadata={"a": 1})).then(noted)
    session.when(EditSession(title="Salt", metadata={"a": 1})).then(
        SessionRetitled(session_id=SESSION, title="Salt"), noted
    )


def test_a_film_after_an_edited_title_is_made_with_it() -> None:
    retitled = made(*STAGES).after(EditSession(title="Salt"))
    retitled.when(RequestStages(job_id=ANOTHER_JOB, stages=(Stage.VIDEO,))).refused("session.step_missing")
    (event,) = retitled.when(RequestStages(job_id=ANOTHER_JOB, stages=FILM)).decided()
    assert isinstance(event, StagesRequested)
    assert event.inputs.title == "Salt"


def test_a_session_is_made_of_a_script_where_there_is_one_and_else_of_the_prompt() -> None:
    (of_script,) = made(Stage.REFINE, Stage.SCRIPT).when(derive()).decided()
    (of_prompt,) = made(Stage.REFINE).when(derive()).decided()
    assert isinstance(of_script, SessionDerived)
    assert isinstance(of_prompt, SessionDerived)
    assert (of_script.inputs.script, of_prompt.inputs.script, of_prompt.inputs.prompt) == (SCRIPT, "", PROMPT)
    made(Stage.REFINE).when(derive(Basis.SCRIPT)).refused("session.step_missing")


def test_a_session_is_made_of_a_changed_prompt_without_the_old_script() -> None:
    (event,) = made(Stage.REFINE, Stage.SCRIPT).when(derive(prompt="Why is it wet?", voice="en-us")).decided()
    assert isinstance(event, SessionDerived)
    assert (event.inputs.prompt, event.inputs.script, event.inputs.voice) == ("Why is it wet?", "", "en-us")


def test_a_session_is_made_once_under_an_id_and_never_of_itself() -> None:
    made(Stage.REFINE).after(derive()).when(derive(voice="en-us")).then_nothing()
    itself = derive().model_copy(update={"new_session_id": SESSION})
    made(Stage.REFINE).when(itself).refused("session.exists")


def test_a_deleted_session_comes_back_with_all_that_it_had() -> None:
    session = made(Stage.REFINE, Stage.SCRIPT)
    back = session.after(DeleteSession()).when(RestoreSession()).then(SessionRestored(session_id=SESSION))
    back.when(RestoreSession()).then_nothing()
    back.when(step(Stage.SCRIPT)).then_nothing()


def test_what_was_at_work_for_a_deleted_session_is_not_when_it_comes_back() -> None:
    back = given(DECIDER).after(start(), DeleteSession(), RestoreSession())
    back.when(RecordStage(job_id=JOB, output=output(Stage.REFINE))).then_nothing()
    back.when(RecordFailure(job_id=JOB, code="x", message="y")).then_nothing()
    back.when(RequestStages(job_id=ANOTHER_JOB, stages=STAGES)).decided()


def test_only_a_deleted_session_is_purged_and_nothing_brings_it_back() -> None:
    made(Stage.REFINE).when(PurgeSession()).refused("session.not_deleted")
    deleted = made(Stage.REFINE).after(DeleteSession())
    gone = deleted.when(PurgeSession()).then(SessionPurged(session_id=SESSION, jobs=(JOB,)))
    gone.when(PurgeSession()).then_nothing()
    gone.when(DeleteSession()).then_nothing()
    gone.when(RestoreSession()).refused("session.not_open")
    gone.when(step(Stage.REFINE, prompt=PROMPT)).refused("session.not_open")
    gone.when(start()).refused("session.exists")
