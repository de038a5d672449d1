"""What holds for jobs in every history, whatever is asked for in whatever order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.catalog import encode
from contracts.messages import RENDER_CATALOG
from contracts.messages.job import (
    ApproveJob,
    CancelJob,
    ClaimJob,
    CompleteStage,
    ExpireJob,
    FailJob,
    FailStage,
    JobCanceled,
    JobClaimed,
    JobCommand,
    JobCompleted,
    JobExpired,
    JobFailed,
    JobReleased,
    JobRetried,
    JobStageCompleted,
    JobStageFailed,
    ReleaseJob,
    ReleaseReason,
    RetryJob,
)
from contracts.rendering import FREE_STAGES, STAGES, Stage
from services.analytics.projections import OF_JOBS
from services.render.deciders.job import DECIDER
from services.render.deciders.job_state import Absent, Job, Live
from services.render.projections import DOCUMENTS, QUEUE
from tests.flows.kept import check_document, check_row
from tests.histories import decided, events_of, folded, links, played
from tests.session.words import output, queue

epochs = some.integers(1, 9)
stages = some.sampled_from(STAGES)


class Story:
    """Commands that lead somewhere: unless they are wild, a worker speaks under the newest epoch, of what is next."""

    def __init__(self, wanted: tuple[Stage, ...], choices: Sequence[tuple[int, int, bool]]) -> None:
        self.commands: list[JobCommand] = [queue(*wanted)]
        (first,) = played(DECIDER, self.commands)
        self._state = first.after
        for choice, number, wild in choices:
            command = self._next(self._state.job, choice, number, wild=wild)
            self.commands.append(command)
            (step,) = played(replace(DECIDER, initial=self._state), [command])
            self._state = step.after

    def _next(self, job: Job, choice: int, number: int, *, wild: bool) -> JobCommand:
        epoch = number if wild else max(job.epoch, 1)
        stage = STAGES[number % len(STAGES)] if wild or not job.left else job.left[0]
        match choice:
            case 0 | 1:
                return ClaimJob(worker=f"w{number % 2}", epoch=number if wild else job.epoch + 1)
            case 2 | 3 | 4 | 5:
                return CompleteStage(epoch=epoch, output=output(stage))
            case 6:
                return FailStage(epoch=epoch, stage=stage, code="x", message="y", retryable=not wild)
            case 7:
                return ReleaseJob(epoch=epoch, reason=list(ReleaseReason)[number % len(ReleaseReason)])
            case 8:
                return ApproveJob(run=number if wild else job.run)
            case _:
                late = FailJob(code="x", message="y", run=max(job.run - 1, 1))
                ends = (CancelJob(), late, FailJob(code="x", message="y"), ExpireJob(), RetryJob(), RetryJob(), queue())
                return ends[number % len(ends)]


wanted = some.sampled_from([STAGES, STAGES[:2], STAGES[2:], STAGES[4:]])
steps = some.tuples(some.integers(0, 9), epochs, some.sampled_from([False, False, True]))
HISTORIES = some.builds(Story, wanted, some.lists(steps, max_size=30)).map(lambda story: story.commands)
quick = settings(max_examples=80, deadline=None)


@quick
@given(HISTORIES)
def test_a_job_refuses_by_name_and_every_event_of_it_tells_something(commands: Sequence[JobCommand]) -> None:
    state = DECIDER.initial
    for event in events_of(played(DECIDER, commands)):
        after = DECIDER.evolve(state, event)
        assert after != state
        state = after
        assert RENDER_CATALOG.decode_event(event.TYPE, event.VERSION, bytes(encode(event))) == event


@quick
@given(HISTORIES)
def test_a_repeat_is_not_news(commands: Sequence[JobCommand]) -> None:
    """`FailStage` and `ReleaseJob` give the turn back, and so does a claim that ends the job: the same word again is
    one of a turn that is over, which is refused. Every other command asks for what is so from then on."""
    for step in played(DECIDER, commands):
        if step.refused:
            continue
        again = decided(DECIDER, step.after, step.command)
        if isinstance(step.command, FailStage | ReleaseJob):
            assert again == "job.stale_epoch"
        elif isinstance(step.command, ClaimJob) and not all(isinstance(e, JobClaimed) for e in step.events):
            assert again == "job.over"
        else:
            assert again == "nothing"


@quick
@given(HISTORIES)
def test_epochs_grow_and_only_the_newest_changes_anything(commands: Sequence[JobCommand]) -> None:
    newest, held = 0, False
    for event in events_of(played(DECIDER, commands)):
        match event:
            case JobClaimed():
                assert event.epoch > newest
                assert event.takeover == held or not event.takeover
                newest, held = event.epoch, True
            case JobStageCompleted():
                assert (event.epoch, held) == (newest, True)
            case JobStageFailed() | JobReleased():
                assert (event.epoch, held) == (newest, True)
                held = False
            case _:
                held = held and not isinstance(event, JobCompleted | JobFailed | JobCanceled | JobExpired)


@quick
@given(HISTORIES, some.integers(1, 9), stages)
def test_a_stale_epoch_changes_nothing_whatever_it_says(
    commands: Sequence[JobCommand], late: int, stage: Stage
) -> None:
    for step in played(DECIDER, commands):
        state = step.after
        if isinstance(state, Absent) or late >= state.job.epoch:
            continue
        for word in (
            ClaimJob(worker="w1", epoch=late),
            CompleteStage(epoch=late, output=output(stage)),
            FailStage(epoch=late, stage=stage, code="x", message="y", retryable=True),
            ReleaseJob(epoch=late, reason=ReleaseReason.WORKER_LOST),
        ):
            assert decided(DECIDER, state, word) in ("job.stale_epoch", "job.over")


@quick
@given(HISTORIES)
def test_each_run_ends_once_and_each_stage_is_done_once(commands: Sequence[JobCommand]) -> None:
    ends: Counter[int] = Counter()
    done: Counter[Stage] = Counter()
    runs = 1
    for event in events_of(played(DECIDER, commands)):
        match event:
            case JobCompleted() | JobFailed() | JobCanceled() | JobExpired():
                ends[event.run] += 1
            case JobStageCompleted():
                done[event.output.stage] += 1
            case JobRetried():
                assert event.run == runs + 1
                assert ends[runs] == 1
                runs = event.run
            case _:
                assert not ends[runs]
    assert all(times == 1 for times in (*ends.values(), *done.values()))


@quick
@given(HISTORIES)
def test_states_survive_the_ledger(commands: Sequence[JobCommand]) -> None:
    assert links(DECIDER, RENDER_CATALOG, commands, forgetful=True) == links(
        DECIDER, RENDER_CATALOG, commands, forgetful=False
    )


@quick
@given(HISTORIES)
def test_whatever_happens_can_be_kept(commands: Sequence[JobCommand]) -> None:
    events = events_of(played(DECIDER, commands))
    for document in folded(DOCUMENTS[0], events):
        check_document("jobs", document)
    for projection in (*QUEUE, *OF_JOBS):
        rows = folded(projection, events)
        for row in rows:
            check_row(projection.name, row)
        assert len({tuple(row[name] for name in projection.key) for row in rows}) == len(rows)


@quick
@given(HISTORIES)
def test_queue_and_document_say_what_the_rules_know(commands: Sequence[JobCommand]) -> None:
    events = events_of(taken := played(DECIDER, commands))
    state = taken[-1].after
    (row,), (document,) = folded(QUEUE[0], events), folded(DOCUMENTS[0], events)
    worker = state.job.worker or None
    running = [stage["name"] for stage in document["stages"] if stage["status"] == "running"]
    assert (row["worker"], document["worker"]) == (worker, worker)
    assert (row["epoch"], document["epoch"]) == (state.job.epoch, state.job.epoch)
    assert (row["run"], document["run"]) == (state.job.run, state.job.run)
    assert tuple(row["stages_left"]) == state.job.left
    assert (row["state"] == "running", document["status"] == "running") == (bool(worker), bool(worker))
    assert running == ([state.job.left[0]] if worker else [])
    claim = ClaimJob(worker="next", epoch=state.job.epoch + 1)
    assert worker or row["claimable"] == (decided(DECIDER, state, claim) == "happened")


@quick
@given(HISTORIES)
def test_at_most_one_attempt_is_running_and_it_is_at_the_stage_that_is_next(commands: Sequence[JobCommand]) -> None:
    events = events_of(taken := played(DECIDER, commands))
    state = taken[-1].after
    job = state.job
    found = folded(OF_JOBS[1], events)
    assert [one["stage"] for one in found if one["outcome"] == "running"] == ([job.left[0]] if job.worker else [])
    waits = job.held and isinstance(state, Live)
    held = {one["stage"] for one in found if one["outcome"] == "held"}
    assert held == ({stage for stage in job.left if stage not in FREE_STAGES} if waits else set())
