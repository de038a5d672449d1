"""Forward-only migrations: numbered `.sql` files, each applied once, in order, in one transaction.

What was applied stands in `playhead.migrations` with its checksum. A file that was changed afterwards is refused by
name: the databases that have it would never hear of the change. What is to be undone is undone by a new file.
"""

import asyncio
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import asyncpg

from eventlog.errors import PlayheadError
from eventlog.read.postgres.pool import Connection, our_errors

SECONDS = 300.0
"""For one migration, waiting for another runner included."""
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_LOCK = 0x706C617968656164
"""One runner a database: the word `playhead` as a number."""
_BOOK = """
CREATE SCHEMA IF NOT EXISTS playhead;
CREATE TABLE IF NOT EXISTS playhead.migrations (
    folder text NOT NULL,
    name text NOT NULL,
    checksum bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (folder, name)
);
"""


class Changed(PlayheadError):
    """A migration that was applied is no longer what it was, or stands before one that was applied."""


class Migration(NamedTuple):
    """One file. `applied` says whether this database has it."""

    folder: str
    name: str
    applied: bool


class _File(NamedTuple):
    name: str
    text: str
    checksum: bytes


async def status(dsn: str, folder: str, path: Path) -> list[Migration]:
    """The files in `path`, in order, and which of them the database has. Changes nothing.

    `folder` is the name under which the database remembers them. Raises `Changed` or `Unavailable`.
    """
    files = _files(path)
    with our_errors():
        connection = await _connect(dsn)
        try:
            applied = await _applied(connection, folder)
        finally:
            await connection.close()
    _compare(folder, files, applied)
    return [Migration(folder, file.name, file.name in applied) for file in files]


async def up(dsn: str, folder: str, path: Path) -> list[str]:
    """Apply what is missing; the names of what was applied. Raises `Changed` or `Unavailable`, and what SQL raises.

    A file that fails leaves nothing of itself; those before it stay.
    """
    files = _files(path)
    done: list[str] = []
    with our_errors():
        connection = await _connect(dsn)
        try:
            async with asyncio.timeout(SECONDS):
                await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
            await connection.execute(_BOOK)
            applied = await _applied(connection, folder)
            _compare(folder, files, applied)
            for file in files:
                if file.name not in applied:
                    await _apply(connection, folder, file)
                    done.append(file.name)
        finally:
            await connection.close()
    return done


async def resolve(dsn: str, folder: str, path: Path, name: str, *, applied: bool) -> None:
    """Correct the book after somebody corrected the database by hand; `name` is a file in `path`, or was one.

    `applied`: the database is as the file says now, which is not run. Otherwise: nothing of it is in the database,
    and the next `up` runs it. Raises `Changed` where the book cannot say so, `Unavailable`.
    """
    checksums = {file.name: file.checksum for file in _files(path)}
    if applied and name not in checksums:
        raise Changed(f"{folder} has no migration {name}: there are {', '.join(checksums)}")
    with our_errors():
        connection = await _connect(dsn)
        try:
            async with asyncio.timeout(SECONDS):
                await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
            await connection.execute(_BOOK)
            known = await _applied(connection, folder)
            if not applied and name not in known:
                raise Changed(f"{folder}/{name} is not among those that were applied: `playhead migrate up` runs it")
            async with connection.transaction():
                await connection.execute(
                    "DELETE FROM playhead.migrations WHERE folder = $1 AND name = $2", folder, name
                )
                if applied:
                    await _note(connection, folder, name, checksums[name])
        finally:
            await connection.close()


async def wipe(dsn: str, schemas: Sequence[str], keep: Sequence[str] = ()) -> list[str]:
    """Drop the schemas with all that is in them, and with generations of their tables beside them, and the book; what
    it says of the folders in `keep` stays.

    The names of those that were there. Whole or not at all. Raises `Unavailable`.
    """
    with our_errors():
        connection = await _connect(dsn)
        try:
            async with asyncio.timeout(SECONDS):
                await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
            await connection.execute(_BOOK)
            kept = [
                (folder, name, sum_) for folder in keep for name, sum_ in (await _applied(connection, folder)).items()
            ]
            async with connection.transaction():
                rows = await connection.fetch(
                    "SELECT nspname, quote_ident(nspname) AS quoted FROM pg_namespace "
                    "WHERE regexp_replace(nspname, '_g[0-9]+$', '') = ANY($1)",
                    [*schemas, "playhead"],
                )
                for row in rows:
                    await connection.execute(f"DROP SCHEMA {row['quoted']} CASCADE")
                await connection.execute(_BOOK)
                for folder, name, checksum in kept:
                    await _note(connection, folder, name, checksum)
        finally:
            await connection.close()
    return sorted(row["nspname"] for row in rows)


def _files(path: Path) -> list[_File]:
    names = sorted(file.name for file in path.glob("*.sql"))
    wrong = [name for n, name in enumerate(names, 1) if not _NAME.fullmatch(name) or int(name[:4]) != n]
    if wrong or not names:
        raise ValueError(
            f"{path} holds {wrong or 'no migration'}, but needs files 0001_what.sql, 0002_what.sql, … without a gap"
        )
    texts = [(name, (path / name).read_text(encoding="utf-8")) for name in names]
    return [_File(name, text, sha256(text.encode()).digest()) for name, text in texts]


async def _connect(dsn: str) -> Connection:
    """What a file does may not depend on who runs it: by default a role finds a schema of its own name first."""
    settings = {"application_name": "playhead migrations", "search_path": "public"}
    return await asyncpg.connect(dsn, timeout=SECONDS, command_timeout=SECONDS, server_settings=settings)


async def _applied(connection: Connection, folder: str) -> dict[str, bytes]:
    if await connection.fetchval("SELECT to_regclass('playhead.migrations')") is None:
        return {}
    rows = await connection.fetch("SELECT name, checksum FROM playhead.migrations WHERE folder = $1", folder)
    return {row["name"]: row["checksum"] for row in rows}


def _compare(folder: str, files: Sequence[_File], applied: dict[str, bytes]) -> None:
    known = {file.name: file.checksum for file in files}
    for name, checksum in sorted(applied.items()):
        if known.get(name) != checksum:
            found = known[name].hex()[:12] if name in known else "not there"
            raise Changed(
                f"migration {folder}/{name} was applied as {checksum.hex()[:12]} and is {found} now: restore the file "
                "as it was, and write what it should say into a new one"
            )


async def _apply(connection: Connection, folder: str, file: _File) -> None:
    async with connection.transaction():
        await connection.execute(file.text)
        await _note(connection, folder, file.name, file.checksum)


async def _note(connection: Connection, folder: str, name: str, checksum: bytes) -> None:
    await connection.execute(
        "INSERT INTO playhead.migrations (folder, name, checksum) VALUES ($1, $2, $3)", folder, name, checksum
    )
