"""A session: each command with its possible outcomes. Happened, refused, or no news because it is so already."""

from typing import Any

import pytest
from pydantic import ValidationError

from contracts.messages.session import (
    Changes,
    DeleteSession,
    PromptRefined,
    RecordCancel,
    RecordFailure,
    RecordRetry,
    RecordStage,
    RequestStages,
    SessionCanceled,
    SessionCommand,
    SessionCompleted,
    SessionDeleted,
    SessionFailed,
    SessionRetried,
    SessionStarted,
    StagesRequested,
    StartSession,
    VideoRendered,
)
from contracts.pricing import estimate
from contracts.rendering import STAGES, Aspect, JobInputs, Kind, Stage, WriterEngine, Writing
from services.session.deciders.session import DECIDER
from tests.bdd import Given, given
from tests.session.words import (
    ACCOUNT,
    ANOTHER_JOB,
    DURATION_MS,
    JOB,
    PROMPT,
    SCRIPT,
    SESSION,
    SPOKEN,
    an_id,
    output,
    start,
)

FAILURE = RecordFailure(job_id=JOB, stage=Stage.VIDEO, code="ffmpeg.failed", message="no frame came", retryable=True)

ONLINE = Writing(engine=WriterEngine.ONLINE, model="small-1")


def begun(**how: Any) -> Given:
    return given(DECIDER).after(start(**how))


def recorded(*stages: Stage, **how: Any) -> Given:
    return begun(**how).after(*(RecordStage(job_id=JOB, output=output(stage)) for stage in stages))


def asked(before: Given, *stages: Stage, **changes: Any) -> StagesRequested:
    events = before.when(RequestStages(job_id=ANOTHER_JOB, stages=stages, changes=Changes(**changes))).decided()
    assert len(events) == 1
    assert isinstance(events[0], StagesRequested)
    return events[0]


def test_a_start_is_a_session_and_a_wish_for_work() -> None:
    given(DECIDER).when(start()).then(
        SessionStarted(
            session_id=SESSION,
            account_id=ACCOUNT,
            kind=Kind.SLIDES,
            aspect=Aspect.WIDE,
            prompt=PROMPT,
            script="",
            title="",
            language="en",
            voice="",
            stages=STAGES,
            metadata={},
        ),
        StagesRequested(
            session_id=SESSION,
            account_id=ACCOUNT,
            job_id=JOB,
            stages=STAGES,
            inputs=JobInputs(prompt=PROMPT),
            estimate_points=estimate("", STAGES),
        ),
    )


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, float("nan"), float("inf")])
def test_metadata_that_no_ledger_could_hold_is_no_command(number: float) -> None:
    with pytest.raises(ValidationError, match="send it as text"):
        StartSession.model_validate({**start().model_dump(), "metadata": {"deep": [{"number": number}]}})


def test_metadata_may_hold_any_other_json() -> None:
    told = {"deep": [{"number": 2**63 - 1, "half": 0.5, "so": True, "none": None}], "text": "autumn"}
    assert StartSession.model_validate({**start().model_dump(), "metadata": told}).metadata == told


def test_with_a_script_nothing_is_refined_or_written() -> None:
    _, wish = given(DECIDER).when(start(script=SCRIPT)).decided()
    assert isinstance(wish, StagesRequested)
    assert (wish.stages, wish.inputs.script, wish.estimate_points) == (SPOKEN, SCRIPT, estimate(SCRIPT, SPOKEN))


def test_a_script_of_blanks_is_none() -> None:
    _, wish = given(DECIDER).when(start(script=" \n ")).decided()
    assert isinstance(wish, StagesRequested)
    assert (wish.stages, wish.inputs.script, wish.estimate_points) == (STAGES, "", estimate("", STAGES))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (start(prompt=" "), "session.empty"),
        (start(script=SCRIPT, stages=(Stage.REFINE, Stage.SCRIPT)), "session.nothing_to_do"),
        (start(stages=(Stage.SPEECH,)), "session.step_missing"),
        (start(stages=(Stage.SCRIPT, Stage.VIDEO)), "session.step_missing"),
        (RequestStages(job_id=JOB, stages=STAGES), "session.not_open"),
        (RecordStage(job_id=JOB, output=output(Stage.REFINE)), "session.not_open"),
        (DeleteSession(), "session.not_open"),
    ],
)
def test_where_there_is_no_session_these_are_refused(command: SessionCommand, code: str) -> None:
    given(DECIDER).when(command).refused(code)


