"""Policies hear what counts, each event once, and ask under ids that never change."""

from collections.abc import Iterable
from uuid import uuid5

import pytest

from contracts.catalog import UnknownMessage
from contracts.envelope import event_id, refusal_id
from eventlog.commit import Record, link, start
from eventlog.write.policy import Ask, Heard, PolicyLane
from tests.eventlog.toys import CATALOG, TOPIC, Add, Added, a_lane, add, command_id

BEGINNING = start(TOPIC, 0)


def copy_to_the_next_box(heard: Heard) -> Iterable[Ask]:
    if isinstance(heard.body, Added):
        yield Ask("copy", "toy-2", Add(things=heard.body.things))


def complain(heard: Heard) -> Iterable[Ask]:
    if heard.refusal is not None and heard.refusal.code == "toy.full":
        yield Ask("complain", "toy-3", Add(things=1))


def a_policy_lane() -> PolicyLane:
    return PolicyLane([copy_to_the_next_box, complain], CATALOG, BEGINNING, "policy")


def records_of(*things: int) -> list[Record]:
    lane = a_lane()
    links = [lane.propose(add(n, count)) for n, count in enumerate(things)]
    return [Record(offset, *one) for offset, one in enumerate(links) if one is not None]


def test_an_event_asks_for_a_command_in_another_stream() -> None:
    (record,) = records_of(4)
    (command,) = a_policy_lane().see(record)
    assert (command.stream, command.type, bytes(command.data)) == ("toy-2", "Add", b'{"things":4}')
    assert (command.tenant, command.actor) == ("acme", "policy")
    assert command.id == uuid5(uuid5(event_id(command_id(0), 0), "copy"), "toy-2")


def test_a_refusal_is_heard_under_an_id_of_its_own() -> None:
    (record,) = records_of(11)
    (command,) = a_policy_lane().see(record)
    assert command.id == uuid5(uuid5(refusal_id(command_id(0)), "complain"), "toy-3")


def test_the_same_log_asks_for_the_same_commands_again() -> None:
    records = records_of(4, 0, 3, 9)
    first, second = a_policy_lane(), a_policy_lane()
    asked = [command for record in records for command in first.see(record)]
    assert asked == [command for record in records for command in second.see(record)]
    assert len({command.id for command in asked}) == 3


def test_what_does_not_count_asks_for_nothing() -> None:
    first, second = records_of(4, 3)
    lane = a_policy_lane()
    lane.see(first)
    assert lane.see(first._replace(offset=1)) == []
    assert lane.see(second._replace(offset=2, prev=b"?" * 16)) == []
    assert (lane.accepted, lane.ignored) == (1, 2)


def test_a_record_that_was_heard_is_not_heard_again() -> None:
    (record,) = records_of(4)
    lane = a_policy_lane()
    assert len(lane.see(record)) == 1
    assert lane.see(record) == []


def test_an_event_that_only_newer_code_knows_is_not_passed_over() -> None:
    (record,) = records_of(4)
    newer = link(record.prev, record.key, record.value.replace(b'"toy.added"', b'"toy.doubled"'))
    with pytest.raises(UnknownMessage):
        a_policy_lane().see(Record(0, *newer))
