"""Is a backup what it was when it was taken? Every chain is recomputed, every byte is hashed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeAlias

from blobs.opening import open_blobs
from blobs.store import BlobError, BlobStore
from eventlog.commit import accept, start
from eventlog.copy import FileEventLog
from eventlog.errors import Diverged
from eventlog.read.replay import ReadableLog, read_log
from ops.backup.manifest import Manifest, TopicCopy, sha256_of

Progress: TypeAlias = Callable[[str, int, int], None]
"""(what is done, how much of it, of how much)."""


async def findings(folder: Path, manifest: Manifest, progress: Progress) -> AsyncIterator[str]:
    """A sentence for each thing that is not as it was: an altered record, a broken file, a blob that is gone."""
    for topic in manifest.topics:
        async for sentence in _of_topic(folder, topic, progress):
            yield sentence
    kept = blobs_in(folder)
    done = 0
    for blob in manifest.blobs:
        try:
            found = await kept.verify(blob.sha256)
        except BlobError as error:
            yield f"{folder / 'blobs'}: {error}"
        else:
            if found.size != blob.size:
                yield f"{folder / 'blobs'}: {blob.sha256} has {found.size} bytes, the manifest says {blob.size}"
        done += blob.size
        progress("checking blobs", done, manifest.blob_bytes)
    await kept.close()


async def heads(log: ReadableLog, ends: dict[int, int], progress: Progress) -> dict[int, str]:
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


def blobs_in(folder: Path) -> BlobStore:
    """The blobs of a backup."""
    return open_blobs((folder / "blobs").resolve().as_uri())


async def _of_topic(folder: Path, topic: TopicCopy, progress: Progress) -> AsyncIterator[str]:
    path = folder / topic.file
    if not path.is_file():
        yield f"{path} is not there"
        return
    try:
        log = await asyncio.to_thread(FileEventLog, path)
        if log.topic != topic.topic or set(log.partitions()) != set(topic.ends):
            yield f"{path} is a copy of {log.topic} with {len(log.partitions())} partition(s), not of {topic.topic}"
            return
        found = await heads(log, topic.ends, progress)
    except Diverged as error:
        yield f"{path}: {error}"
        return
    for partition, head in topic.heads.items():
        if found[partition] != head:
            yield f"{path}: the head of {topic.topic}[{partition}] is {found[partition]}, the manifest says {head}"
    if (digest := await asyncio.to_thread(sha256_of, path)) != topic.sha256:
        yield f"{path}: its SHA-256 is {digest}, the manifest says {topic.sha256}: a record that does not count differs"