def test_a_repeated_start_is_no_news_even_with_another_job() -> None:
    begun().when(start()).then_nothing()
    begun().when(start(job=ANOTHER_JOB)).then_nothing()


def test_another_start_of_the_same_id_is_refused() -> None:
    begun().when(start(prompt="Why is the sky blue?")).refused("session.exists")
    begun().after(DeleteSession()).when(start()).refused("session.exists")


def test_while_a_job_is_at_work_more_work_is_refused() -> None:
    begun().when(RequestStages(job_id=ANOTHER_JOB, stages=STAGES)).refused("session.busy")


def test_a_wish_under_a_job_id_that_was_used_is_no_news() -> None:
    begun().when(RequestStages(job_id=JOB, stages=STAGES)).then_nothing()
    recorded(*STAGES).when(RequestStages(job_id=JOB, stages=(Stage.VIDEO,))).then_nothing()


def test_a_stage_whose_inputs_are_missing_is_refused() -> None:
    without_speech = recorded(Stage.REFINE, Stage.SCRIPT, stages=(Stage.REFINE, Stage.SCRIPT))
    without_speech.when(RequestStages(job_id=ANOTHER_JOB, stages=(Stage.VIDEO,))).refused("session.step_missing")


def test_work_goes_on_from_what_stands() -> None:
    written = recorded(Stage.REFINE, Stage.SCRIPT, stages=(Stage.REFINE, Stage.SCRIPT))
    wish = asked(written, Stage.SPEECH)
    assert wish.outputs == (output(Stage.REFINE), output(Stage.SCRIPT))
    assert (wish.inputs.refined_prompt, wish.estimate_points) == (
        output(Stage.REFINE).refined_prompt,
        estimate(SCRIPT, (Stage.SPEECH,)),
    )


@pytest.mark.parametrize(
    ("changes", "stages", "kept"),
    [
        ({}, (Stage.VIDEO,), (Stage.REFINE, Stage.SCRIPT, Stage.SPEECH, Stage.SCENES)),
        ({"aspect": Aspect.TALL}, (Stage.SCENES, Stage.VIDEO), (Stage.REFINE, Stage.SCRIPT, Stage.SPEECH)),
        ({"voice": "en-us"}, SPOKEN, (Stage.REFINE, Stage.SCRIPT)),
        ({"script": "Salt stays."}, SPOKEN, (Stage.REFINE,)),
        ({"prompt": "Why is the sky blue?"}, STAGES, ()),
        ({"writing": ONLINE}, STAGES, ()),
        ({"aspect": Aspect.WIDE}, (Stage.VIDEO,), (Stage.REFINE, Stage.SCRIPT, Stage.SPEECH, Stage.SCENES)),
    ],
)
def test_a_change_voids_what_was_made_of_what_it_changes(
    changes: dict[str, Any], stages: tuple[Stage, ...], kept: tuple[Stage, ...]
) -> None:
    wish = asked(recorded(*STAGES), *stages, **changes)
    assert tuple(one.stage for one in wish.outputs) == kept


def test_what_a_change_voided_cannot_be_built_on() -> None:
    wish = RequestStages(job_id=ANOTHER_JOB, stages=(Stage.VIDEO,), changes=Changes(aspect=Aspect.SQUARE))
    recorded(*STAGES).when(wish).refused("session.step_missing")


def test_another_prompt_takes_the_script_along_unless_a_script_comes_with_it() -> None:
    spoken = recorded(*SPOKEN, script=SCRIPT)
    assert asked(spoken, *STAGES, prompt="Why is the sky blue?").inputs.script == ""
    assert asked(spoken, *SPOKEN, prompt="Why is the sky blue?", script=SCRIPT).inputs.script == SCRIPT
    assert asked(spoken, *SPOKEN, prompt="Why is the sky blue?", script="It scatters.").inputs.script == "It scatters."


def test_the_writer_is_frozen_with_the_wish_and_may_be_changed_for_the_next() -> None:
    _, wish = given(DECIDER).when(start().model_copy(update={"writing": ONLINE})).decided()
    assert isinstance(wish, StagesRequested)
    assert wish.inputs.writing == ONLINE
    assert asked(recorded(*STAGES), *STAGES).inputs.writing is None
    assert asked(recorded(*STAGES), *STAGES, writing=ONLINE).inputs.writing == ONLINE


