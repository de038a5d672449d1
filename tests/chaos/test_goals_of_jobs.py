"""What the goals R8 to R10 count, over histories of a few events: without a system."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest

from contracts.envelope import Commit, Recorded
from eventlog.clock import new_id
from tests.chaos.goals.canceled_films import balance, named, wrongly_paid
from tests.chaos.goals.killed_workers import completions, moments, wasted
from tests.chaos.goals.processor_time import summed
from tests.chaos.goals.progress import Reached, Step, since
from tests.chaos.goals.tenants_in_turn import Wait, waits
from tests.chaos.history import Counted, History

BEGAN = datetime(2026, 11, 22, tzinfo=UTC)
STEPS = ((0.0, False, -5, 0), (9.0, False, -2, 0), (10.0, False, -1, 0), (13.0, False, -1, 1), (16.0, False, -1, 2))
JOB, OTHER = new_id(), new_id()


class Taken(NamedTuple):
    user: float
    system: float
    children_user: float
    children_system: float


def history(*events: tuple[str, Mapping[str, Any]], tenant: str = "demo") -> History:
    """One commit an event, a second apart."""
    found = History()
    for kind, data in events:
        add(found, kind, data, tenant)
    return found


def add(found: History, kind: str, data: Mapping[str, Any], tenant: str) -> None:
    number = len(found.counted)
    commit = Commit(
        stream="job-1",
        version=number + 1,
        command_id=new_id(),
        command_type="Any",
        payload_hash="",
        at=BEGAN + timedelta(seconds=number),
        tenant=tenant,
        actor="tests",
        events=(Recorded(type=kind, type_version=1, data=msgspec.Raw(msgspec.json.encode(data))),),
    )
    found.counted.append(Counted(0, number, b"", commit))


def moved(kind: str, amount: int, job: UUID = JOB) -> tuple[str, Mapping[str, Any]]:
    return f"account.credits_{kind}", {"jobId": str(job), "amount": amount}


def done(stage: str, sha256: str, job: UUID = JOB) -> tuple[str, Mapping[str, Any]]:
    output = {"stage": stage, "durationMs": 30_000, "artifacts": [{"sha256": sha256}]}
    return "job.stage_completed", {"jobId": str(job), "output": output}


def test_a_seed_is_one_row_of_kills_within_the_job() -> None:
    row = moments(8, 20, 100.0)
    assert row == moments(8, 20, 100.0) != moments(9, 20, 100.0)
    assert row == sorted(row)
    assert (len(row), min(row) >= 0, max(row) <= 95) == (20, True, True)


def test_a_job_goes_on_from_the_last_step_that_it_had_taken() -> None:
    steps = [Step(seconds, Reached(over, stages, parts)) for seconds, over, stages, parts in STEPS]
    assert since(steps, Reached(False, -1, 1)) == 13.0
    assert since(steps, Reached(False, -1, 2)) == 16.0, "not later than the part was seen"
    assert since(steps, Reached(False, -2, 0)) == 9.0
    assert since(steps, Reached(False, -5, 0)) == 0.0


def test_waste_is_the_share_of_what_was_spent_that_was_not_needed() -> None:
    assert wasted(125.0, 100.0) == pytest.approx(20.0)
    assert wasted(99.0, 100.0) == 0.0, "to need less than alone wastes nothing"


def test_processor_time_holds_that_of_children_that_are_no_more() -> None:
    worker, encoder = Taken(1.0, 0.5, 20.0, 2.0), Taken(3.0, 0.25, 0.0, 0.0)
    assert summed([worker, encoder]) == 26.75


def test_completions_are_those_of_the_session() -> None:
    one, other = new_id(), new_id()
    both = history(*(("job.completed", {"sessionId": str(session)}) for session in (one, other, one)))
    assert completions(one, both) == 2
    assert completions(new_id(), both) == 0


@pytest.mark.parametrize(
    ("moves", "paid"),
    [
        pytest.param([("reserved", -4), ("settled", 2)], True, id="what was done is paid for"),
        pytest.param([("reserved", -4), ("refunded", 4)], False, id="what was done is not paid for"),
        pytest.param([("reserved", -4)], False, id="what was set aside never came back"),
        pytest.param([("reserved", -4), ("settled", 2), ("settled", 0)], False, id="settled twice"),
        pytest.param([], False, id="nothing was set aside"),
    ],
)
def test_a_canceled_job_costs_the_stages_that_it_finished(moves: list[tuple[str, int]], *, paid: bool) -> None:
    jobs = history(done("speech", "a"), done("scenes", "b"))
    accounts = history(("account.credits_granted", {"amount": 100}), *(moved(kind, amount) for kind, amount in moves))
    assert wrongly_paid(accounts, jobs, [JOB]) == ([] if paid else [JOB])
    assert balance(accounts) == 100 + sum(amount for _, amount in moves)


def test_blobs_are_told_by_the_jobs_that_name_them() -> None:
    both = history(done("speech", "a"), done("scenes", "b"), done("speech", "a", OTHER))
    assert named(both) == {"a", "b"}
    assert named(both, of={JOB}) - named(both, besides={JOB}) == {"b"}


def test_a_wait_counts_the_jobs_of_the_large_tenant_begun_meanwhile() -> None:
    found = History()
    for kind, tenant in (
        ("job.claimed", "large"),
        ("job.queued", "late"),
        ("job.claimed", "large"),
        ("job.claimed", "later"),
        ("job.claimed", "late"),
        ("job.claimed", "large"),
        ("job.queued", "late"),
        ("job.claimed", "late"),
        ("job.queued", "never"),
    ):
        add(found, kind, {}, tenant)
    assert waits(found, "large") == [Wait(1, 3.0)], "of its first job alone, and of nobody who is still waiting"
