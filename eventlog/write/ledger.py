"""The processor's local, disposable fold of one partition: head, offset, states by stream, handled command ids.

Everything in it can be made again from the log, so it is never repaired: what does not fit is thrown away.
`MemoryLedger` and `SqliteLedger` pass `tests/eventlog/ledger_promises.py`.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable
from uuid import UUID

from eventlog.commit import Position
from eventlog.errors import Conflict


class Stored(NamedTuple):
    """One stream as of the ledger's position. `state` is None where an event of it was not understood."""

    version: int
    tenant: str
    state: bytes | None


class Ledger(Protocol):
    """What a lane remembers between two runs."""

    fresh: bool
    """Whether it was made or remade just now: nothing in it says which commands were handled before."""

    def position(self) -> Position:
        """How far the fold has come."""
        ...

    def stream(self, stream: str) -> Stored | None:
        """The stream's fold; None for one that has no commit."""
        ...

    def handled(self, command_id: UUID) -> str | None:
        """The payload hash of a command that has a commit in the log; None for any other."""
        ...

    def save(
        self, expected: Position, position: Position, streams: Mapping[str, Stored], handled: Mapping[UUID, str]
    ) -> None:
        """All of it or nothing, and only on top of `expected`; otherwise `Conflict`: another process moved on."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Recalls(Protocol):
    """What a ledger may be besides: one that is quicker when it knows what it will be asked for."""

    def recall(self, streams: Collection[str], commands: Collection[UUID]) -> None:
        """Look these up all at once. It changes no answer."""
        ...


class MemoryLedger:
    """For tests, and for whoever prefers to fold the log on every start."""

    def __init__(self, start: Position) -> None:
        self.fresh = True
        self._position = start
        self._streams: dict[str, Stored] = {}
        self._handled: dict[UUID, str] = {}

    def position(self) -> Position:
        return self._position

    def stream(self, stream: str) -> Stored | None:
        return self._streams.get(stream)

    def handled(self, command_id: UUID) -> str | None:
        return self._handled.get(command_id)

    def save(
        self, expected: Position, position: Position, streams: Mapping[str, Stored], handled: Mapping[UUID, str]
    ) -> None:
        if expected != self._position:
            raise Conflict(f"the ledger stands at {self._position}, not at {expected}")
        self._position = position
        self._streams.update(streams)
        self._handled.update(handled)

    def close(self) -> None:
        return


_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SCHEMA = """
CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), fold TEXT NOT NULL, head BLOB NOT NULL,
    head_offset INTEGER NOT NULL, next_offset INTEGER NOT NULL, last_id BLOB NOT NULL, last_offset INTEGER NOT NULL);
CREATE TABLE streams (stream TEXT PRIMARY KEY, version INTEGER NOT NULL, tenant TEXT NOT NULL, state BLOB)
    WITHOUT ROWID;
