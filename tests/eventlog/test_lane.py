"""The write protocol of one partition, without I/O."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import msgspec
import pytest

from contracts.envelope import Command
from eventlog.commit import Link, Record, link, start
from eventlog.errors import Corrupt
from eventlog.write.deciding import MAX_COMMIT_BYTES
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from tests.eventlog.toys import CATALOG, TOPIC, TOY, a_lane, add, command_id, commit_in

BEGINNING = start(TOPIC, 0)


def proposed(lane: Lane, *commands: Command) -> list[Link]:
    return [one for command in commands if (one := lane.propose(command)) is not None]


def seen(lane: Lane, links: Sequence[Link], first: int = 0) -> list[bool]:
    return [lane.see(Record(first + n, *one)) for n, one in enumerate(links)]


def refusal(one: Link | None) -> str:
    assert one is not None
    found = commit_in(one.value).refusal
    assert found is not None
    return found.code


def test_commands_of_a_batch_are_decided_each_on_what_the_one_before_will_have_done() -> None:
    lane = a_lane()
    first, second, third = proposed(lane, add("a", 6), add("b", 3), add("c", 5))
    assert [commit_in(one.value).version for one in (first, second, third)] == [1, 2, 2]
    assert refusal(third) == "toy.full"
    assert (first.prev, second.prev, third.prev) == (BEGINNING.head, first.id, second.id)


def test_every_outcome_moves_the_head() -> None:
    lane = a_lane()
    links = proposed(lane, add("does something", 1), add("does nothing", 0), add("is refused", 11), add("breaks", 7))
    assert seen(lane, links) == [True] * 4
    assert lane.position.head == links[-1].id
    assert lane.pending == 0


def test_a_repeat_is_not_proposed_again_before_or_after_it_was_seen() -> None:
    lane = a_lane()
    links = proposed(lane, add("a"), add("a"))
    assert len(links) == 1
    seen(lane, links)
    assert lane.propose(add("a")) is None
    assert lane.handled(command_id("a")) is not None


def test_another_writers_commit_takes_the_whole_overlay_with_it() -> None:
    lane, rival = a_lane(), a_lane()
    mine = proposed(lane, add("a", 6), add("b", 3))
    theirs = proposed(rival, add("z", 4))
    assert seen(lane, [*theirs, *mine]) == [True, False, False]
    assert lane.pending == 0
    again = proposed(lane, add("a", 6), add("b", 3))
    assert commit_in(again[0].value).version == 2
    assert refusal(again[1]) == "toy.full"


def test_a_rivals_commit_of_the_same_command_counts_as_mine() -> None:
    lane, rival = a_lane(), a_lane()
    mine, theirs = proposed(lane, add("a")), proposed(rival, add("a"))
    assert mine == theirs
    assert seen(lane, theirs) == [True]
    assert lane.propose(add("a")) is None


def test_an_abandoned_proposal_can_be_proposed_again() -> None:
    lane = a_lane()
    first = lane.propose(add("a"))
    lane.abandon()
    assert lane.propose(add("a")) == first


def test_a_lane_goes_on_from_its_ledger() -> None:
    ledger = MemoryLedger(BEGINNING)
    before = a_lane(ledger)
    seen(before, proposed(before, add("a", 6)))
    before.save()
    after = a_lane(ledger)
    assert after.position == before.position
    assert after.propose(add("a", 6)) is None
    assert refusal(after.propose(add("b", 5))) == "toy.full"


def test_nothing_proposed_reaches_the_ledger_before_it_was_seen() -> None:
    ledger = MemoryLedger(BEGINNING)
    lane = a_lane(ledger)
    lane.propose(add("a"))
    lane.save()
    assert ledger.position() == BEGINNING
    assert ledger.handled(command_id("a")) is None


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (add("a", 11), "toy.full"),
        (add("a", 7), "decider.failed"),
        (add("a", stream="elsewhere-1"), "stream.misplaced"),
        (add("a", expected_version=3), "version.stale"),
        (msgspec.structs.replace(add("a"), type="Remove"), "command.malformed"),
        (msgspec.structs.replace(add("a"), data=msgspec.Raw(b'{"things":"many"}')), "command.malformed"),
        (msgspec.structs.replace(add("a"), data=msgspec.Raw(b'{"things":1,"more":2}')), "command.malformed"),
    ],
)
def test_what_cannot_be_decided_is_refused_by_name_and_stalls_nothing(command: Command, code: str) -> None:
    lane = a_lane()
    links = proposed(lane, command, add("next"))
    assert refusal(links[0]) == code
    assert seen(lane, links) == [True, True]


def test_a_commit_that_is_too_large_is_refused_and_leaves_the_stream_as_it_was() -> None:
    lane = a_lane()
    long_actor = msgspec.structs.replace(add("a"), origin="x" * MAX_COMMIT_BYTES)
    one = lane.propose(long_actor)
    assert refusal(one) == "commit.too_large"


def test_another_tenants_command_meets_a_stream_that_is_not_there() -> None:
    lane = a_lane()
    seen(lane, proposed(lane, add("a", 9)))
    assert refusal(lane.propose(add("b", 1, tenant="rival"))) == "stream.not_found"
    assert refusal(lane.propose(add("c", 11, tenant="rival"))) == "toy.full"
    version_of_a_rival = lane.propose(add("d", 1, tenant="rival", expected_version=1))
    assert refusal(version_of_a_rival) == "stream.not_found"


def test_whoever_may_touch_only_his_own_meets_anothers_stream_as_if_it_were_not_there() -> None:
    owner, neighbour = command_id("an account"), command_id("another account")
    owned = replace(TOY, subject=lambda box: owner if box.things else None)
    lane = Lane([owned], CATALOG, MemoryLedger(BEGINNING), lambda _: True)
    seen(lane, proposed(lane, only(owner, add("a", 9))))
    assert refusal(lane.propose(only(neighbour, add("b", 1)))) == "toy.exists"
    assert refusal(lane.propose(only(neighbour, add("c", 1, expected_version=7)))) == "toy.exists"
    assert refusal(lane.propose(only(neighbour, add("d", 11)))) == "toy.full"
    assert lane.propose(only(neighbour, add("e", 0))) is not None
    (first, second) = proposed(lane, only(owner, add("f", 1)), only(neighbour, add("g", 1, stream="toy-2")))
    assert [commit_in(one.value).version for one in (first, second)] == [2, 1]
    assert refusal(lane.propose(add("whoever administers", 1))) == "toy.full"


def only(account: UUID, command: Command) -> Command:
    """It may touch what is that account's, and nothing else."""
    return msgspec.structs.replace(command, only_of=account)


