"""The accept rule, over everything that a partition may hold."""

from collections.abc import Sequence
from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import event_id
from eventlog.commit import Link, Position, Record, accept, chain, link, start
from eventlog.errors import Corrupt
from tests.eventlog.toys import TOPIC, command_id

BEGINNING = start(TOPIC, 0)


def log_of(links: Sequence[Link]) -> list[Record]:
    return [Record(offset, *one) for offset, one in enumerate(links)]


def chain_of(values: Sequence[bytes]) -> list[Link]:
    links: list[Link] = []
    for value in values:
        links.append(link(links[-1].id if links else BEGINNING.head, b"toy-1", value))
    return links


def read(records: Sequence[Record], position: Position = BEGINNING) -> tuple[Position, list[Record]]:
    counted: list[Record] = []
    for record in records:
        position, counts = accept(position, record)
        if counts:
            counted.append(record)
    return position, counted


values = st.lists(st.binary(max_size=8), min_size=1, max_size=12)


@given(values)
def test_a_chain_counts_from_its_first_record_to_its_last(contents: list[bytes]) -> None:
    links = chain_of(contents)
    position, counted = read(log_of(links))
    assert [record.value for record in counted] == contents
    assert (position.head, position.head_offset, position.next_offset) == (
        links[-1].id,
        len(links) - 1,
        len(links),
    )


@given(values, st.data())
def test_copies_and_late_copies_change_nothing(contents: list[bytes], data: st.DataObject) -> None:
    links = chain_of(contents)
    noisy: list[Link] = []
    for at, one in enumerate(links):
        noisy.append(one)
        noisy.extend(data.draw(st.lists(st.sampled_from(links[: at + 1]), max_size=3)))
    position, counted = read(log_of(noisy))
    assert [record.value for record in counted] == contents
    assert position.head == links[-1].id


@given(values, values)
def test_of_two_writers_on_one_head_the_first_in_the_log_wins(first: list[bytes], second: list[bytes]) -> None:
    mine, theirs = chain_of(first), chain_of(second)
    _, counted = read(log_of([*mine, *theirs]))
    assert [record.value for record in counted][: len(first)] == first


@given(values, st.integers(0, 12))
def test_a_reader_that_stops_and_goes_on_sees_what_one_that_never_stopped_sees(contents: list[bytes], at: int) -> None:
    records = log_of(chain_of(contents))
    halfway, before = read(records[:at])
    position, after = read(records[at:], halfway)
    assert (position, before + after) == read(records)


@given(values)
def test_what_was_read_already_moves_nothing(contents: list[bytes]) -> None:
    records = log_of(chain_of(contents))
    position, _ = read(records)
    assert read(records, position) == (position, [])


@given(values, st.data())
def test_a_changed_byte_in_what_would_count_is_corrupt(contents: list[bytes], data: st.DataObject) -> None:
    records = log_of(chain_of(contents))
    at = data.draw(st.integers(0, len(records) - 1))
    broken = records[at]._replace(value=records[at].value + b"!")
    position, _ = read(records[:at])
    with pytest.raises(Corrupt, match=f"offset {at}"):
        accept(position, broken)


def test_a_record_without_headers_is_ignored_and_known_again_by_its_bytes() -> None:
    stranger = Record(0, b"k", b"v", b"", b"")
    position, counts = accept(BEGINNING, stranger)
    assert not counts
    assert (position.last_offset, position.last_id) == (0, chain(b"", b"k", b"v"))
    assert position.head == BEGINNING.head


def test_every_partition_of_every_topic_has_a_beginning_of_its_own() -> None:
    beginnings = {start(topic, partition).head for topic in ("a", "b") for partition in (0, 1)}
    assert len(beginnings) == 4


def test_an_event_id_is_made_of_its_command_and_its_number() -> None:
    assert event_id(command_id("x"), 3) == uuid5(command_id("x"), "3")
