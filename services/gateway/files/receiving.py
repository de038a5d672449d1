"""Bytes in: a user's file, streamed to the disk, measured, looked into, and put into the blob store.

It is never wholly in memory, not a byte more is read than was announced or may be, and what was not taken is gone.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import UUID

from starlette.requests import ClientDisconnect, Request

from blobs.store import BlobStore
from contracts.messages.upload import Media, Unfit
from services.gateway.files.shares import Coming
from services.gateway.http.problems import Problem

IDLE_SECONDS: Final = 30.0
"""A client that sends nothing for so long has gone."""
SLOWEST_BYTES: Final = 4096
"""A second, on average: whoever sends less only holds a place that others wait for."""
LONGEST_SECONDS: Final = 2 * 60 * 60
"""For one file, however slowly it comes."""
AT_ONCE: Final = 2
"""Files that a gateway looks into at a time."""

Inspect: TypeAlias = Callable[[Path], Awaitable[Media | Unfit]]
"""Looks into a file. Raises `Unavailable` where nobody can."""


@dataclass(frozen=True)
class Uploads:
    """How users' files are taken: `largest` in bytes; `waits`: so long for an announced one; `unused`: so long one is
    kept that nothing uses. `folder` holds what is coming; `coming`: whose that is; `looking`: for as many as are looked
    into at a time, for each may take a processor and gigabytes."""

    folder: Path
    blobs: BlobStore
    inspect: Inspect
    largest: int = 2 << 30
    waits: timedelta = timedelta(hours=24)
    unused: timedelta = timedelta(days=30)
    idle_seconds: float = IDLE_SECONDS
    coming: Coming = field(default_factory=Coming)
    looking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came whole: where it is, and what its bytes are."""

    path: Path
    sha256: str
    size: int


@asynccontextmanager
async def received(
    request: Request, uploads: Uploads, announced: Mapping[str, Any], name: UUID
) -> AsyncGenerator[Received]:
    """The body as a file, for as long as the context is open. Raises the problem for what was not announced."""
    most = announced["sizeBytes"] or uploads.largest
    _check_length(request, announced["sizeBytes"], most)
    await asyncio.to_thread(uploads.folder.mkdir, parents=True, exist_ok=True)
    path = uploads.folder / f"{name}.part"
    try:
        file = await _written(request, path, announced["sizeBytes"], most, uploads.idle_seconds)
        _check_content(announced, file)
        yield file
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def forget_stale(folder: Path) -> None:
    """Remove what a gateway that died left behind. Blocks; the disk's own clock says what is old."""
    if not folder.is_dir():
        return
    mark = folder / "now"
    mark.touch()
    for part in folder.glob("*.part"):
        if mark.stat().st_mtime - part.stat().st_mtime > 2 * LONGEST_SECONDS:
            part.unlink(missing_ok=True)


async def _written(request: Request, path: Path, announced: int | None, most: int, idle_seconds: float) -> Received:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:

        def keep(chunk: bytes) -> None:
            digest.update(chunk)
            file.write(chunk)

        async for chunk in _chunks(request, idle_seconds):
            size += len(chunk)
            if size > most:
                raise _too_large(announced, size, most)
            await asyncio.to_thread(keep, chunk)
    return Received(path, digest.hexdigest(), size)


async def _chunks(request: Request, idle_seconds: float) -> AsyncIterator[bytes]:
    """The body as it comes. Raises the problem for a client that is gone, or as good as gone."""
    stream, begun, size = aiter(request.stream()), asyncio.get_running_loop().time(), 0
    while True:
        try:
            async with asyncio.timeout(idle_seconds):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise _too_slow(f"Nothing came for {idle_seconds:g} s. Send the whole file again.") from None
        except ClientDisconnect:
            raise Problem("upload.cut_off", "The connection ended before the file did. Send it again.") from None
        if chunk is None:
            return
        size += len(chunk)
        seconds = asyncio.get_running_loop().time() - begun
        if seconds > idle_seconds and size < seconds * SLOWEST_BYTES:
            raise _too_slow(f"Less than {SLOWEST_BYTES:,} bytes a second came. Send the file faster.")
        if seconds > LONGEST_SECONDS:
            raise _too_slow(f"The file took longer than {LONGEST_SECONDS // 3600} h. Send it faster.")
        yield chunk


def _too_slow(detail: str) -> Problem:
    """The connection ends with it: what would still come is not waited for."""
    return Problem("upload.too_slow", detail, headers={"Connection": "close"})


def said_length(request: Request) -> int | None:
    """How many bytes the client says that it will send."""
    said = request.headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdecimal() else None


def _check_length(request: Request, announced: int | None, most: int) -> None:
    """Before anything is read."""
    length = said_length(request)
    if length is None:
        return
    if length > most:
        raise _too_large(announced, length, most)
    if announced is not None and length != announced:
        raise _wrong_size(announced, length)


def _check_content(announced: Mapping[str, Any], file: Received) -> None:
    if not file.size:
        raise Problem("upload.wrong_size", "The body is empty. Send the file's bytes as the body.")
    if announced["sizeBytes"] is not None and file.size != announced["sizeBytes"]:
        raise _wrong_size(announced["sizeBytes"], file.size)
    if announced["declaredSha256"] not in (None, file.sha256):
        raise Problem(
            "upload.wrong_digest",
            f"The bytes have the SHA-256 {file.sha256}, announced was {announced['declaredSha256']}. "
            "They changed on the way, or are another file: send the announced one.",
        )


def _too_large(announced: int | None, size: int, most: int) -> Problem:
    if announced is not None:
        return _wrong_size(announced, size)
    return Problem("upload.too_large", f"The file is larger than {most:,} bytes. Send a smaller one.")


def _wrong_size(announced: int, size: int) -> Problem:
    return Problem(
        "upload.wrong_size",
        f"{announced:,} bytes were announced, {size:,} or more came. Send the announced file, or announce this one.",
    )
