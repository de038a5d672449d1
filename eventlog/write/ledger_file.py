"""The file of a ledger: opened as it is, or made anew."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from eventlog.commit import Position

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_CACHE_KIB = 8_192
"""Random names and ids touch all of the trees; the usual 2 MiB would be read again and again."""
_LOCK_SECONDS = 1
"""Far longer than a save; the whole process stands still meanwhile."""
_SCHEMA = """
CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), fold TEXT NOT NULL, head BLOB NOT NULL,
    head_offset INTEGER NOT NULL, next_offset INTEGER NOT NULL, last_id BLOB NOT NULL, last_offset INTEGER NOT NULL);
CREATE TABLE streams (stream TEXT PRIMARY KEY, version INTEGER NOT NULL, tenant TEXT NOT NULL, state BLOB)
    WITHOUT ROWID;
CREATE TABLE handled (id BLOB PRIMARY KEY, payload_hash BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE recent (number INTEGER PRIMARY KEY, streams BLOB NOT NULL, handled BLOB NOT NULL);
"""


def position_row(position: Position) -> tuple[bytes, int, int, bytes, int]:
    """As the columns of `meta` after the fold's version."""
    return position.head, position.head_offset, position.next_offset, position.last_id, position.last_offset


def at_once(values: Sequence[str] | Sequence[bytes]) -> Iterator[Sequence[str] | Sequence[bytes]]:
    """In pieces of what one statement should take."""
    return (values[first : first + 500] for first in range(0, len(values), 500))


def marks(values: Sequence[object]) -> str:
    """A place for each of them in a statement."""
    return ",".join("?" * len(values))


def this_boot() -> str:
    """Another text after each start of the machine; empty where the system has none."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


def opened(path: Path, flushed: bool) -> sqlite3.Connection:
    """The file as it is, empty where there is none; `flushed`: what is committed survives a power cut whole."""
    db = sqlite3.connect(path, isolation_level=None, timeout=_LOCK_SECONDS)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA secure_delete = ON")  # what a stream was before its person was erased is not left lying about
    db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    db.execute(f"PRAGMA synchronous = {'NORMAL' if flushed else 'OFF'}")
    return db


def made_anew(path: Path, key: str, start: Position, flushed: bool) -> sqlite3.Connection:
    """A file that knows nothing and stands at `start`, in place of whatever was there."""
    for leftover in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        leftover.unlink(missing_ok=True)
    db = opened(path, flushed)
    db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
    db.execute("INSERT INTO meta VALUES (1, ?, ?, ?, ?, ?, ?)", (key, *position_row(start)))
    return db
