"""What a blob store promises, and what can go wrong with one.

Bytes are named by their SHA-256 in lower-case hexadecimal, so writing the same bytes twice is writing them once.
When `put` or `note` has returned, the bytes survive a power cut as far as the store below can promise that.

BlobError
├── BlobMissing           nothing is kept under that digest
├── BlobCorrupt           what is kept (or was given) does not have the digest that it claims
└── BlobStoreUnavailable  the store cannot be reached, is full or took too long: back off, retry
"""

import errno
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CHUNK_BYTES = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_.-]*)*")


class BlobError(Exception):
    """Every error that a blob store raises on purpose."""


class BlobMissing(BlobError):
    """Nothing is kept under this digest."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"blob {sha256} is not in the store: it was deleted, or never stored here")
        self.sha256 = sha256


class BlobCorrupt(BlobError):
    """Bytes do not have the digest under which they are kept or were announced."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(
            f"blob {expected} holds bytes whose SHA-256 is {actual}: restore it from a copy, or make it anew"
        )
        self.expected = expected
        self.actual = actual


class BlobStoreUnavailable(BlobError):
    """The store did not do what was asked of it. `disk_full` tells a full disk from an absent store."""

    def __init__(self, detail: str, *, disk_full: bool = False) -> None:
        super().__init__(detail)
        self.disk_full = disk_full


@dataclass(frozen=True, slots=True)
class BlobRef:
    """Where bytes are found again: their digest, and how many they are."""

    sha256: str
    size: int


class BlobStore(Protocol):
    """A place for bytes that never change. Every method may raise `BlobStoreUnavailable`."""

    async def put(self, content: bytes | Path, *, expected: str | None = None) -> BlobRef:
        """Keep the bytes, or those of the file; durable on return, and a repeat changes nothing.

        `BlobCorrupt` when `expected` is given and the bytes have another digest: then nothing is kept.
        """
        ...

    def get(self, sha256: str) -> AsyncIterator[bytes]:
        """All bytes in chunks. `BlobMissing` before the first chunk, `BlobCorrupt` after the last."""
        ...

    async def read(self, sha256: str, start: int, end: int) -> bytes:
        """Bytes from `start` up to but without `end`, cut off at the blob's end. `BlobMissing`."""
        ...

    async def size(self, sha256: str) -> int | None:
        """The number of bytes, or None when nothing is kept under this digest."""
        ...

    async def verify(self, sha256: str) -> BlobRef:
        """Read everything and compare. `BlobMissing`, `BlobCorrupt`."""
        ...

    async def delete(self, sha256: str) -> None:
        """Forget the bytes; a repeat changes nothing."""
        ...

    def list(self) -> AsyncIterator[BlobRef]:
        """Every blob, in no particular order, without the notes."""
        ...

    async def note(self, name: str, content: bytes) -> None:
        """Keep what fits into memory under a name such as `outputs/<key>.json`; a later note replaces an earlier."""
        ...

    async def noted(self, name: str) -> bytes | None:
        """What was noted under that name, or None."""
        ...

    async def forget(self, name: str) -> None:
        """Forget what was noted under that name; a repeat changes nothing."""
        ...

    def names(self, folder: str) -> AsyncIterator[str]:
        """The name of every note whose name begins with that folder, in no particular order."""
        ...

    async def close(self) -> None:
        """Let go of connections; a repeat changes nothing."""
        ...


def key_of(sha256: str) -> str:
    """`ab/cd/<sha256>`; ValueError for anything but a lower-case hexadecimal SHA-256, so no path can be smuggled in."""
    if not _DIGEST.fullmatch(sha256):
        raise ValueError(f"{sha256[:80]!r} is not a SHA-256: 64 lower-case hexadecimal digits are needed")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def digest_of(key: str) -> str | None:
    """The digest of a key that `key_of` made, None for any other key."""
    digest = key.rsplit("/", 1)[-1]
    return digest if _DIGEST.fullmatch(digest) and key == key_of(digest) else None


def checked_name(name: str) -> str:
    """The name of a note, unchanged; ValueError for one that is no plain relative path."""
    if not _NAME.fullmatch(name) or digest_of(name) is not None:
        raise ValueError(f"{name[:80]!r} cannot name a note: use words of a-z, 0-9, '_', '-', '.' between slashes")
    return name


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The disk is full, or the account's share of it is, or no file may be that large."""


def unavailable(error: OSError, place: Path, needed: int) -> BlobStoreUnavailable:
    """The sentence for an operating system's refusal: for a full disk with what was needed and where."""
    if error.errno in NO_ROOM:
        try:
            free = f"{shutil.disk_usage(place).free / 1e6:.1f} MB are free"
        except OSError:
            free = "how much is free could not be read"
        return BlobStoreUnavailable(
            f"the disk of the blob store is full ({error.strerror}): {needed / 1e6:.1f} MB were needed in {place}, "
            f"{free}; make room there, then retry",
            disk_full=True,
        )
    reason = error.strerror or type(error).__name__
    return BlobStoreUnavailable(f"the blob store in {place} refused: {reason}; check that it exists and is writable")
