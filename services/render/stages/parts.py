"""What a stage has made of its output so far, kept where the next worker at the job finds it.

A part stands under the job's stream, for as long as the job is not over; so it is nobody's file, costs nothing and is
never shown. It is hidden as notes are. Kept or not, the output is the same: a store that does not answer keeps nothing.
"""

import asyncio
from collections.abc import Collection
from typing import Protocol

import structlog

from blobs.store import BlobStore, BlobStoreUnavailable
from services.render.stages.notes import Notes

FOLDER = "parts"


class Parts(Protocol):
    """Those of one job. `key` is the key of the output that they are of; `number` counts from 0."""

    async def kept(self, key: str, number: int) -> bytes | None:
        """The part, or None: then it is to be made."""
        ...

    async def keep(self, key: str, number: int, content: bytes) -> None:
        """Durable on return, where the store takes it."""
        ...

    async def forget(self) -> None:
        """All of the job's: the output is whole, or cannot be made of them."""
        ...


class NoParts:
    """Of work that nobody else goes on with."""

    async def kept(self, key: str, number: int) -> bytes | None:  # noqa: ARG002 - of the protocol
        return None

    async def keep(self, key: str, number: int, content: bytes) -> None:
        """Not at all."""

    async def forget(self) -> None:
        """There are none."""


class StoredParts:
    """In the blob store, under the stream of the job."""

    def __init__(self, blobs: BlobStore, notes: Notes, stream: str) -> None:
        self._blobs = blobs
        self._notes = notes
        self._stream = stream

    async def kept(self, key: str, number: int) -> bytes | None:
        name = self._name(key, number)
        try:
            found = await self._blobs.noted(name)
        except BlobStoreUnavailable as error:
            _log(f"{name} cannot be read: it is made again", error)
            return None
        return await asyncio.to_thread(self._notes.shown, name, found) if found is not None else None

    async def keep(self, key: str, number: int, content: bytes) -> None:
        name = self._name(key, number)
        hidden = await asyncio.to_thread(self._notes.hidden, name, content)
        if hidden is None:
            return
        try:
            await self._blobs.note(name, hidden)
        except BlobStoreUnavailable as error:
            _log(f"{name} is not kept: who takes over makes it again", error)

    async def forget(self) -> None:
        try:
            await forget(self._blobs, {self._stream})
        except BlobStoreUnavailable as error:
            _log(f"the parts of {self._stream} are left to the sweep", error)

    def _name(self, key: str, number: int) -> str:
        return f"{_folder(self._stream)}/{key}.{number:04}"


async def count(blobs: BlobStore, stream: str) -> int:
    """How many parts are kept of the output that the job makes now; 0 where nobody can tell."""
    try:
        return len([name async for name in blobs.names(_folder(stream))])
    except BlobStoreUnavailable as error:
        _log(f"nobody can tell how much of {stream} is there", error)
        return 0


async def streams(blobs: BlobStore) -> frozenset[str]:
    """The jobs of which parts are kept. Raises `BlobStoreUnavailable`."""
    return frozenset([name.split("/")[1] async for name in blobs.names(FOLDER)])


async def forget(blobs: BlobStore, of: Collection[str]) -> None:
    """Every part of these jobs. Raises `BlobStoreUnavailable`."""
    for stream in of:
        for name in [name async for name in blobs.names(_folder(stream))]:
            await blobs.forget(name)


def _folder(stream: str) -> str:
    """Of its own, so that nobody looks through the parts of others."""
    return f"{FOLDER}/{stream}"


def _log(what: str, error: BlobStoreUnavailable) -> None:
    structlog.get_logger().warning(what, detail=str(error))
