"""What holds for sessions and accounts in every history, whatever is asked for in whatever order."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import assume, example, given, settings
from hypothesis import strategies as some

from contracts.catalog import encode
from contracts.messages import SESSION_CATALOG
from contracts.messages.account import (
    AccountCommand,
    CreditsGranted,
    CreditsRefunded,
    CreditsReserved,
    CreditsSettled,
    GrantCredits,
    RefundCredits,
    ReserveCredits,
    SettleCredits,
)
from contracts.messages.files import RemoveFile
from contracts.messages.preset import PresetCommand
from contracts.messages.session import (
    Changes,
    DeleteSession,
    DeriveSession,
    EditSession,
    PurgeSession,
    RecordCancel,
    RecordFailure,
    RecordRetry,
    RecordStage,
    RequestStages,
    RestoreSession,
    SessionCommand,
    SessionCompleted,
    SessionDeleted,
    SessionDerived,
    SessionPurged,
    SessionRestored,
    SessionStarted,
    StageRecorded,
    StagesRequested,
    TakeStep,
)
from contracts.messages.session_life import Basis
from contracts.model import EventBody
from contracts.rendering import STAGES, Aspect, Stage
from services.analytics.projections import OF_SESSIONS, WORKFLOW
from services.session.deciders import account, preset, session, session_work
from services.session.policies import derive
from services.session.projections import PROJECTIONS
from tests.bdd import NOON
from tests.flows.kept import check_document, check_row
from tests.histories import decided, events_of, folded, links, played, some_of
from tests.session.test_policies import heard
from tests.session.test_preset import PRESETS
from tests.session.words import ACCOUNT, PROMPT, SCRIPT, SESSION, an_id, opening, output, recording, register, start

jobs = some.sampled_from([an_id(name) for name in "abc"])
stages = some.lists(some.sampled_from(STAGES), min_size=1, unique=True).map(
    lambda chosen: tuple(stage for stage in STAGES if stage in chosen)
)
words = some.sampled_from(["", " ", PROMPT, SCRIPT])
changes = some_of(
    Changes,
    prompt=some.none() | words,
    script=some.none() | words,
    voice=some.none() | some.just("en-us"),
    aspect=some.none() | some.sampled_from(Aspect),
)
notes = some.none() | some.sampled_from([{}, {"campaign": "autumn"}])
SESSION_COMMANDS: some.SearchStrategy[SessionCommand] = some.one_of(
    some_of(start, prompt=words, script=words, stages=stages, job=jobs),
    some_of(start, job=jobs),
    some_of(RequestStages, job_id=jobs, stages=stages, changes=changes),
    some_of(RecordStage, job_id=jobs, output=some_of(output, stage=some.sampled_from(STAGES))),
    some_of(RecordFailure, job_id=jobs, code=some.just("x"), message=some.just("y")),
    some_of(RecordCancel, job_id=jobs),
    some_of(RecordRetry, job_id=jobs, run=some.none() | some.integers(1, 2)),
    some_of(
        TakeStep,
        session_id=some.just(SESSION),
        account_id=some.just(ACCOUNT),
        job_id=jobs,
        stages=stages,
        prompt=some.none() | words,
        script=some.none() | words,
    ),
    some_of(EditSession, title=some.none() | some.sampled_from(["Salt", "The sea"]), metadata=notes),
    some_of(
        DeriveSession,
        new_session_id=jobs,
        account_id=some.just(ACCOUNT),
        job_id=jobs,
        basis=some.none() | some.sampled_from(Basis),
        changes=changes,
    ),
    some_of(DeleteSession),
    some_of(RestoreSession),
    some_of(PurgeSession),
    some_of(opening, prompt=words.filter(bool)),
    some_of(recording, file_id=jobs, file_size=some.integers(0, 2)),
    some_of(RemoveFile, file_id=jobs),
)
BEGINNINGS: some.SearchStrategy[SessionCommand] = some.sampled_from((start(job=an_id("a")), opening()))
SESSIONS = some.builds(lambda first, then: [first, *then], BEGINNINGS, some.lists(SESSION_COMMANDS, max_size=20))

points = some.integers(0, 30)
runs = some.integers(1, 2)


def account_commands(enforce: some.SearchStrategy[bool]) -> some.SearchStrategy[AccountCommand]:
    return some.one_of(
        some_of(register, starter_grant=points),
        some_of(GrantCredits, entry_id=jobs, amount=some.integers(1, 30)),
        some_of(ReserveCredits, job_id=jobs, session_id=some.just(SESSION), run=runs, amount=points, enforce=enforce),
        some_of(SettleCredits, job_id=jobs, run=runs, actual=points),
        some_of(RefundCredits, job_id=jobs, session_id=some.just(SESSION), run=runs),
    )


def histories(enforce: some.SearchStrategy[bool]) -> some.SearchStrategy[list[AccountCommand]]:
    return some.lists(account_commands(enforce), max_size=25).map(lambda commands: [register(40), *commands])


ACCOUNTS = histories(some.booleans())
quick = settings(max_examples=80, deadline=None)


@quick
@given(SESSIONS)
def test_a_session_refuses_by_name_and_every_event_of_it_tells_something(commands: Sequence[SessionCommand]) -> None:
    for step in played(session.DECIDER, commands):
        assert (step.before == step.after) == (not step.events)
        for event in step.events:
            assert SESSION_CATALOG.decode_event(event.TYPE, event.VERSION, bytes(encode(event))) == event


@quick
@given(ACCOUNTS)
def test_an_account_refuses_by_name_and_every_event_of_it_tells_something(commands: Sequence[AccountCommand]) -> None:
    state = account.DECIDER.initial
    for event in events_of(played(account.DECIDER, commands)):
        after = account.DECIDER.evolve(state, event)
        assert after != state
        state = after
        assert SESSION_CATALOG.decode_event(event.TYPE, event.VERSION, bytes(encode(event))) == event


@quick
@given(SESSIONS, ACCOUNTS)
def test_a_repeat_is_not_news(of_a_session: Sequence[SessionCommand], of_an_account: Sequence[AccountCommand]) -> None:
    """Every command: each names what it wants once and for all (a job, a run, an entry), so what is so stays so."""
    for decider, commands in ((session.DECIDER, of_a_session), (account.DECIDER, of_an_account)):
        for step in played(decider, commands):
            if not step.refused:
                assert decided(decider, step.after, step.command) == "nothing"


@quick
@given(SESSIONS)
def test_a_session_has_at_most_one_job_at_work_and_completes_at_most_once_for_each(
    commands: Sequence[SessionCommand],
) -> None:
    completed = Counter(
        e.job_id for e in events_of(played(session.DECIDER, commands)) if isinstance(e, SessionCompleted)
    )
    assert all(times == 1 for times in completed.values())


@quick
@given(SESSIONS)
def test_what_is_asked_of_a_job_can_be_done(commands: Sequence[SessionCommand]) -> None:
    """Whatever a stage is made of is there before it, or the user gave it."""
    for event in events_of(played(session.DECIDER, commands)):
        if event.TYPE != "session.stages_requested":
            continue
        wish = SESSION_CATALOG.decode_event(event.TYPE, 1, bytes(encode(event))).model_dump()
        there = {one["stage"] for one in wish["outputs"]} | (
            {Stage.SCRIPT} if wish["inputs"]["script"].strip() else set()
        )
        for stage in wish["stages"]:
            assert there.issuperset(session_work.NEEDS[stage])
            there.add(stage)


@quick
@given(SESSIONS)
def test_nothing_happens_to_a_deleted_session_but_that_it_comes_back_or_is_gone_for_good(
    commands: Sequence[SessionCommand],
) -> None:
    away = purged = False
    for event in events_of(played(session.DECIDER, commands)):
        assert not purged
        assert away == isinstance(event, SessionRestored | SessionPurged)
        purged = isinstance(event, SessionPurged)
        away = isinstance(event, SessionDeleted)


@quick
@given(SESSIONS)
def test_a_job_is_told_to_go_on_only_for_the_session_that_waits_for_it_alone(
    commands: Sequence[SessionCommand],
) -> None:
    for step in played(session.DECIDER, commands):
        if isinstance(step.command, RecordRetry) and not step.refused and isinstance(step.after, session.Open):
            work, last = step.after.at_work, step.after.last
            assert step.command.job_id in {one.job_id for one in (work, last) if one is not None}


@quick
@given(SESSIONS)
def test_the_document_tells_what_the_rules_know(commands: Sequence[SessionCommand]) -> None:
    """The projection and the decider fold the same facts: neither may know of work that the other does not."""
    steps = played(session.DECIDER, commands)
    state = steps[-1].after
    view = folded(PROJECTIONS[0], events_of(steps))
    match state:
        case session.Open():
            (document,) = view
            assert document["activeJob"] == (str(state.at_work.job_id) if state.at_work else None)
            assert document["jobs"] == [str(job) for job in state.jobs]
            assert document["metadata"] == state.metadata
            assert document["status"] != "deleted"
            assert {one["name"] for one in document["stages"] if one["status"] == "done"} == set(state.outputs)
        case session.Deleted():
            (document,) = view
            assert (document["status"], document["activeJob"]) == ("deleted", None)
        case _:
            assert view == ()


REFINED_BESIDE_A_SCRIPT: list[SessionCommand] = [
    opening(),
    TakeStep(session_id=SESSION, account_id=ACCOUNT, job_id=an_id("a"), stages=(Stage.REFINE,), script=SCRIPT),
    RecordStage(job_id=an_id("a"), output=output(Stage.REFINE)),
]


def a_given_script_is_written_as_it_is(events: Sequence[EventBody]) -> bool:
    """Of a worker that is given a script this can be relied on, see `tests/render/stages`."""
    given_script = ""
    for event in events:
        if isinstance(event, StagesRequested):
            given_script = event.inputs.script
        elif isinstance(event, StageRecorded) and given_script and event.output.script not in (None, given_script):
            return False
    return True


@quick
@given(SESSIONS)
@example(REFINED_BESIDE_A_SCRIPT)
def test_the_workflow_tells_what_the_document_tells(commands: Sequence[SessionCommand]) -> None:
    """Two folds of the same facts for two kinds of reader: neither may know of a film that the other does not."""
    events = events_of(played(session.DECIDER, commands))
    assume(a_given_script_is_written_as_it_is(events))
    documents, rows = folded(PROJECTIONS[0], events), folded(WORKFLOW[0], events)
    assert len(documents) == len(rows)
    for document, row in zip(documents, rows, strict=True):
        assert (row["deleted_at"] is not None) == (document["status"] == "deleted")
        assert row["version"] == document["version"]
        assert [one["status"] for one in row["phases"]] == [one["status"] for one in document["stages"]]
        assert row["error_message"] == document["errorMessage"]
        assert (row["original_prompt"], row["story_title"]) == (document["prompt"], document["title"])
        assert row["enhanced_story"] == (document["script"] or document["refinedPrompt"])
        if document["status"] != "deleted":
            assert row["status"] == document["status"]


@quick
@given(SESSIONS)
def test_what_is_made_of_a_session_can_begin(commands: Sequence[SessionCommand]) -> None:
    for event in events_of(played(session.DECIDER, commands)):
        if isinstance(event, SessionDerived):
            (asked,) = derive(heard(event))
            begun = session.DECIDER.decide(session.DECIDER.initial, asked.body, NOON)
            assert isinstance(begun[0], SessionStarted)
            assert (begun[0].derived_from, begun[0].session_id) == (SESSION, event.new_session_id)
            assert isinstance(begun[1], StagesRequested)


@quick
@given(ACCOUNTS)
def test_the_balance_is_the_sum_of_the_amounts(commands: Sequence[AccountCommand]) -> None:
    total = 0
    for event in events_of(played(account.DECIDER, commands)):
        if isinstance(event, CreditsGranted | CreditsReserved | CreditsSettled | CreditsRefunded):
            total += event.amount
            assert event.balance_after == total
    (document,) = folded(PROJECTIONS[1], events_of(played(account.DECIDER, commands)))
    assert (
        document["openingBalance"] + sum(item["amount"] for item in document["items"]) == document["balance"] == total
    )


@quick
@given(histories(some.just(True)))
def test_the_balance_never_falls_below_nothing_where_that_is_enforced(commands: Sequence[AccountCommand]) -> None:
    assert all(
        event.balance_after >= 0
        for event in events_of(played(account.DECIDER, commands))
        if isinstance(event, CreditsReserved | CreditsSettled | CreditsRefunded)
    )


@quick
@given(ACCOUNTS)
def test_a_reservation_is_closed_once_takes_no_more_than_it_set_aside_and_gives_back_the_rest(
    commands: Sequence[AccountCommand],
) -> None:
    set_aside: dict[str, int] = {}
    closed: set[str] = set()
    for event in events_of(played(account.DECIDER, commands)):
        match event:
            case CreditsReserved():
                name = account.key(event.job_id, event.run)
                assert name not in closed
                assert name not in set_aside
                set_aside[name] = -event.amount
            case CreditsSettled() | CreditsRefunded():
                name = account.key(event.job_id, event.run)
                assert name not in closed
                closed.add(name)
                taken = event.actual if isinstance(event, CreditsSettled) else 0
                assert 0 <= taken <= set_aside.get(name, 0)
                assert event.amount == set_aside.get(name, 0) - taken
            case _:
                assert event.TYPE in ("account.registered", "account.credits_granted")


@quick
@given(SESSIONS, ACCOUNTS, PRESETS)
def test_states_survive_the_ledger(
    of_a_session: Sequence[SessionCommand],
    of_an_account: Sequence[AccountCommand],
    of_a_preset: Sequence[PresetCommand],
) -> None:
    for decider, commands in (
        (session.DECIDER, of_a_session),
        (account.DECIDER, of_an_account),
        (preset.DECIDER, of_a_preset),
    ):
        remembered = links(decider, SESSION_CATALOG, commands, forgetful=False)
        assert links(decider, SESSION_CATALOG, commands, forgetful=True) == remembered


@quick
@given(SESSIONS, ACCOUNTS, PRESETS)
def test_whatever_happens_can_be_kept(
    of_a_session: Sequence[SessionCommand],
    of_an_account: Sequence[AccountCommand],
    of_a_preset: Sequence[PresetCommand],
) -> None:
    happened = {
        "session": events_of(played(session.DECIDER, of_a_session)),
        "account": events_of(played(account.DECIDER, of_an_account)),
        "preset": events_of(played(preset.DECIDER, of_a_preset)),
    }
    for projection in PROJECTIONS:
        for document in folded(projection, happened.get(projection.category, [])):
            check_document(projection.name, document)
    for projection in OF_SESSIONS:
        for row in folded(projection, happened.get(projection.category, [])):
            check_row(projection.name, row)
            assert row["account_id"] == ACCOUNT
    for projection in WORKFLOW:
        for row in folded(projection, happened.get(projection.category, [])):
            check_row(projection.name, row)
