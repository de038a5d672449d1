"""What counts in a log, found by a reading that shares no code with the one under test."""

from hashlib import blake2b

import msgspec

from contracts.envelope import Commit
from eventlog.commit import Record
from tests.simulator.log import SimTopic


def counted_commits(topic: SimTopic, partition: int) -> list[tuple[Record, Commit]]:
    """In log order, from genesis; raises `AssertionError` where a link does not recompute."""
    head = blake2b(f"{topic.name}:{partition}".encode(), digest_size=16).digest()
    found: list[tuple[Record, Commit]] = []
    for record in topic.partitions[partition]:
        if record.prev == head:
            head = blake2b(record.prev + record.key + record.value, digest_size=16).digest()
            assert head == record.id, f"the record at {record.offset} does not recompute"
            found.append((record, msgspec.json.decode(record.value, type=Commit)))
    return found
