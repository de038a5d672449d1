"""The bytes of a backup, back into a store. Its log is an archive, and is restored as one."""

from pathlib import Path
from tempfile import TemporaryDirectory

from blobs.store import BlobRef, BlobStore
from eventlog.archive.writing import Progress
from ops.backup.checking import blobs_in
from ops.backup.manifest import BackupError, Manifest
from ops.backup.taking import copy_blob


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
