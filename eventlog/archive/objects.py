"""An archive in S3 or another object store. An object appears whole or not at all, and its name is given once."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore, from_url

from eventlog.archive.directory import DirectoryArchive
from eventlog.archive.manifest import ArchiveError
from eventlog.archive.store import ArchiveStore
from eventlog.errors import Unavailable

SECONDS = 120.0
"""For one object."""


def open_archive(where: str, **settings: Any) -> ArchiveStore:
    """The archive at a URL (`s3://bucket/prefix`, `file:///folder`) or in a folder; nothing is touched yet.

    Access to an object store comes from the environment (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, …), or from
    `settings` of obstore. Raises `ArchiveError` for what names no place, or names a file.
    """
    parts = urlsplit(where)
    if parts.scheme and parts.scheme != "file":
        try:
            store = from_url(where, **settings)
        except (BaseError, ValueError) as error:
            raise ArchiveError(
                f"{parts.scheme}://… names no place for an archive: use a folder, or s3://bucket/prefix"
            ) from error
        return ObjectArchive(store, f"{parts.scheme}://{parts.hostname or ''}{parts.path}")
    root = Path(unquote(parts.path)) if parts.scheme else Path(where)
    if parts.netloc or not root.parts:
        raise ArchiveError(f"{where!r} is no folder: use /an/absolute/one, or file:/// and an absolute path")
    if root.is_file():
        raise ArchiveError(
            f"{root} is a file, an archive is a folder. A copy as `playhead log copy` wrote it once is not read any "
            "more: `playhead archive` takes another one from the log."
        )
    return DirectoryArchive(root)


class ObjectArchive:
    """An `ArchiveStore` over obstore."""

    def __init__(self, store: ObjectStore, url: str) -> None:
        self._store = store
        self.url = url

    async def create(self, name: str, content: bytes) -> bool:
        with self._translated():
            async with asyncio.timeout(SECONDS):
                try:
                    await obstore.put_async(self._store, name, content, mode="create", use_multipart=False)
                except AlreadyExistsError:
                    return False
        return True

    async def get(self, name: str) -> bytes | None:
        with self._translated():
            async with asyncio.timeout(SECONDS):
                try:
                    return bytes(await (await obstore.get_async(self._store, name)).bytes_async())
                except FileNotFoundError:
                    return None

    async def names(self, prefix: str) -> AsyncIterator[str]:
        with self._translated():
            async for page in obstore.list(self._store, prefix):
                for found in page:
                    yield found["path"]

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except (BaseError, OSError, TimeoutError) as error:
            raise Unavailable(
                "archive", f"{self.url}: {_first_line(error)}. What was archived is whole; the same command goes on"
            ) from error


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