def test_a_commit_that_is_not_understood_counts_and_closes_its_stream_alone() -> None:
    lane = a_lane()
    (made,) = proposed(a_lane(), add("a"))
    newer = link(BEGINNING.head, made.key, made.value.replace(b'"toy.added"', b'"toy.doubled"'))
    assert seen(lane, [newer]) == [True]
    assert refusal(lane.propose(add("b"))) == "stream.not_understood"
    other = lane.propose(add("c", stream="toy-2"))
    assert other is not None
    assert commit_in(other.value).refusal is None


def test_bytes_that_are_no_commit_count_and_close_the_stream_of_their_key() -> None:
    lane = a_lane()
    assert seen(lane, [link(BEGINNING.head, b"toy-1", b"\xff not json")]) == [True]
    assert refusal(lane.propose(add("b"))) == "stream.not_understood"


def test_a_version_that_leaves_a_gap_is_corrupt() -> None:
    (made,) = proposed(a_lane(), add("a"))
    gap = link(BEGINNING.head, made.key, made.value.replace(b'"version":1', b'"version":5'))
    with pytest.raises(Corrupt, match="version 5"):
        a_lane().see(Record(0, *gap))


def test_a_command_with_two_commits_that_count_is_corrupt() -> None:
    lane = a_lane()
    (made,) = proposed(lane, add("a"))
    seen(lane, [made])
    twice = link(made.id, made.key, made.value)
    with pytest.raises(Corrupt, match="two commits"):
        lane.see(Record(1, *twice))


def test_a_corrupt_record_leaves_everything_as_it_was() -> None:
    lane = a_lane()
    (made,) = proposed(lane, add("a"))
    with pytest.raises(Corrupt):
        lane.see(Record(0, made.key, made.value + b" ", made.id, made.prev))
    assert lane.position == BEGINNING
    assert lane.pending == 1
