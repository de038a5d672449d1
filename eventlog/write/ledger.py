"""The processor's local, disposable fold of one partition: head, offset, states by stream, handled command ids.

Everything in it can be made again from the log, so it is never repaired: what does not fit is thrown away.
`MemoryLedger` and `SqliteLedger` pass `tests/eventlog/ledger_promises.py`.
"""

import sqlite3
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable
from uuid import UUID

import msgspec

from eventlog.commit import Position
from eventlog.errors import Conflict, Unavailable
from eventlog.write.ledger_file import at_once, made_anew, marks, opened, position_row, this_boot


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
        self,
        expected: Position,
        position: Position,
        streams: Mapping[str, Stored],
        handled: Mapping[UUID, str],
        *,
        forget: bool = False,
    ) -> None:
        """All of it or nothing, and only on top of `expected`; otherwise `Conflict`: another process moved on.

        `forget`: no earlier state of these streams is left lying anywhere, for somebody was erased.
        """
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
        self,
        expected: Position,
        position: Position,
        streams: Mapping[str, Stored],
        handled: Mapping[UUID, str],
        *,
        forget: bool = False,  # noqa: ARG002 - nothing is left lying in memory
    ) -> None:
        if expected != self._position:
            raise Conflict(f"the ledger stands at {self._position}, not at {expected}")
        self._position = position
        self._streams.update(streams)
        self._handled.update(handled)

    def close(self) -> None:
        return


_GUARDED = """
UPDATE meta SET head = ?, head_offset = ?, next_offset = ?, last_id = ?, last_offset = ?
WHERE head = ? AND head_offset = ? AND next_offset = ? AND last_id = ? AND last_offset = ?
"""
_STREAM = """
INSERT INTO streams VALUES (?, ?, ?, ?)
ON CONFLICT (stream) DO UPDATE SET version = excluded.version, tenant = excluded.tenant, state = excluded.state
"""


_RECENT_COMMANDS = 5_000
"""Names and ids are random: put into the tables batch by batch, nearly each would rewrite a page of its own. So a save
is one row of `recent`, read into memory by whoever opens the file, and many of them go into the tables together."""

_pack = msgspec.msgpack.Encoder().encode
_unpack_streams = msgspec.msgpack.Decoder(dict[str, Stored]).decode
_unpack_handled = msgspec.msgpack.Decoder(dict[UUID, str]).decode


