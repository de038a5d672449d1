"""From a stack into a folder. The log first, then the bytes: whatever the copied log names was there before it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from blobs.store import BlobMissing, BlobRef, BlobStore
from eventlog.copy import FileEventLog, export
from eventlog.errors import Corrupt
from eventlog.read.replay import ReadableLog
from ops.backup.checking import Progress, blobs_in, heads
from ops.backup.manifest import (
    MANIFEST,
    BackupError,
    Begun,
    BlobCopy,
    Manifest,
    TopicCopy,
    read_begun,
    sha256_of,
    write_begun,
    write_manifest,
)


async def take(
    folder: Path,
    logs: Mapping[str, tuple[ReadableLog, Sequence[int]]],
    blobs: BlobStore,
    now: datetime,
    progress: Progress,
) -> Manifest:
    """Copy the partitions of each log, up to where all of them end now, and every blob; everything is verified.

    A folder in which a backup was interrupted is completed, up to the ends that were read at its beginning. Raises
    `BackupError` for any other folder that is not empty, `Corrupt` where the log itself is broken, `Unavailable`.
    """
    begun = await asyncio.to_thread(_begun, folder)
    if begun is None:
        ends = {name: {part: await log.end(part) for part in partitions} for name, (log, partitions) in logs.items()}
        begun = Begun(now, ends)
        await asyncio.to_thread(write_begun, folder, begun)
    if begun.ends.keys() != logs.keys():
        raise BackupError(f"{folder} was begun for other topics ({', '.join(begun.ends)}): name another folder")
    topics = [await _copy(folder, log, begun.ends[name], progress) for name, (log, _) in logs.items()]
    kept = await _copy_blobs(folder, blobs, progress)
    partitions = max(len(ends) for ends in begun.ends.values())
    manifest = Manifest(begun.taken_at, partitions, tuple(topics), tuple(kept))
    await asyncio.to_thread(write_manifest, folder, manifest)
    return manifest


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


async def _copy(folder: Path, log: ReadableLog, ends: dict[int, int], progress: Progress) -> TopicCopy:
    name = f"log/{log.topic}.jsonl"
    path = folder / name
    await asyncio.to_thread(path.parent.mkdir, exist_ok=True)
    if not path.exists():
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            await export(log, sorted(ends), file, lambda done, of: progress(f"copying {log.topic}", done, of), ends)
        await asyncio.to_thread(part.replace, path)
    try:
        found = await heads(await asyncio.to_thread(FileEventLog, path), ends, progress)
    except Corrupt as error:
        raise Corrupt(f"{path}: {error} `playhead log verify` says whether the log itself is whole.") from error
    return TopicCopy(log.topic, name, await asyncio.to_thread(sha256_of, path), ends, found)


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
