"""Blobs and small notes as files that survive a power cut.

The object store library writes local files without flushing them, so local writes are made here.
Everything in this module blocks; call it in a thread.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from blobs.store import CHUNK_BYTES, BlobCorrupt, BlobRef, key_of
from durable import beside, flush_folder, write_all


def measure(content: bytes | Path) -> BlobRef:
    """Digest and size of bytes or of a file."""
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(content):
        digest.update(chunk)
        size += len(chunk)
    return BlobRef(digest.hexdigest(), size)


def keep(root: Path, content: bytes | Path, blob: BlobRef) -> None:
    """Put the bytes under their key, durably. `BlobCorrupt` when they changed since they were measured."""
    target = root / key_of(blob.sha256)
    if target.exists() and target.stat().st_size == blob.size:
        flush_folder(target.parent)
        return
    digest = hashlib.sha256()
    with beside(root, target, Path.replace) as descriptor:
        for chunk in _chunks(content):
            digest.update(chunk)
            write_all(descriptor, chunk)
        if digest.hexdigest() != blob.sha256:
            raise BlobCorrupt(blob.sha256, digest.hexdigest())


def replace(root: Path, name: str, content: bytes) -> None:
    """Put a few bytes under a name, durably; readers see the old bytes or the new ones, never a mixture."""
    with beside(root, root / name, Path.replace) as descriptor:
        write_all(descriptor, content)


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk
