"""What a coordinator's answer says that a group has committed."""

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from eventlog.errors import Unavailable
from eventlog.kafka.group import committed_in
from eventlog.offsets import Committed

PLACE = TopicPartition("events", 3)


def test_a_position_is_told_with_what_was_noted_beside_it() -> None:
    assert committed_in({PLACE: OffsetAndMetadata(7, "head")}, PLACE, "group g") == Committed(7, "head")


def test_a_group_that_has_committed_nothing_begins_at_the_beginning() -> None:
    assert committed_in({PLACE: OffsetAndMetadata(-1, "")}, PLACE, "group g") is None


def test_a_coordinator_that_does_not_name_the_partition_is_not_taken_for_one_that_knows_of_nothing() -> None:
    with pytest.raises(Unavailable, match="group g: its coordinator does not tell yet"):
        committed_in({}, PLACE, "group g")
