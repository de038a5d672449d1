"""Each condition that writers stand on: with it a scenario ends well, without it the same scenario does not.

The mutants are in `tests/simulator/mutants.py`. The conditions of readers are in `test_conditions_of_readers.py`; those
that only an unlucky order shows are in `test_conditions_by_seed.py`.
"""

from functools import partial
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from contracts.catalog import encode
from contracts.envelope import Command
from eventlog.commit import Link, link
from eventlog.errors import Conflict, Corrupt
from eventlog.memory import MemoryEventLog
from eventlog.write.deciding import payload_hash
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger, SqliteLedger
from eventlog.write.processor import Processor
from tests.eventlog.toys import CATALOG, TOPIC, TOY, accepted, add, command_id, commit_in
from tests.simulator import mutants
from tests.simulator.domain import NEWER, OLDER, Deposit
from tests.simulator.short import BEGINNING, a_lane, proposed, seen


async def a_processor(log: MemoryEventLog, lane: Lane) -> Processor:
    processor = Processor(log, 0, lane)
    await processor.start()
    return processor


async def ids(log: MemoryEventLog) -> list[UUID]:
    return [commit.command_id for commit in await accepted(log)]


@pytest.mark.mutant("refusals do not move the head")
def test_every_commit_moves_the_head_a_refusal_too() -> None:
    refusal = a_lane(Lane).propose(add("a", 11))
    assert refusal is not None
    assert seen(a_lane(Lane), refusal, refusal) == [True, False]
    with pytest.raises(Corrupt, match="two commits"):
        seen(a_lane(mutants.RefusalsLeaveTheHead), refusal, refusal)


@pytest.mark.parametrize(("kind", "times"), [(Lane, 1), (mutants.DedupesAgainstTheLedgerAlone, 2)])
async def test_dedupe_looks_into_the_overlay_too(kind: type[Lane], times: int) -> None:
    log = MemoryEventLog(TOPIC, 1)
    processor = await a_processor(log, a_lane(kind))
    links = proposed(processor.lane, "a", "a")
    await log.append(0, links)
    assert (await ids(log)).count(command_id("a")) == times


@pytest.mark.mutant("no dedupe by command id")
@pytest.mark.parametrize(("kind", "times"), [(Lane, 1), (mutants.NeverDedupes, 2)])
def test_a_command_that_is_delivered_twice_has_one_outcome(kind: type[Lane], times: int) -> None:
    lane, links = a_lane(kind), list[Link]()
    for _ in range(2):
        made = proposed(lane, "a")
        assert all(seen(lane, *made, first=len(links)))
        links += made
    assert len(links) == times


@pytest.mark.parametrize(("kind", "versions"), [(Lane, [1, 2, 3]), (mutants.KeepsTheOverlay, [1, 3, 4])])
def test_after_a_lost_race_the_overlay_is_dropped_whole(kind: type[Lane], versions: list[int]) -> None:
    lane, rival = a_lane(kind), a_lane(Lane)
    proposed(lane, "a", "b")
    theirs = proposed(rival, "z")
    seen(lane, *theirs)
    again = proposed(lane, "a", "b")
    assert [commit_in(one.value).version for one in (*theirs, *again)] == versions


@pytest.mark.mutant("handled ids pruned")
@pytest.mark.parametrize(("kind", "times"), [(MemoryLedger, 1), (mutants.PrunesHandledIds, 2)])
async def test_handled_ids_are_kept_as_long_as_the_partition_lives(kind: type[MemoryLedger], times: int) -> None:
    log = MemoryEventLog(TOPIC, 1)
    processor = await a_processor(log, a_lane(Lane, kind(BEGINNING)))
    for name in ("a", "b", "a"):
        await processor.handle([add(name)])
    assert (await ids(log)).count(command_id("a")) == times


def zombie_and_successor(ledger: MemoryLedger) -> tuple[Lane, list[Link]]:
    """A zombie that has read one commit and not saved it, and two that its successor has saved."""
    zombie, successor = a_lane(Lane, ledger), a_lane(Lane, ledger)
    links = proposed(successor, "a", "b")
    seen(zombie, links[0])
    seen(successor, *links)
    successor.save()
    return zombie, links


