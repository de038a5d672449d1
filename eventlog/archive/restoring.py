"""From an archive into an empty log. The records are appended as they are, first commits included: the chain stays."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

import msgspec

from contracts.envelope import Commit
from eventlog.archive.manifest import ArchiveError
from eventlog.archive.reading import ArchivedLog
from eventlog.archive.writing import Progress
from eventlog.commit import Link, Record, accept, start
from eventlog.errors import Diverged
from eventlog.log import EventLog
from eventlog.read.replay import ReadableLog, read_log

_at = msgspec.json.Decoder(Commit).decode


async def cut_at(log: ReadableLog, partitions: Sequence[int], moment: datetime) -> dict[int, int]:
    """Where each partition ends as of a moment: before its first commit that counts and was asked for later.

    The first record of a partition, which opens the log, always stays.
    """
    return {partition: await _cut(log, partition, moment) for partition in partitions}


async def heads(log: ReadableLog, ends: Mapping[int, int], progress: Progress) -> dict[int, str]:
    """The last id that counts in each partition, every id before it recomputed. Raises `Corrupt` by its place."""
    found: dict[int, str] = {}
    done = 0
    for partition, end in sorted(ends.items()):
        position = start(log.topic, partition)
        try:
            async for records in read_log(log, partition, 0, end):
                for record in records:
                    position, _ = accept(position, record)
                done += len(records)
                progress(f"checking {log.topic}", done, sum(ends.values()))
        except Diverged as error:
            raise type(error)(f"{log.topic}[{partition}]: {error}") from error
        found[partition] = position.head.hex()
    return found


async def check_target(log: ReadableLog, source: ArchivedLog, ends: Mapping[int, int]) -> int:
    """How many records of the archive are there already, from an interrupted restore.

    Raises `ArchiveError` where a partition holds anything else.
    """
    there = 0
    for partition, until in sorted(ends.items()):
        end = await log.end(partition)
        if end > until:
            raise _not_empty(log.topic, partition, f"{end} records, {until} would be restored")
        async for copied, found in _side_by_side(source, log, partition, 0, end):
            if copied != found:
                raise _not_empty(log.topic, partition, f"another record at offset {found.offset}")
        there += end
    return there


async def restore_log(log: EventLog, source: ArchivedLog, ends: Mapping[int, int], progress: Progress) -> int:
    """Append what is missing, read it back and compare; how many records were appended. `check_target` comes before.

    Raises `Unavailable`: then it goes on where it stopped when it is called again. Raises `ArchiveError` where
    somebody else writes to the log meanwhile.
    """
    appended = done = 0
    for partition, until in sorted(ends.items()):
        first = await log.end(partition)
        async for records in read_log(source, partition, first, until):
            await log.append(partition, [Link(record.key, record.value, record.id, record.prev) for record in records])
            appended += len(records)
            progress(f"restoring {log.topic}", done + records[-1].offset + 1, sum(ends.values()))
        done += until
        await _compare(source, log, partition, first, until)
    return appended


async def _compare(source: ArchivedLog, log: ReadableLog, partition: int, first: int, until: int) -> None:
    async for copied, found in _side_by_side(source, log, partition, first, until):
        if copied != found:
            raise _written_to(log.topic, partition, f"holds another record at offset {found.offset} than was appended")
    if (end := await log.end(partition)) != until:
        raise _written_to(log.topic, partition, f"ends at offset {end}, {until} were restored")


async def _side_by_side(
    source: ArchivedLog, log: ReadableLog, partition: int, first: int, until: int
) -> AsyncIterator[tuple[Record, Record]]:
    async for records in read_log(log, partition, first, until):
        copied: Sequence[Record] = ()
        for found in records:
            if not copied or found.offset > copied[-1].offset:
                copied = await source.records(partition, found.offset)
            yield copied[found.offset - copied[0].offset], found


async def _cut(log: ReadableLog, partition: int, moment: datetime) -> int:
    position = start(log.topic, partition)
    end = await log.end(partition)
    async for records in read_log(log, partition, 0, end):
        for record in records:
            position, counts = accept(position, record)
            if counts and record.offset > 0 and _at(record.value).at > moment:
                return record.offset
    return end


def _not_empty(topic: str, partition: int, what: str) -> ArchiveError:
    return ArchiveError(
        f"{topic}[{partition}] is not empty ({what}): a log is restored into an empty one. `playhead reset "
        "--everything` empties this stack; another data folder (PLAYHEAD_DATA) is a stack of its own."
    )


def _written_to(topic: str, partition: int, what: str) -> ArchiveError:
    return ArchiveError(
        f"{topic}[{partition}] {what}: somebody else writes to it. Stop every service, delete the topic, then restore "
        "again."
    )