CREATE TABLE handled (id BLOB PRIMARY KEY, payload_hash BLOB NOT NULL) WITHOUT ROWID;
"""
_GUARDED = """
UPDATE meta SET head = ?, head_offset = ?, next_offset = ?, last_id = ?, last_offset = ?
WHERE head = ? AND head_offset = ? AND next_offset = ? AND last_id = ? AND last_offset = ?
"""
_STREAM = """
INSERT INTO streams VALUES (?, ?, ?, ?)
ON CONFLICT (stream) DO UPDATE SET version = excluded.version, tenant = excluded.tenant, state = excluded.state
"""


class SqliteLedger:
    """One SQLite file a partition. It is not flushed to the platter: a power cut costs a fold, not a fact.

    What a power cut leaves may look whole and have lost pages from its middle, handled ids among them. So a ledger is
    good for one start of the machine, `boot`; where nobody tells these apart, it is flushed.
    """

    def __init__(self, path: Path, fold_version: str, start: Position, boot: str | None = None) -> None:
        """Open the ledger at `path`. One of another fold version or boot, or unreadable, is made anew."""
        boot = _boot() if boot is None else boot
        flushed = not boot
        key = f"{fold_version} {boot}".rstrip()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.fresh = False
        self._recalled_streams: dict[str, Stored | None] = {}
        self._recalled_commands: dict[UUID, str | None] = {}
        try:
            self._db = _open(path, flushed)
            row = self._db.execute("SELECT fold FROM meta").fetchone()
            fits = row is not None and row[0] == key
        except sqlite3.DatabaseError:
            fits = False
        if not fits:
            with suppress(AttributeError):
                self._db.close()
            self._db = _made_anew(path, key, start, flushed)
            self.fresh = True

    def position(self) -> Position:
        row = self._db.execute("SELECT head, head_offset, next_offset, last_id, last_offset FROM meta").fetchone()
        return Position(*row)

    def stream(self, stream: str) -> Stored | None:
        if stream in self._recalled_streams:
            return self._recalled_streams[stream]
        row = self._db.execute("SELECT version, tenant, state FROM streams WHERE stream = ?", (stream,)).fetchone()
        return Stored(*row) if row else None

    def handled(self, command_id: UUID) -> str | None:
        if command_id in self._recalled_commands:
            return self._recalled_commands[command_id]
        row = self._db.execute("SELECT payload_hash FROM handled WHERE id = ?", (command_id.bytes,)).fetchone()
        return bytes(row[0]).hex() if row else None

    def recall(self, streams: Collection[str], commands: Collection[UUID]) -> None:
        self._recalled_streams = dict.fromkeys(streams)
        self._recalled_commands = dict.fromkeys(commands)
        self._db.execute("BEGIN")  # one lock for all of them
        for some in _at_once(list(streams)):
            found = self._db.execute(f"SELECT * FROM streams WHERE stream IN ({_marks(some)})", some)  # noqa: S608 - marks
            self._recalled_streams |= {name: Stored(*stored) for name, *stored in found}
        for some in _at_once([command.bytes for command in commands]):
            found = self._db.execute(f"SELECT * FROM handled WHERE id IN ({_marks(some)})", some)  # noqa: S608 - marks
            self._recalled_commands |= {UUID(bytes=id_): bytes(hash_).hex() for id_, hash_ in found}
        self._db.execute("COMMIT")

    def save(
        self, expected: Position, position: Position, streams: Mapping[str, Stored], handled: Mapping[UUID, str]
    ) -> None:
        self._recalled_streams = {}
        self._recalled_commands = {}
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            moved = self._db.execute(_GUARDED, (*_fields(position), *_fields(expected))).rowcount
            if moved != 1:
                raise Conflict(f"the ledger stands at {self.position()}, not at {expected}")
            self._db.executemany(_STREAM, ((name, *stored) for name, stored in streams.items()))
            self._db.executemany(
                "INSERT INTO handled VALUES (?, ?)",
                ((id_.bytes, bytes.fromhex(hash_)) for id_, hash_ in handled.items()),
            )

    def close(self) -> None:
        self._db.close()


def _at_once(values: Sequence[str] | Sequence[bytes]) -> Iterator[Sequence[str] | Sequence[bytes]]:
    """In pieces of what one statement should take."""
    return (values[first : first + 500] for first in range(0, len(values), 500))


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _fields(position: Position) -> tuple[bytes, int, int, bytes, int]:
    return position.head, position.head_offset, position.next_offset, position.last_id, position.last_offset


def _boot() -> str:
    """Another text after each start of the machine; empty where the system has none."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


def _open(path: Path, flushed: bool) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=5)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute(f"PRAGMA synchronous = {'NORMAL' if flushed else 'OFF'}")
    return db


def _made_anew(path: Path, key: str, start: Position, flushed: bool) -> sqlite3.Connection:
    for leftover in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        leftover.unlink(missing_ok=True)
    db = _open(path, flushed)
    db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
    db.execute("INSERT INTO meta VALUES (1, ?, ?, ?, ?, ?, ?)", (key, *_fields(start)))
    return db
