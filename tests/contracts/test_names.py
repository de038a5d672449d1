"""Ids of names are those of the standard: they stand in logs, and are made again by whoever reads them."""

import pickle
import uuid

from hypothesis import given
from hypothesis import strategies as st

from contracts.names import text, uuid5


@given(st.uuids(), st.text())
def test_a_name_has_the_id_that_the_standard_gives_it(namespace: uuid.UUID, name: str) -> None:
    ours, theirs = uuid5(namespace, name), uuid.uuid5(namespace, name)
    assert ours == theirs
    assert (str(ours), ours.bytes, hash(ours), ours.version) == (str(theirs), theirs.bytes, hash(theirs), 5)
    assert ours.is_safe is theirs.is_safe
    assert pickle.loads(pickle.dumps(ours)) == theirs  # noqa: S301 - our own bytes


@given(st.uuids())
def test_an_id_reads_as_the_standard_writes_it(one: uuid.UUID) -> None:
    assert text(one) == str(one)
    assert text(uuid5(one, "child")) == str(uuid5(one, "child"))
