"""An archive in a local folder: written beside, flushed, linked under its name, and the folder flushed, too."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path

from eventlog.errors import Unavailable

INCOMING = "incoming"
"""Where files grow. What an interrupted run left there has no name yet, and is no part of the archive."""


class DirectoryArchive:
    """An `ArchiveStore`. The folder is made with the first bytes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def url(self) -> str:
        return self._root.absolute().as_uri()

    async def create(self, name: str, content: bytes) -> bool:
        with self._translated():
            return await asyncio.to_thread(self._create, name, content)

    async def get(self, name: str) -> bytes | None:
        with self._translated():
            try:
                return await asyncio.to_thread((self._root / name).read_bytes)
            except FileNotFoundError:
                return None

    async def names(self, prefix: str) -> AsyncIterator[str]:
        with self._translated():
            for name in await asyncio.to_thread(self._names, prefix):
                yield name

    def _create(self, name: str, content: bytes) -> bool:
        target = self._root / name
        if target.exists():
            return False
        incoming = self._root / INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(dir=incoming)
        try:
            try:
                _write_all(descriptor, content)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            _durable_parents(self._root, target.parent)
            try:
                os.link(beside, target)  # unlike a rename, it fails where the name is taken
            except FileExistsError:
                return False
            _flush(target.parent)
        finally:
            Path(beside).unlink()
        return True

    def _names(self, prefix: str) -> list[str]:
        found = (self._root / prefix).rglob("*")
        return [path.relative_to(self._root).as_posix() for path in found if path.is_file()]

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            raise Unavailable(
                "archive",
                f"{self._root}: {error.strerror or error}. What was archived is whole; the same command goes on",
            ) from error


def _durable_parents(root: Path, folder: Path) -> None:
    if folder.exists():
        return
    if folder != root:
        _durable_parents(root, folder.parent)
    folder.mkdir(parents=True, exist_ok=True)
    _flush(folder.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
