"""From a folder into an empty log. The records are appended as they are, first commits included: the chain stays."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from blobs.store import BlobRef, BlobStore
from contracts.envelope import Commit
from eventlog.commit import Link, Record, accept, start
from eventlog.copy import FileEventLog
from eventlog.log import EventLog
from eventlog.read.replay import ReadableLog, read_log
from ops.backup.checking import Progress, blobs_in
from ops.backup.manifest import BackupError, Manifest
from ops.backup.taking import copy_blob

_at = msgspec.json.Decoder(Commit).decode


async def cut_at(log: FileEventLog, moment: datetime) -> dict[int, int]:
    """Where each partition ends as of a moment: before its first commit that counts and was asked for later.

    The first record of a partition, which opens the log, always stays.
    """
    return {partition: await _cut(log, partition, moment) for partition in log.partitions()}


async def check_target(log: ReadableLog, source: FileEventLog, ends: Mapping[int, int]) -> int:
    """How many records of the copy are there already, from an interrupted restore.

    Raises `BackupError` where a partition holds anything else.
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


async def restore_log(log: EventLog, source: FileEventLog, ends: Mapping[int, int], progress: Progress) -> int:
    """Append what is missing, read it back and compare; how many records were appended. `check_target` comes before.

    Raises `Unavailable`: then it goes on where it stopped when it is called again.
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


async def restore_blobs(folder: Path, manifest: Manifest, blobs: BlobStore, progress: Progress) -> int:
    """Put every blob where it is missing; how many were. Raises `BlobCorrupt`, `BlobStoreUnavailable`."""
    kept = blobs_in(folder)
    put = done = 0
    with TemporaryDirectory(prefix="playhead-restore-") as incoming:
        for blob in manifest.blobs:
            if await blobs.size(blob.sha256) != blob.size:
                if not await copy_blob(kept, blobs, BlobRef(blob.sha256, blob.size), Path(incoming)):
                    raise BackupError(f"{folder / 'blobs'} lost {blob.sha256}: restore the folder from another copy")
                put += 1
            done += blob.size
            progress("restoring blobs", done, manifest.blob_bytes)
    await kept.close()
    return put


async def _compare(source: FileEventLog, log: ReadableLog, partition: int, first: int, until: int) -> None:
    async for copied, found in _side_by_side(source, log, partition, first, until):
        if copied != found:
            raise BackupError(
                f"{log.topic}[{partition}] holds another record at offset {found.offset} than was appended: somebody "
                "else writes to it. Stop every service, delete the topic, then restore again."
            )
    if (end := await log.end(partition)) != until:
        raise BackupError(
            f"{log.topic}[{partition}] ends at offset {end}, {until} were restored: somebody else writes to it. Stop "
            "every service, delete the topic, then restore again."
        )


async def _side_by_side(
    source: FileEventLog, log: ReadableLog, partition: int, first: int, until: int
) -> AsyncIterator[tuple[Record, Record]]:
    async for records in read_log(log, partition, first, until):
        copied: Sequence[Record] = ()
        for found in records:
            if not copied or found.offset > copied[-1].offset:
                copied = await source.records(partition, found.offset)
            yield copied[found.offset - copied[0].offset], found


async def _cut(log: FileEventLog, partition: int, moment: datetime) -> int:
    position = start(log.topic, partition)
    end = await log.end(partition)
    async for records in read_log(log, partition, 0, end):
        for record in records:
            position, counts = accept(position, record)
            if counts and record.offset > 0 and _at(record.value).at > moment:
                return record.offset
    return end


def _not_empty(topic: str, partition: int, what: str) -> BackupError:
    return BackupError(
        f"{topic}[{partition}] is not empty ({what}): a log is restored into an empty one. `playhead reset "
        "--everything` empties this stack; another data folder (PLAYHEAD_DATA) is a stack of its own."
    )
