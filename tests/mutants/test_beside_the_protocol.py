"""One-line faults beside the protocol: in the rules of a job, in a projection, in the breaker of a projector."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import pytest
import time_machine

from contracts.messages.job import ClaimJob, CompleteStage, JobCommand
from contracts.model import EventBody
from contracts.rendering import Stage
from eventlog import clock
from eventlog.commit import start
from eventlog.errors import Poison
from eventlog.memory import MemoryEventLog
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projection import Fact, Projection, View
from eventlog.read.projector import BREAKER_IN_A_ROW, ProjectorLane
from eventlog.read.replay import Source
from eventlog.read.verify import verify
from eventlog.write.decider import Decider
from services.render.deciders.job import DECIDER
from services.render.deciders.job_state import Live, State
from tests.bdd import NOON, given
from tests.eventlog.counting import CATALOG, OUTCOMES, TOPIC, TOTALS, Writer, memory_store
from tests.session.words import output, queue
from tests.simulator.mutants_around import WithoutBreaker


def decide_for_any_turn(job: State, command: JobCommand, at: datetime) -> Sequence[EventBody]:
    """Whoever speaks has the newest turn."""
    if isinstance(job, Live) and isinstance(command, CompleteStage):
        job = Live(msgspec.structs.replace(job.job, epoch=command.epoch))
    return DECIDER.decide(job, command, at)


FOR_ANY_TURN = Decider(
    "job", 1, DECIDER.initial, DECIDER.state_type, DECIDER.evolve, decide_for_any_turn, DECIDER.commands
)


@pytest.mark.mutant("stale epoch accepted")
def test_what_a_worker_says_after_its_turn_is_refused() -> None:
    late = CompleteStage(epoch=1, output=output(Stage.REFINE))
    turns = (queue(Stage.REFINE), ClaimJob(worker="frozen", epoch=1), ClaimJob(worker="successor", epoch=2))
    given(DECIDER).after(*turns).when(late).refused("job.stale_epoch")
    (completed, *_) = given(FOR_ANY_TURN).after(*turns).when(late).decided()
    assert completed.TYPE == "job.stage_completed"


def stamped(view: View, fact: Fact) -> View:
    """The time at which it was folded is in the document."""
    return tuple({**row, "at": clock.now()} for row in TOTALS.fold(view, fact))


@pytest.mark.mutant("clock in a projection")
@pytest.mark.parametrize(("projection", "found"), [(TOTALS, []), (Projection("totals", 1, "counter", stamped), ["at"])])
async def test_a_document_that_knows_when_it_was_written_is_found(projection: Projection, found: list[str]) -> None:
    """A rebuild does not give it again."""
    log, store, writer = MemoryEventLog(TOPIC, 1), MemoryProjectionStore([projection], [OUTCOMES]), Writer()
    await log.append(0, [writer.commit("counter-a", 1)])
    with time_machine.travel(NOON):
        await written(log, store, ProjectorLane([projection], [OUTCOMES], CATALOG, start(TOPIC, 0), {}))
    report = await verify([Source(log, [0], CATALOG)], store, [projection], [OUTCOMES])
    assert [finding.field for finding in report.findings] == found


async def written(log: MemoryEventLog, store: MemoryProjectionStore, lane: ProjectorLane) -> None:
    position, counted = lane.take(log.partitions[0])
    await store.commit(TOPIC, 0, None, position, lane.fold(counted, {}))


@pytest.mark.mutant("breaker removed")
async def test_a_deploy_that_understands_nothing_parks_nothing() -> None:
    log, writer = MemoryEventLog(TOPIC, 1), Writer()
    await log.append(0, [writer.commit(f"counter-{n}", 1, type_version=2) for n in range(BREAKER_IN_A_ROW)])
    parked: dict[type[ProjectorLane], int] = {}
    for kind in (ProjectorLane, WithoutBreaker):
        store, lane = memory_store(), kind([TOTALS], [OUTCOMES], CATALOG, start(TOPIC, 0), {})
        if kind is ProjectorLane:
            with pytest.raises(Poison, match="bad deploy"):
                await written(log, store, lane)
        else:
            await written(log, store, lane)
        parked[kind] = len(store.parked.get((TOPIC, 0), ()))
    assert parked == {ProjectorLane: 0, WithoutBreaker: BREAKER_IN_A_ROW}
