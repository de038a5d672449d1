"""Record batches, there and back: links to the bytes of a produce request, the bytes of a fetch to records."""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aiokafka.errors import CorruptRecordException
from aiokafka.record._protocols import (
    DefaultRecordBatchBuilderProtocol,
    DefaultRecordProtocol,
    LegacyRecordProtocol,
)
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from eventlog.commit import Link, Record
from eventlog.errors import Corrupt

MAX_BATCH_BYTES = 1_000_000
"""Below the 1 MiB that a broker takes for one batch, above the largest commit."""
_FRAME = struct.Struct(">qii")
"""First offset, length of what follows these two, leader epoch."""
_NONE = -1


class Fetched(NamedTuple):
    """What stood in a fetch. `epochs` are those of the leaders that wrote it; `next_offset` is where to read on.

    `size` is what the broker sent, in bytes.
    """

    records: list[Record]
    next_offset: int
    epochs: list[int]
    size: int


def packed(links: Sequence[Link], timestamp_ms: int) -> Iterator[tuple[int, bytes]]:
    """Batches of at most a megabyte, in order, each with the number of its links. A batch is appended whole or not."""
    builder, count = _builder(), 0
    for one in links:
        headers: list[tuple[str, bytes | None]] = [("id", one.id), ("prev", one.prev)]
        if builder.append(count, timestamp_ms, one.key, one.value, headers) is None:
            yield count, bytes(builder.build())
            builder, count = _builder(), 0
            builder.append(count, timestamp_ms, one.key, one.value, headers)
        count += 1
    if count:
        yield count, bytes(builder.build())


def _builder() -> DefaultRecordBatchBuilderProtocol:
    return DefaultRecordBatchBuilder(2, 0, 0, _NONE, _NONE, _NONE, MAX_BATCH_BYTES)


def unpacked(raw: bytes, offset: int, where: str) -> Fetched:
    """The records from `offset` on. Raises `Corrupt` where a batch does not have the checksum that it claims."""
    records: list[Record] = []
    next_offset = offset
    batches = MemoryRecords(raw)
    try:
        while batches.has_next():
            batch = batches.next_batch()
            if batch is None:
                break
            if not batch.validate_crc():
                raise CorruptRecordException("its checksum is wrong")
            if not batch.is_control_batch:
                records.extend(_record(found) for found in batch if found.offset >= offset)
            next_offset = batch.next_offset
    except CorruptRecordException as error:
        raise Corrupt(
            f"{where} holds a batch at or after offset {next_offset} that cannot be read: {error}. It was damaged on "
            "the broker's disk: restore the partition from another replica or from an archive."
        ) from error
    return Fetched(records, max(next_offset, offset), list(_epochs(raw)), len(raw))


def _record(found: DefaultRecordProtocol | LegacyRecordProtocol) -> Record:
    headers = dict(found.headers)
    return Record(
        found.offset, found.key or b"", found.value or b"", headers.get("id") or b"", headers.get("prev") or b""
    )


def _epochs(raw: bytes) -> Iterator[int]:
    at = 0
    while at + _FRAME.size <= len(raw):
        _, length, epoch = _FRAME.unpack_from(raw, at)
        at += 12 + length
        if at <= len(raw):
            yield epoch
