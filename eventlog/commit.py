"""The hash chain of a partition and the accept rule.

Kafka appends whatever it is sent, from anybody, in any number of copies. Which records *count* is decided by their
readers, all by the same rule: a record counts iff it chains on the last one that counted. The first in log order
wins, duplicates and late writers are ignored, and nobody needs a lock, a transaction or a fencing token.
"""

from hashlib import blake2b
from typing import NamedTuple

import msgspec

from eventlog.errors import Corrupt

DIGEST_BYTES = 16


class Record(NamedTuple):
    """One record as a reader finds it in a partition; `id` and `prev` are its headers, empty where it has none."""

    offset: int
    key: bytes
    value: bytes
    id: bytes
    prev: bytes

    @property
    def fingerprint(self) -> bytes:
        """16 bytes by which a reader finds this record again: its id, or a hash where it claims no proper one."""
        return self.id if len(self.id) == DIGEST_BYTES else chain(self.prev, self.key, self.value)


class Link(NamedTuple):
    """A record that a writer wants appended."""

    key: bytes
    value: bytes
    id: bytes
    prev: bytes


class Position(msgspec.Struct, frozen=True):
    """How far a reader has come in a partition, and by what it will know the place again.

    `head` is the id of the last record that counted, at `head_offset` (-1: none yet); reading goes on at
    `next_offset`; `last_id` is the fingerprint of the record at `last_offset`, the last one read, counted or not.
    """

    head: bytes
    head_offset: int
    next_offset: int
    last_id: bytes
    last_offset: int


def chain(prev: bytes, key: bytes, value: bytes) -> bytes:
    """The id of a record: BLAKE2b-128 over the bytes as they are."""
    return blake2b(prev + key + value, digest_size=DIGEST_BYTES).digest()


def link(prev: bytes, key: bytes, value: bytes) -> Link:
    """A record that chains on `prev`."""
    return Link(key, value, chain(prev, key, value), prev)


def start(topic: str, partition: int) -> Position:
    """The position of a reader that has read nothing: offset 0, and a head that no other partition shares."""
    genesis = blake2b(f"{topic}:{partition}".encode(), digest_size=DIGEST_BYTES).digest()
    return Position(head=genesis, head_offset=-1, next_offset=0, last_id=b"", last_offset=-1)


def accept(position: Position, record: Record) -> tuple[Position, bool]:
    """Move past `record`; whether it counts. Raises `Corrupt` when it would count but its id does not recompute.

    A record before the position was read already: it does not count again and moves nothing.
    """
    if record.offset < position.next_offset:
        return position, False
    if record.prev != position.head:
        ignored = Position(position.head, position.head_offset, record.offset + 1, record.fingerprint, record.offset)
        return ignored, False
    if chain(record.prev, record.key, record.value) != record.id:
        raise Corrupt(
            f"the record at offset {record.offset} chains on the head {position.head.hex()} but its bytes give the id "
            f"{chain(record.prev, record.key, record.value).hex()}, not {record.id.hex() or 'none'} as it claims: "
            "it was altered after it was written. Restore the partition from an archive; nothing after it was read."
        )
    return Position(record.id, record.offset, record.offset + 1, record.id, record.offset), True
