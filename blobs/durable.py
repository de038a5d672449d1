"""Files that survive a power cut: written beside, flushed, renamed, and the directory flushed too.

The object store library writes local files without flushing them, so local writes are made here.
Everything in this module blocks; call it in a thread.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

from blobs.store import CHUNK_BYTES, BlobCorrupt, BlobRef, key_of

STAGING = "incoming"


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
        _flush_directory(target.parent)
        return
    digest = hashlib.sha256()
    with _beside(root, target) as descriptor:
        for chunk in _chunks(content):
            digest.update(chunk)
            _write_all(descriptor, chunk)
        if digest.hexdigest() != blob.sha256:
            raise BlobCorrupt(blob.sha256, digest.hexdigest())


def replace(root: Path, name: str, content: bytes) -> None:
    """Put a few bytes under a name, durably; readers see the old bytes or the new ones, never a mixture."""
    with _beside(root, root / name) as descriptor:
        _write_all(descriptor, content)


@contextlib.contextmanager
def _beside(root: Path, target: Path) -> Generator[int]:
    staging = root / STAGING
    staging.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=staging)
    try:
        try:
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _make_durable_parents(root, target.parent)
        Path(name).replace(target)
        _flush_directory(target.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _make_durable_parents(root: Path, directory: Path) -> None:
    if directory.exists():
        return
    if directory != root:
        _make_durable_parents(root, directory.parent)
    directory.mkdir(parents=True, exist_ok=True)
    _flush_directory(directory.parent)


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk


def _write_all(descriptor: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
