"""An archive in a local folder: written beside, flushed, linked under its name, and the folder flushed, too."""

import asyncio
import os
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path

from durable import beside, write_all
from eventlog.errors import Unavailable


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
        try:
            with beside(self._root, target, os.link) as descriptor:
                write_all(descriptor, content)
        except FileExistsError:
            if not target.exists():
                raise
            return False
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