def test_the_ledger_is_guarded_by_the_position_it_was_loaded_with() -> None:
    zombie, _ = zombie_and_successor(MemoryLedger(BEGINNING))
    with pytest.raises(Conflict):
        zombie.save()


@pytest.mark.mutant("ledger write unguarded")
def test_an_unguarded_ledger_goes_back_and_calls_a_healthy_log_corrupt() -> None:
    ledger = mutants.UnguardedLedger(BEGINNING)
    zombie, links = zombie_and_successor(ledger)
    zombie.save()
    with pytest.raises(Corrupt):
        seen(a_lane(Lane, ledger), links[1], first=1)


def a_deposit(name: str, amount: int) -> Command:
    body = Deposit(amount=amount)
    return msgspec.structs.replace(add(name), stream="account-1", type=body.TYPE, data=encode(body))


@pytest.mark.parametrize(("fold", "refused"), [("account=2", None), ("account=1", "stream.not_understood")])
def test_the_ledger_is_keyed_by_the_version_of_the_fold(tmp_path: Path, fold: str, refused: str | None) -> None:
    writer = Lane(NEWER.deciders, NEWER.catalog, MemoryLedger(BEGINNING), lambda _: True)
    rewarded = writer.propose(a_deposit("a", 45))
    assert rewarded is not None
    older = Lane(OLDER.deciders, OLDER.catalog, SqliteLedger(tmp_path / "l", "account=1", BEGINNING), lambda _: True)
    seen(older, rewarded)
    older.save()
    ledger = SqliteLedger(tmp_path / "l", fold, BEGINNING)
    upgraded = Lane(NEWER.deciders, NEWER.catalog, ledger, lambda _: True)
    if ledger.fresh:
        seen(upgraded, rewarded)
    following = upgraded.propose(a_deposit("b", 1))
    assert following is not None
    refusal = commit_in(following.value).refusal
    assert (refusal.code if refusal else None) == refused


@pytest.mark.mutant("accepting only what is understood")
@pytest.mark.parametrize(("kind", "counted"), [(Lane, [True, True]), (mutants.AcceptsWhatItUnderstands, [False] * 2)])
def test_accepting_comes_before_understanding(kind: type[Lane], counted: list[bool]) -> None:
    (made,) = proposed(a_lane(Lane), "a")
    newer = link(BEGINNING.head, made.key, made.value.replace(b'"toy.added"', b'"toy.doubled"'))
    then = link(newer.id, b"toy-2", proposed(a_lane(Lane), "b")[0].value.replace(b'"toy-1"', b'"toy-2"'))
    assert seen(a_lane(kind), newer, then) == counted


async def test_a_rule_that_breaks_does_not_stall_its_partition() -> None:
    log = MemoryEventLog(TOPIC, 1)
    await (await a_processor(log, a_lane(Lane))).handle([add("breaks", 7), add("next")])
    assert await ids(log) == [command_id("breaks"), command_id("next")]
    stalled = await a_processor(MemoryEventLog(TOPIC, 1), a_lane(mutants.LetsRulesBreak))
    with pytest.raises(ZeroDivisionError):
        await stalled.handle([add("breaks", 7), add("next")])


def _lives_in(partition: int, partitions: int, stream: str) -> bool:
    return int(stream[-1]) % partitions == partition


@pytest.mark.parametrize(("partitions", "versions"), [(2, [0, 1]), (1, [1, 1])])
def test_a_stream_lives_in_one_partition(partitions: int, versions: list[int]) -> None:
    """Were each partition to take any stream, the stream would have two first events."""
    found = list[int]()
    for partition in range(2):
        mine = partition % partitions
        lane = Lane([TOY], CATALOG, MemoryLedger(BEGINNING), partial(_lives_in, mine, partitions))
        found.append(commit_in(proposed(lane, "a")[0].value).version)
    assert found == versions


async def test_the_same_id_with_other_content_is_told_apart() -> None:
    processor = await a_processor(MemoryEventLog(TOPIC, 1), a_lane(Lane))
    await processor.handle([add("a", 1), add("a", 2)])
    kept = processor.lane.handled(command_id("a"))
    assert kept == payload_hash(add("a", 1))
    assert kept != payload_hash(add("a", 2))
