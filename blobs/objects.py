"""A blob store in a local directory (`file:///…`), in S3 (`s3://bucket/prefix`) or in another object store, by URL.

Reading, listing and deleting go through obstore. Local writes are flushed to the disk here, file and directory,
because obstore renames without flushing; remote stores are durable when they acknowledge.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from blobs import durable
from blobs.store import (
    CHUNK_BYTES,
    BlobCorrupt,
    BlobMissing,
    BlobRef,
    BlobStoreUnavailable,
    checked_name,
    digest_of,
    key_of,
    unavailable,
)


def open_blobs(url: str, *, deadline_seconds: float = 120.0) -> "ObjectBlobs":
    """The blob store behind a URL; a local directory is made when it is not there.

    `deadline_seconds` bounds each request. ValueError for a URL without a scheme, or of a scheme that is not known.
    """
    parts = urlsplit(url)
    if parts.scheme != "file":
        try:
            return ObjectBlobs(from_url(url), None, deadline_seconds)
        except (BaseError, ValueError) as error:
            raise ValueError(
                f"{parts.scheme or url!r} names no blob store: use file:///directory or s3://bucket/prefix"
            ) from error
    root = Path(unquote(parts.path))
    if parts.netloc or not root.is_absolute():
        raise ValueError(
            f"{url!r} is not a local directory: three slashes and an absolute path are needed, file:///var/blobs"
        )
    try:
        root.mkdir(parents=True, exist_ok=True)
        return ObjectBlobs(LocalStore(root), root, deadline_seconds)
    except OSError as error:
        raise unavailable(error, root, 0) from error


class ObjectBlobs:
    """A `BlobStore` over obstore; `root` is the directory of a local store, None for a remote one."""

    def __init__(self, store: ObjectStore, root: Path | None, deadline_seconds: float) -> None:
        self._store = store
        self._root = root
        self._deadline = deadline_seconds

    async def put(self, content: bytes | Path, *, expected: str | None = None) -> BlobRef:
        with self._translated(0):
            blob = await asyncio.to_thread(durable.measure, content)
        if expected is not None and expected != blob.sha256:
            raise BlobCorrupt(expected, blob.sha256)
        with self._translated(blob.size):
            async with asyncio.timeout(self._deadline):
                if self._root is not None:
                    await asyncio.to_thread(durable.keep, self._root, content, blob)
                elif await self.size(blob.sha256) != blob.size:
                    await obstore.put_async(self._store, key_of(blob.sha256), content)
        return blob

    async def get(self, sha256: str) -> AsyncIterator[bytes]:
        digest = hashlib.sha256()
        with self._translated(0, sha256):
            async with asyncio.timeout(self._deadline):
                result = await obstore.get_async(self._store, key_of(sha256))
            chunks = aiter(result.stream(min_chunk_size=CHUNK_BYTES))
            while chunk := await asyncio.wait_for(anext(chunks, b""), self._deadline):
                digest.update(chunk)
                yield bytes(chunk)
        if digest.hexdigest() != sha256:
            raise BlobCorrupt(sha256, digest.hexdigest())

    async def read(self, sha256: str, start: int, end: int) -> bytes:
        size = await self.size(sha256)
        if size is None:
            raise BlobMissing(sha256)
        start, end = max(start, 0), min(end, size)
        if start >= end:
            return b""
        with self._translated(0, sha256):
            async with asyncio.timeout(self._deadline):
                return bytes(await obstore.get_range_async(self._store, key_of(sha256), start=start, end=end))

    async def size(self, sha256: str) -> int | None:
        try:
            with self._translated(0, sha256):
                async with asyncio.timeout(self._deadline):
                    return (await obstore.head_async(self._store, key_of(sha256)))["size"]
        except BlobMissing:
            return None

    async def verify(self, sha256: str) -> BlobRef:
        size = 0
        async for chunk in self.get(sha256):
            size += len(chunk)
        return BlobRef(sha256, size)

    async def delete(self, sha256: str) -> None:
        await self._delete(key_of(sha256))

    async def list(self) -> AsyncIterator[BlobRef]:
        async for path, size in self._listed(None):
            digest = digest_of(path)
            if digest is not None:
                yield BlobRef(digest, size)

    async def note(self, name: str, content: bytes) -> None:
        checked_name(name)
        with self._translated(len(content)):
            async with asyncio.timeout(self._deadline):
                if self._root is not None:
                    await asyncio.to_thread(durable.replace, self._root, name, content)
                else:
                    await obstore.put_async(self._store, name, content)

    async def noted(self, name: str) -> bytes | None:
        try:
            with self._translated(0, checked_name(name)):
                async with asyncio.timeout(self._deadline):
                    result = await obstore.get_async(self._store, name)
                    return bytes(await result.bytes_async())
        except BlobMissing:
            return None

    async def forget(self, name: str) -> None:
        await self._delete(checked_name(name))

    async def names(self, folder: str) -> AsyncIterator[str]:
        async for path, _ in self._listed(checked_name(folder)):
            yield path

    async def close(self) -> None:
        return

    async def _delete(self, path: str) -> None:
        try:
            with self._translated(0, path):
                async with asyncio.timeout(self._deadline):
                    await obstore.delete_async(self._store, path)
        except BlobMissing:
            return

    async def _listed(self, prefix: str | None) -> AsyncIterator[tuple[str, int]]:
        """Path and size of everything below a prefix, which ends at a slash."""
        pages = aiter(obstore.list(self._store, prefix, chunk_size=1000))
        while True:
            with self._translated(0):
                page = await asyncio.wait_for(anext(pages, None), self._deadline)
            if page is None:
                return
            for entry in page:
                yield entry["path"], entry["size"]

    @contextmanager
    def _translated(self, needed: int, sha256: str = "") -> Generator[None]:
        try:
            yield
        except TimeoutError as error:
            raise BlobStoreUnavailable(
                f"the blob store did not answer within {self._deadline:g} s: retry later"
            ) from error
        except FileNotFoundError as error:
            if sha256:
                raise BlobMissing(sha256) from error
            raise BlobStoreUnavailable(f"a file that the blob store needs is not there: {error}") from error
        except OSError as error:
            raise unavailable(error, self._root or Path(), needed) from error
        except BaseError as error:
            raise BlobStoreUnavailable(
                f"the blob store refused: {error}; check its URL, credentials and state"
            ) from error
