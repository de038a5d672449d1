"""A copy of a log in one file: what was read from it can be verified without a broker, and years later.

The first line names the topic and where each partition ended; then comes one line a record, partition by partition,
its bytes in base64.
"""

import asyncio
from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from eventlog.commit import Record
from eventlog.errors import Corrupt
from eventlog.read.replay import ReadableLog, read_log

_BATCH = 500


class _Header(msgspec.Struct):
    topic: str
    ends: dict[int, int]


class _Line(msgspec.Struct):
    partition: int
    offset: int
    key: bytes
    value: bytes
    id: bytes
    prev: bytes


class _Place(msgspec.Struct):
    partition: int
    offset: int


_encode = msgspec.json.Encoder().encode
_decode_header = msgspec.json.Decoder(_Header).decode
_decode_line = msgspec.json.Decoder(_Line).decode
_decode_place = msgspec.json.Decoder(_Place).decode


async def export(
    log: ReadableLog,
    partitions: Sequence[int],
    file: BinaryIO,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    until: Mapping[int, int] | None = None,
) -> int:
    """Write the partitions, up to `until` or as far as they go now, into `file`; the number of records.

    Every record is copied, those that do not count too: nothing is checked here. Raises `Unavailable`, and `Diverged`
    where a partition ends before `until`.
    """
    ends = {partition: await log.end(partition) if until is None else until[partition] for partition in partitions}
    await asyncio.to_thread(file.write, _encode(_Header(log.topic, ends)) + b"\n")
    done = 0
    for partition, end in ends.items():
        async for records in read_log(log, partition, 0, end):
            lines = [_encode(_Line(partition, *record)) for record in records]
            await asyncio.to_thread(file.write, b"\n".join(lines) + b"\n")
            done += len(records)
            progress(done, sum(ends.values()))
    return done


class FileEventLog:
    """The reading part of an events topic, from a copy."""

    def __init__(self, path: Path) -> None:
        """Index the file. Raises `Corrupt` where a line is broken, is missing, or stands where it does not belong."""
        self._path = path
        self._lines: dict[int, array[int]] = {}
        with path.open("rb") as file:
            header = _header(path, file.readline())
            self.topic = header.topic
            self._lines = {partition: array("Q") for partition in header.ends}
            self._index(file)
        for partition, end in header.ends.items():
            if len(self._lines[partition]) != end:
                raise Corrupt(
                    f"the copy {path} of {self.topic}[{partition}] ends at offset {len(self._lines[partition])}, "
                    f"it was written up to {end}: take another copy"
                )

    def partitions(self) -> list[int]:
        """Which partitions were copied."""
        return sorted(self._lines)

    async def end(self, partition: int) -> int:
        return len(self._lines[partition])

    async def record_at(self, partition: int, offset: int) -> Record | None:
        found = await asyncio.to_thread(self._read, partition, offset, 1)
        return found[0] if found else None

    async def tail(self, partition: int, offset: int) -> "FileTail":
        return FileTail(self, partition, offset)

    async def records(self, partition: int, offset: int) -> Sequence[Record]:
        """Some records from `offset` on; none at the end."""
        return await asyncio.to_thread(self._read, partition, offset, _BATCH)

    def _index(self, file: BinaryIO) -> None:
        place, before = file.tell(), "the header"
        for line in file:
            try:
                found = _decode_place(line)
            except msgspec.DecodeError as error:
                raise Corrupt(f"the copy {self._path} of {self.topic} has a broken line after {before}") from error
            lines = self._lines.get(found.partition)
            if lines is None or len(lines) != found.offset:
                raise Corrupt(
                    f"the copy {self._path} of {self.topic} has {found.partition}/{found.offset} after {before}, "
                    "where it does not belong: take another copy"
                )
            lines.append(place)
            place += len(line)
            before = f"{self.topic}[{found.partition}] offset {found.offset}"

    def _read(self, partition: int, offset: int, most: int) -> list[Record]:
        records: list[Record] = []
        with self._path.open("rb") as file:
            for place in self._lines[partition][max(offset, 0) : offset + most]:
                file.seek(place)
                records.append(self._record(partition, offset + len(records), file.readline()))
        return records

    def _record(self, partition: int, offset: int, line: bytes) -> Record:
        try:
            found = _decode_line(line)
        except msgspec.DecodeError as error:
            raise Corrupt(f"the copy {self._path} of {self.topic}[{partition}] is broken at offset {offset}") from error
        if _encode(found) != line.rstrip(b"\n"):
            raise Corrupt(f"the copy {self._path} of {self.topic}[{partition}] was altered at offset {offset}")
        return Record(found.offset, found.key, found.value, found.id, found.prev)


class FileTail:
    """Reads to the end of the copy; nothing is ever added to it."""

    generation = 0

    def __init__(self, log: FileEventLog, partition: int, offset: int) -> None:
        self._log = log
        self._partition = partition
        self._next = offset

    async def read(self, wait: float) -> Sequence[Record]:
        del wait
        records = await self._log.records(self._partition, self._next)
        self._next += len(records)
        return records

    async def close(self) -> None:
        self._next = -1


def _header(path: Path, line: bytes) -> _Header:
    try:
        return _decode_header(line)
    except msgspec.DecodeError as error:
        raise Corrupt(f"{path} is no copy of a log: its first line names no topic and partitions") from error
