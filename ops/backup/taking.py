"""From a stack into a folder. The log first, then the bytes: whatever the copied log names was there before it."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from blobs.store import BlobMissing, BlobRef, BlobStore
from eventlog.archive.manifest import Contents
from eventlog.archive.writing import Progress, archive, ends_of
from eventlog.clock import Clock
from eventlog.errors import Corrupt
from eventlog.log import EventLog
from ops.backup.checking import blobs_in, findings, log_in
from ops.backup.manifest import (
    FORMAT,
    MANIFEST,
    BackupError,
    Begun,
    BlobCopy,
    Manifest,
    TopicCopy,
    read_begun,
    write_begun,
    write_manifest,
)


async def take(
    folder: Path,
    logs: Mapping[str, tuple[EventLog, Sequence[int]]],
    blobs: BlobStore,
    catalogue: str,
    clock: Clock,
    progress: Progress,
) -> Manifest:
    """Archive the partitions of each log, up to where all of them end now, and copy every blob; all is verified.

    A folder in which a backup was interrupted is completed, up to the ends that were read at its beginning. Raises
    `BackupError` for any other folder that is not empty, `Corrupt` where the log itself is broken, `Unavailable`.
    """
    begun = await asyncio.to_thread(_begun, folder)
    if begun is None:
        begun = Begun(clock(), await ends_of(logs), FORMAT)
        await asyncio.to_thread(write_begun, folder, begun)
    if begun.ends.keys() != logs.keys():
        raise BackupError(f"{folder} was begun for other topics ({', '.join(begun.ends)}): name another folder")
    sources = {name: log for name, (log, _) in logs.items()}
    contents = await archive(log_in(folder), sources, begun.ends, catalogue, clock, progress)
    kept = await _copy_blobs(folder, blobs, progress)
    partitions = max(len(ends) for ends in begun.ends.values())
    topics = tuple(_told(contents, topic) for topic in begun.ends)
    manifest = Manifest(begun.taken_at, partitions, contents.digest, topics, tuple(kept))
    async for sentence in findings(folder, manifest, progress):
        raise Corrupt(f"{sentence}. The folder's disk did not keep what was written: name another one.")
    await asyncio.to_thread(write_manifest, folder, manifest)
    return manifest


def _told(contents: Contents, topic: str) -> TopicCopy:
    ends = contents.ends(topic)
    return TopicCopy(topic, ends, {part: contents.position(topic, part).head.hex() for part in ends})


def _begun(folder: Path) -> Begun | None:
    """What is to be gone on with; the folder is there afterwards."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = [entry.name for entry in folder.iterdir()]
    except OSError as error:
        raise BackupError(f"{folder} cannot be written: {error.strerror}. Name another folder.") from error
    if MANIFEST in there:
        raise BackupError(f"{folder} holds a finished backup: name another folder")
    begun = read_begun(folder)
    if begun is None and there:
        raise BackupError(f"{folder} is not empty: a backup wants a folder of its own")
    return begun


async def _copy_blobs(folder: Path, blobs: BlobStore, progress: Progress) -> list[BlobCopy]:
    """Every blob that is there; one that is collected meanwhile is left out."""
    found = sorted([blob async for blob in blobs.list()], key=lambda blob: blob.sha256)
    kept = blobs_in(folder)
    copied: list[BlobCopy] = []
    total = sum(blob.size for blob in found)
    done = 0
    with TemporaryDirectory(dir=folder, prefix="incoming-") as incoming:
        for blob in found:
            if await copy_blob(blobs, kept, blob, Path(incoming)):
                copied.append(BlobCopy(blob.sha256, blob.size))
            done += blob.size
            progress("copying blobs", done, total)
    await kept.close()
    return copied


async def copy_blob(source: BlobStore, target: BlobStore, blob: BlobRef, incoming: Path) -> bool:
    """Whether it is in the target afterwards: not where the source has lost it. `BlobCorrupt`: nothing is kept."""
    if await target.size(blob.sha256) == blob.size:
        return True
    path = incoming / blob.sha256
    try:
        with path.open("wb") as file:
            async for chunk in source.get(blob.sha256):
                await asyncio.to_thread(file.write, chunk)
    except BlobMissing:
        return False
    await target.put(path, expected=blob.sha256)
    path.unlink()
    return True
