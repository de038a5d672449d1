"""A blob store in PostgreSQL (`postgresql://…`): a row a blob, its bytes a `BYTEA` stored uncompressed out of line.

Parts are read with `substring`, which for such a value fetches only the pages that hold the part; so what is read is
never held whole, however large. Writing streams, too: a file goes through COPY in chunks. PostgreSQL itself holds a
value whole while it stores it, and takes none of 1 GB or more.
"""

import asyncio
import hashlib
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

import asyncpg

from blobs.durable import measure
from blobs.store import (
    CHUNK_BYTES,
    BlobCorrupt,
    BlobMissing,
    BlobRef,
    BlobStore,
    BlobStoreUnavailable,
    checked_name,
    key_of,
)

MIGRATIONS = Path(__file__).with_name("sql") / "migrations"
"""Makes the schema `blobs`."""
LARGEST_BYTES = (1 << 30) - (1 << 20)
"""A value of PostgreSQL ends below 1 GiB; COPY has its own header in the same message."""
CONNECTIONS = 4
LISTED_AT_ONCE = 1_000
_COPY_BEGIN = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
_COPY_END = struct.pack("!h", -1)


def _statement(name: str) -> str:
    return (files("blobs") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


_READ, _SIZE, _DELETE = _statement("read_part"), _statement("size"), _statement("delete")
_LIST, _NOTE, _NOTED = _statement("list_after"), _statement("note"), _statement("noted")
_FORGET, _NAMES = _statement("forget"), _statement("names_after")


class PostgresBlobs:
    """A `BlobStore`. It connects when it is first asked for something, and again after the server was away.

    Of one event loop. The tables come from `MIGRATIONS`; `deadline_seconds` bounds each request.
    """

    def __init__(self, dsn: str, *, deadline_seconds: float = 120.0, connections: int = CONNECTIONS) -> None:
        self._dsn = dsn
        self._deadline = deadline_seconds
        self._connections = connections
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()

    async def put(self, content: bytes | Path, *, expected: str | None = None) -> BlobRef:
        with self._translated():
            blob = await asyncio.to_thread(measure, content)
        if expected is not None and expected != blob.sha256:
            raise BlobCorrupt(expected, blob.sha256)
        self._check_size(blob.size)
        if await self.size(blob.sha256) == blob.size:
            return blob
        if isinstance(content, bytes):
            await self._copy(blob, _pieces(content))
        else:
            await self._copy_file(blob, content)
        return blob

    async def get(self, sha256: str) -> AsyncIterator[bytes]:
        size = await self.size(sha256)
        if size is None:
            raise BlobMissing(sha256)
        digest = hashlib.sha256()
        for start in range(0, size, CHUNK_BYTES):
            chunk = await self.read(sha256, start, start + CHUNK_BYTES)
            digest.update(chunk)
            yield chunk
        if digest.hexdigest() != sha256:
            raise BlobCorrupt(sha256, digest.hexdigest())

    async def read(self, sha256: str, start: int, end: int) -> bytes:
        start, end = max(start, 0), min(max(end, 0), LARGEST_BYTES)
        key_of(sha256)
        row = await self._one(_READ, sha256, start + 1, max(end - start, 0))
        if row is None:
            raise BlobMissing(sha256)
        return bytes(row["part"])

    async def size(self, sha256: str) -> int | None:
        key_of(sha256)
        row = await self._one(_SIZE, sha256)
        return None if row is None else int(row["size_bytes"])

    async def verify(self, sha256: str) -> BlobRef:
        size = 0
        async for chunk in self.get(sha256):
            size += len(chunk)
        return BlobRef(sha256, size)

    async def delete(self, sha256: str) -> None:
        key_of(sha256)
        await self._one(_DELETE, sha256)

    async def list(self) -> AsyncIterator[BlobRef]:
        after = ""
        while True:
            with self._translated():
                pool = await self._opened()
                rows = await pool.fetch(_LIST, after, LISTED_AT_ONCE, timeout=self._deadline)
            for row in rows:
                yield BlobRef(row["sha256"], row["size_bytes"])
            if len(rows) < LISTED_AT_ONCE:
                return
            after = rows[-1]["sha256"]

    async def note(self, name: str, content: bytes) -> None:
        await self._one(_NOTE, checked_name(name), content)

    async def noted(self, name: str) -> bytes | None:
        row = await self._one(_NOTED, checked_name(name))
        return None if row is None else bytes(row["content"])

    async def forget(self, name: str) -> None:
        await self._one(_FORGET, checked_name(name))

    async def names(self, folder: str) -> AsyncIterator[str]:
        begin = after = f"{checked_name(folder)}/"
        while True:
            with self._translated():
                pool = await self._opened()
                rows = await pool.fetch(_NAMES, begin, after, LISTED_AT_ONCE, timeout=self._deadline)
            for row in rows:
                yield row["name"]
            if len(rows) < LISTED_AT_ONCE:
                return
            after = rows[-1]["name"]

    async def copy_from(self, source: BlobStore, sha256: str) -> None:
        """Take bytes over from another store, chunk by chunk. `BlobMissing`, `BlobCorrupt`: then nothing is kept."""
        size = await source.size(sha256)
        if size is None:
            raise BlobMissing(sha256)
        self._check_size(size)
        if await self.size(sha256) != size:
            await self._copy(BlobRef(sha256, size), source.get(sha256))

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    def _check_size(self, size: int) -> None:
        if size > LARGEST_BYTES:
            raise BlobStoreUnavailable(
                f"{size:,} bytes are too many for PostgreSQL, which takes {LARGEST_BYTES:,} in one value: "
                "use a directory or an object store for files of this size"
            )

    async def _one(self, statement: str, *arguments: object) -> asyncpg.Record | None:
        with self._translated():
            pool = await self._opened()
            return await pool.fetchrow(statement, *arguments, timeout=self._deadline)

    async def _copy_file(self, blob: BlobRef, path: Path) -> None:
        with self._translated():
            source = await asyncio.to_thread(path.open, "rb")
            try:
                await self._copy(blob, _read_in(source))
            finally:
                await asyncio.to_thread(source.close)

    async def _copy(self, blob: BlobRef, pieces: AsyncIterator[bytes]) -> None:
        """The row, its bytes piece by piece. Who is second with the same bytes changes nothing."""
        with self._translated():
            pool = await self._opened()
            try:
                await pool.copy_to_table(
                    "bytes",
                    schema_name="blobs",
                    columns=("sha256", "size_bytes", "data"),
                    source=_row(blob, pieces),
                    format="binary",
                    timeout=self._deadline,
                )
            except asyncpg.UniqueViolationError:
                return

    async def _opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=0,
                    max_size=self._connections,
                    timeout=self._deadline,
                    command_timeout=self._deadline,
                    server_settings={"application_name": "playhead-blobs"},
                )
            return self._pool

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except TimeoutError as error:
            raise BlobStoreUnavailable(
                f"the blob store in PostgreSQL did not answer within {self._deadline:g} s: retry later"
            ) from error
        except asyncpg.UndefinedTableError as error:
            raise BlobStoreUnavailable(
                "the database has no tables for blobs: run `playhead migrate`, then retry"
            ) from error
        except asyncpg.DiskFullError as error:
            raise BlobStoreUnavailable(
                "the disk of PostgreSQL is full: make room there, then retry", disk_full=True
            ) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise BlobStoreUnavailable(
                f"the blob store in PostgreSQL refused ({type(error).__name__}); check DATABASE_URL and the server"
            ) from error


async def _row(blob: BlobRef, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """One row in the binary form of COPY. Raises `BlobCorrupt` when the bytes changed since they were measured."""
    name = blob.sha256.encode()
    yield _COPY_BEGIN + struct.pack("!hi", 3, len(name)) + name + struct.pack("!iqi", 8, blob.size, blob.size)
    digest = hashlib.sha256()
    async for piece in pieces:
        digest.update(piece)
        yield piece
    if digest.hexdigest() != blob.sha256:
        raise BlobCorrupt(blob.sha256, digest.hexdigest())
    yield _COPY_END


async def _pieces(content: bytes) -> AsyncGenerator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]


async def _read_in(source: BinaryIO) -> AsyncGenerator[bytes]:
    read: Callable[[int], bytes] = source.read
    while piece := await asyncio.to_thread(read, CHUNK_BYTES):
        yield piece