@contextmanager
def _written(path: Path) -> Generator[None]:
    """`Unavailable` where the file cannot be written now: it is locked, or its disk is full."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable("ledger", f"{path}: {error}") from error


class SqliteLedger:
    """One SQLite file a partition. It is not flushed to the platter: a power cut costs a fold, not a fact.

    What a power cut leaves may look whole and have lost pages from its middle, handled ids among them. So a ledger is
    good for one start of the machine, `boot`; where nobody tells these apart, it is flushed.
    """

    def __init__(self, path: Path, fold_version: str, start: Position, boot: str | None = None) -> None:
        """Open the ledger at `path`. One of another fold version or boot, or unreadable, is made anew.

        Raises `Unavailable` where it can be read but not written: another process stands still in the middle of a save.
        """
        boot = this_boot() if boot is None else boot
        flushed = not boot
        key = f"{fold_version} {boot}".rstrip()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.fresh = False
        self._recalled_streams: dict[str, Stored | None] = {}
        self._recalled_commands: dict[UUID, str | None] = {}
        try:
            self._db = opened(path, flushed)
            row = self._db.execute("SELECT fold FROM meta").fetchone()
            fits = row is not None and row[0] == key
            self._read()
        except (sqlite3.DatabaseError, msgspec.DecodeError):
            fits = False
        if not fits:
            with suppress(AttributeError):
                self._db.close()
            self._db = made_anew(path, key, start, flushed)
            self._read()
            self.fresh = True
        with _written(path):
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("ROLLBACK")
        self._path = path
        self._overdue = False

    def position(self) -> Position:
        if self._stands_at() != self._position:
            self._read()
        return self._position

    def stream(self, stream: str) -> Stored | None:
        if recent := self._recent_streams.get(stream):
            return recent
        if stream in self._recalled_streams:
            return self._recalled_streams[stream]
        row = self._db.execute("SELECT version, tenant, state FROM streams WHERE stream = ?", (stream,)).fetchone()
        return Stored(*row) if row else None

    def handled(self, command_id: UUID) -> str | None:
        if recent := self._recent_handled.get(command_id):
            return recent
        if command_id in self._recalled_commands:
            return self._recalled_commands[command_id]
        row = self._db.execute("SELECT payload_hash FROM handled WHERE id = ?", (command_id.bytes,)).fetchone()
        return bytes(row[0]).hex() if row else None

    def recall(self, streams: Collection[str], commands: Collection[UUID]) -> None:
        self._recalled_streams = dict.fromkeys(streams)
        self._recalled_commands = dict.fromkeys(commands)
        self._db.execute("BEGIN")  # one lock for all of them
        for some in at_once(list(streams)):
            found = self._db.execute(f"SELECT * FROM streams WHERE stream IN ({marks(some)})", some)  # noqa: S608 - marks
            self._recalled_streams |= {name: Stored(*stored) for name, *stored in found}
        for some in at_once([command.bytes for command in commands]):
            found = self._db.execute(f"SELECT * FROM handled WHERE id IN ({marks(some)})", some)  # noqa: S608 - marks
            self._recalled_commands |= {UUID(bytes=id_): bytes(hash_).hex() for id_, hash_ in found}
        self._db.execute("COMMIT")

    def save(
        self,
        expected: Position,
        position: Position,
        streams: Mapping[str, Stored],
        handled: Mapping[UUID, str],
        *,
        forget: bool = False,
    ) -> None:
        self._recalled_streams = {}
        self._recalled_commands = {}
        with _written(self._path), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            moved = self._db.execute(_GUARDED, (*position_row(position), *position_row(expected))).rowcount
            if moved != 1:
                raise Conflict(f"the ledger stands at {self._stands_at()}, not at {expected}")
            if full := forget or len(self._recent_handled) + len(handled) >= _RECENT_COMMANDS:
                self._merge({**self._recent_streams, **streams}, {**self._recent_handled, **handled})
            else:
                row = _pack(streams), _pack(handled)
                self._db.execute("INSERT INTO recent (streams, handled) VALUES (?, ?)", row)
        self._position = position
        if full:
            self._recent_streams, self._recent_handled = {}, {}
        else:
            self._recent_streams.update(streams)
            self._recent_handled.update(handled)
        self._overdue = forget or self._overdue
        if self._overdue:
            # The file beside it holds what the tables held. Whoever reads it puts this off until the next save.
            self._overdue = bool(self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])

    def close(self) -> None:
        self._db.close()

    def _stands_at(self) -> Position:
        row = self._db.execute("SELECT head, head_offset, next_offset, last_id, last_offset FROM meta").fetchone()
        return Position(*row)

    def _read(self) -> None:
        """The position and the recent saves that belong to it: another process may have made them."""
        self._recent_streams: dict[str, Stored] = {}
        self._recent_handled: dict[UUID, str] = {}
        self._db.execute("BEGIN")
        self._position = self._stands_at()
        for streams, handled in self._db.execute("SELECT streams, handled FROM recent ORDER BY number"):
            self._recent_streams |= _unpack_streams(streams)
            self._recent_handled |= _unpack_handled(handled)
        self._db.execute("COMMIT")

    def _merge(self, streams: Mapping[str, Stored], handled: Mapping[UUID, str]) -> None:
        """In the order of their keys: neighbours share pages."""
        self._db.executemany(_STREAM, ((name, *stored) for name, stored in sorted(streams.items())))
        self._db.executemany(
            "INSERT INTO handled VALUES (?, ?)",
            sorted((id_.bytes, bytes.fromhex(hash_)) for id_, hash_ in handled.items()),
        )
        self._db.execute("DELETE FROM recent")