def test_nothing_to_write_about_is_refused() -> None:
    emptied = RequestStages(job_id=ANOTHER_JOB, stages=STAGES, changes=Changes(prompt=" "))
    recorded(*STAGES).when(emptied).refused("session.empty")


def test_a_finished_stage_is_recorded_and_a_second_time_is_no_news() -> None:
    told = RecordStage(job_id=JOB, output=output(Stage.REFINE))
    after = begun().when(told).then(PromptRefined(session_id=SESSION, job_id=JOB, output=output(Stage.REFINE)))
    after.when(told).then_nothing()


def test_the_film_completes_the_session() -> None:
    told = RecordStage(job_id=JOB, output=output(Stage.VIDEO))
    after = (
        recorded(*STAGES[:-1])
        .when(told)
        .then(
            VideoRendered(session_id=SESSION, job_id=JOB, output=output(Stage.VIDEO)),
            SessionCompleted(session_id=SESSION, job_id=JOB, duration_ms=DURATION_MS),
        )
    )
    after.when(told).then_nothing()


def test_some_stages_alone_complete_nothing_but_let_others_be_asked_for() -> None:
    refined = recorded(Stage.REFINE, stages=(Stage.REFINE,))
    assert asked(refined, Stage.SCRIPT).stages == (Stage.SCRIPT,)


def test_a_failure_of_the_job_at_work_fails_the_session_once() -> None:
    after = (
        begun()
        .when(FAILURE)
        .then(
            SessionFailed(
                session_id=SESSION,
                job_id=JOB,
                stage=Stage.VIDEO,
                code="ffmpeg.failed",
                message="no frame came",
                retryable=True,
            )
        )
    )
    after.when(FAILURE).then_nothing()


def test_a_canceled_job_cancels_the_session_once() -> None:
    told = RecordCancel(job_id=JOB, reason="enough")
    after = begun().when(told).then(SessionCanceled(session_id=SESSION, job_id=JOB, reason="enough"))
    after.when(told).then_nothing()


@pytest.mark.parametrize(
    "told",
    [
        RecordStage(job_id=an_id("a stranger"), output=output(Stage.REFINE)),
        RecordFailure(job_id=an_id("a stranger"), code="x", message="y"),
        RecordCancel(job_id=an_id("a stranger")),
    ],
)
def test_what_a_job_tells_that_is_not_at_work_here_is_no_news(told: SessionCommand) -> None:
    begun().when(told).then_nothing()
    begun().after(DeleteSession()).when(told).then_nothing()


def test_a_retried_job_is_at_work_again_on_the_stages_that_it_had_left() -> None:
    failed = recorded(Stage.REFINE).after(FAILURE)
    after = failed.when(RecordRetry(job_id=JOB)).then(SessionRetried(session_id=SESSION, job_id=JOB, stages=STAGES[1:]))
    after.when(RecordRetry(job_id=JOB)).then_nothing()
    assert (
        after.after(RecordStage(job_id=JOB, output=output(Stage.SCRIPT))).events[-1].TYPE == "session.script_generated"
    )


def test_a_job_that_goes_on_for_a_session_with_no_use_for_it_is_refused() -> None:
    again = RecordRetry(job_id=JOB, run=2)
    begun().after(DeleteSession()).when(again).refused("session.not_open")
    gone_on = begun().after(FAILURE, RequestStages(job_id=ANOTHER_JOB, stages=STAGES))
    gone_on.when(again).refused("session.busy")
    gone_on.after(RecordCancel(job_id=ANOTHER_JOB)).when(again).refused("session.superseded")


def test_a_job_that_has_done_all_its_stages_is_not_at_work_again() -> None:
    recorded(*STAGES).when(RecordRetry(job_id=JOB)).then_nothing()


def test_deleting_names_the_job_that_is_at_work_and_a_second_time_is_no_news() -> None:
    after = begun().when(DeleteSession()).then(SessionDeleted(session_id=SESSION, job_id=JOB))
    after.when(DeleteSession()).then_nothing()
    recorded(*STAGES).when(DeleteSession()).then(SessionDeleted(session_id=SESSION, job_id=None))


def test_a_deleted_session_takes_no_work() -> None:
    deleted = begun().after(DeleteSession())
    deleted.when(RequestStages(job_id=ANOTHER_JOB, stages=STAGES)).refused("session.not_open")
