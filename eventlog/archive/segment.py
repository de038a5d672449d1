"""Some records of one partition, packed: MessagePack of their bytes as they are, compressed with Zstandard.

Only what a manifest says of a segment can be trusted, so it says all that a check needs: where the segment begins and
ends, the hash of its bytes, and where the chain stands after it.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import cramjam
import msgspec

from eventlog.commit import Position, Record, accept
from eventlog.errors import Corrupt

RAW_BYTES = 8 << 20
"""A segment is closed when its records have so many bytes: what a reader of one holds in memory."""
FORMAT = 1
_LEVEL = 3


class Segment(msgspec.Struct, frozen=True, rename="camel"):
    """What a manifest says of the records `first` … `last` of a partition.

    `counted` of them count. `size` and `sha256` are of the bytes as they are kept, `raw_size` of them unpacked. The
    last three are where a reader of the chain stands after it, in hexadecimal.
    """

    topic: str
    partition: int
    first: int
    last: int
    counted: int
    size: int
    raw_size: int
    sha256: str
    head: str
    head_offset: int
    last_id: str

    @property
    def name(self) -> str:
        """Where it is kept. Other bytes have another name."""
        return f"segments/{self.topic}/{self.partition}/{self.first:012}-{self.last:012}-{self.sha256[:16]}.zst"

    @property
    def place(self) -> str:
        """For people."""
        return f"{self.topic}[{self.partition}] offsets {self.first}…{self.last}"

    @property
    def position(self) -> Position:
        """Where a reader of the chain stands after it."""
        return Position(
            head=bytes.fromhex(self.head),
            head_offset=self.head_offset,
            next_offset=self.last + 1,
            last_id=bytes.fromhex(self.last_id),
            last_offset=self.last,
        )


class Packed(NamedTuple):
    """A finished segment, and its bytes."""

    segment: Segment
    content: bytes


class _Body(msgspec.Struct, frozen=True, array_like=True, gc=False):
    key: bytes
    value: bytes
    id: bytes
    prev: bytes


class _Content(msgspec.Struct, frozen=True, array_like=True):
    format: int
    topic: str
    partition: int
    first: int
    records: list[_Body]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Content).decode


class Cutter:
    """Cuts one partition into segments, and runs the accept rule over what it cuts."""

    def __init__(self, topic: str, partition: int, position: Position, raw_bytes: int = RAW_BYTES) -> None:
        self._topic = topic
        self._partition = partition
        self._limit = raw_bytes
        self._position = position
        self._waiting: list[Record] = []
        self._bytes = 0
        self._counted = 0

    def take(self, records: Sequence[Record]) -> list[Packed]:
        """The segments that are full with these. Raises `Corrupt` for a record that is broken, or does not follow."""
        full: list[Packed] = []
        for record in records:
            if record.offset != self._position.next_offset:
                raise Corrupt(
                    f"{self._topic}[{self._partition}] gave offset {record.offset} where {self._position.next_offset} "
                    "was to come: records are missing in the log, it cannot be archived past them"
                )
            try:
                self._position, counts = accept(self._position, record)
            except Corrupt as error:
                raise Corrupt(f"{self._topic}[{self._partition}]: {error}") from error
            self._counted += counts
            self._waiting.append(record)
            self._bytes += len(record.key) + len(record.value) + len(record.id) + len(record.prev)
            if self._bytes >= self._limit:
                full += self.finish()
        return full

    def finish(self) -> list[Packed]:
        """What is left, as a segment; nothing where nothing is."""
        if not self._waiting:
            return []
        first, position = self._waiting[0].offset, self._position
        raw = _encode(_Content(FORMAT, self._topic, self._partition, first, [_Body(*one[1:]) for one in self._waiting]))
        content = bytes(cramjam.zstd.compress(raw, _LEVEL))
        segment = Segment(
            topic=self._topic,
            partition=self._partition,
            first=first,
            last=position.last_offset,
            counted=self._counted,
            size=len(content),
            raw_size=len(raw),
            sha256=sha256(content).hexdigest(),
            head=position.head.hex(),
            head_offset=position.head_offset,
            last_id=position.last_id.hex(),
        )
        self._waiting, self._bytes, self._counted = [], 0, 0
        return [Packed(segment, content)]


def unpack(segment: Segment, content: bytes) -> list[Record]:
    """Its records. Raises `Corrupt` where the bytes are not those that the manifest names."""
    if (found := sha256(content).hexdigest()) != segment.sha256:
        raise Corrupt(
            f"the segment {segment.name} ({segment.place}) was altered: its SHA-256 is {found}, the manifest says "
            f"{segment.sha256}"
        )
    return opened(segment, content)


def opened(segment: Segment, content: bytes) -> list[Record]:
    """The records in bytes that may have been altered. Raises `Corrupt` where they cannot be read."""
    # The room is given, so bytes that would swell to more than they should are an error, not a full memory.
    raw = bytearray(segment.raw_size)
    try:
        if cramjam.zstd.decompress_into(content, raw) != segment.raw_size:
            raise Corrupt(f"the segment {segment.name} ({segment.place}) unpacks to fewer bytes than it should")
        found = _decode(raw)
    except (cramjam.DecompressionError, msgspec.DecodeError, UnicodeDecodeError, MemoryError) as error:
        raise Corrupt(f"the segment {segment.name} ({segment.place}) cannot be unpacked: {error}") from error
    said: tuple[Any, ...] = (found.format, found.topic, found.partition, found.first, len(found.records))
    named = (FORMAT, segment.topic, segment.partition, segment.first, segment.last - segment.first + 1)
    if said != named:
        raise Corrupt(f"the segment {segment.name} says of itself {said}, the manifest says {named}")
    return [Record(segment.first + n, one.key, one.value, one.id, one.prev) for n, one in enumerate(found.records)]
