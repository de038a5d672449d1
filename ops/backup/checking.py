"""Is a backup what it was when it was taken? Every chain is recomputed, every byte is hashed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from blobs.opening import open_blobs
from blobs.store import BlobError, BlobStore
from eventlog.archive.checking import findings as findings_in_archive
from eventlog.archive.directory import DirectoryArchive
from eventlog.archive.manifest import Contents
from eventlog.archive.reading import ArchivedLog, read_contents
from eventlog.archive.writing import Progress
from eventlog.errors import Diverged
from ops.backup.manifest import LOG, Manifest


async def findings(folder: Path, manifest: Manifest, progress: Progress) -> AsyncIterator[str]:
    """A sentence for each thing that is not as it was: an altered record, a broken file, a blob that is gone."""
    async for sentence in _of_log(folder, manifest, progress):
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


def blobs_in(folder: Path) -> BlobStore:
    """The blobs of a backup."""
    return open_blobs((folder / "blobs").resolve().as_uri())


def log_in(folder: Path) -> DirectoryArchive:
    """The archive of the log in a backup."""
    return DirectoryArchive(folder / LOG)


async def logs_in(folder: Path) -> dict[str, ArchivedLog]:
    """Topic to its log in a backup. Raises `Corrupt`."""
    store = log_in(folder)
    contents = await read_contents(store)
    return {topic: await asyncio.to_thread(ArchivedLog, store, contents, topic) for topic in contents.topics}


async def _of_log(folder: Path, manifest: Manifest, progress: Progress) -> AsyncIterator[str]:
    store = log_in(folder)
    try:
        contents = await read_contents(store)
    except Diverged as error:
        yield f"{folder / LOG}: {error}"
        return
    if contents.digest != manifest.archive:
        yield f"{folder / LOG}: {_another(contents, manifest)}"
        return
    async for sentence in findings_in_archive(store, contents, progress):
        yield f"{folder / LOG}: {sentence}"


def _another(contents: Contents, manifest: Manifest) -> str:
    return (
        f"its last manifest is number {contents.number} with the SHA-256 {contents.digest or '(none)'}, the backup "
        f"was finished with {manifest.archive}: manifests were lost, or it is the archive of another backup"
    )
