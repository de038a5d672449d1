"""A blob store in memory, for tests: the same promises, gone with the process."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from blobs.durable import measure
from blobs.store import CHUNK_BYTES, BlobCorrupt, BlobMissing, BlobRef, checked_name, key_of


class MemoryBlobs:
    """A `BlobStore` of dictionaries."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.notes: dict[str, bytes] = {}

    async def put(self, content: bytes | Path, *, expected: str | None = None) -> BlobRef:
        blob = measure(content)
        if expected is not None and expected != blob.sha256:
            raise BlobCorrupt(expected, blob.sha256)
        self.kept[key_of(blob.sha256)] = (
            content if isinstance(content, bytes) else await asyncio.to_thread(content.read_bytes)
        )
        return blob

    async def get(self, sha256: str) -> AsyncIterator[bytes]:
        content = self._content(sha256)
        for start in range(0, len(content), CHUNK_BYTES):
            yield content[start : start + CHUNK_BYTES]
        await self.verify(sha256)

    async def read(self, sha256: str, start: int, end: int) -> bytes:
        return self._content(sha256)[max(start, 0) : max(end, 0)]

    async def size(self, sha256: str) -> int | None:
        content = self.kept.get(key_of(sha256))
        return None if content is None else len(content)

    async def verify(self, sha256: str) -> BlobRef:
        content = self._content(sha256)
        actual = hashlib.sha256(content).hexdigest()
        if actual != sha256:
            raise BlobCorrupt(sha256, actual)
        return BlobRef(sha256, len(content))

    async def delete(self, sha256: str) -> None:
        self.kept.pop(key_of(sha256), None)

    async def list(self) -> AsyncIterator[BlobRef]:
        for key, content in tuple(self.kept.items()):
            yield BlobRef(key.rsplit("/", 1)[-1], len(content))

    async def note(self, name: str, content: bytes) -> None:
        self.notes[checked_name(name)] = content

    async def noted(self, name: str) -> bytes | None:
        return self.notes.get(checked_name(name))

    async def forget(self, name: str) -> None:
        self.notes.pop(checked_name(name), None)

    async def names(self, folder: str) -> AsyncIterator[str]:
        for name in tuple(self.notes):
            if name.startswith(f"{checked_name(folder)}/"):
                yield name

    async def close(self) -> None:
        return

    def _content(self, sha256: str) -> bytes:
        content = self.kept.get(key_of(sha256))
        if content is None:
            raise BlobMissing(sha256)
        return content
