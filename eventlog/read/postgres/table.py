"""A table of a projector, as the catalogue describes it, and the statements that write it in bulk.

Each statement takes one array a column and makes rows of them with `unnest`: one round trip and one plan, however
many rows. `stream` is the column by which views are found.
"""
# ruff: noqa: S608 - values travel as parameters; every identifier in a statement went through `quoted`

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from eventlog.read.postgres.pool import Connection, statement
from eventlog.read.projection import Row, View

STREAM = "stream"
COPIED_ROWS = 500
"""Fewer are inserted by a statement: a copy asks the catalogue first, and needs a savepoint."""
COPY_SECONDS = 60.0

_COLUMNS = statement("columns")
_GUARDED = "SELECT row_security_active(to_regclass($1)::oid)"
_NOT_BY_COPY = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
    TypeError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a projector writes; `type` is as SQL writes it, `is_array` where it ends in []."""

    name: str
    type: str
    is_array: bool

    @property
    def quoted(self) -> str:
        return quoted(self.name)

    @property
    def is_json(self) -> bool:
        """Whether its values travel as JSON text: a list among the values would be taken for one more dimension."""
        return self.is_array or self.type == "jsonb"

    @property
    def parameter(self) -> str:
        """The type of the array that carries this column's values."""
        return "text[]" if self.is_json else f"{self.type}[]"

    @property
    def value(self) -> str:
        """The column's value, in terms of the unnested row `u`."""
        if not self.is_array:
            return f"u.{self.quoted}::jsonb" if self.is_json else f"u.{self.quoted}"
        elements = f"ARRAY(SELECT jsonb_array_elements_text(u.{self.quoted}::jsonb))::{self.type}"
        return f"CASE WHEN u.{self.quoted} IS NOT NULL THEN {elements} END"

    def array(self, rows: Sequence[Row]) -> list[Any]:
        """The column's values as its parameter takes them; a field that a row leaves out is NULL."""
        name = self.name
        if not self.is_json:
            return [row.get(name) for row in rows]
        return [None if (value := row.get(name)) is None else _json(value) for row in rows]

    def as_kept(self, value: Any) -> Any:
        """What the server gives back for a value that a fold made."""
        if value is None:
            return None
        if self.type == "numeric":
            return value if isinstance(value, Decimal) else Decimal(str(value))
        if self.type == "jsonb":
            return msgspec.json.decode(msgspec.json.encode(value))
        return float(value) if self.type == "double precision" else value


class Table:
    """The statements of one table. `key` are the columns that tell its rows apart.

    `copies`: rows may come by COPY, which PostgreSQL refuses where row-level security binds who writes.
    """

    def __init__(self, name: str, key: Sequence[str], columns: Sequence[Column], *, copies: bool = False) -> None:
        self.name = name
        self.key = tuple(key)
        self.columns = tuple(columns)
        self.copies = copies
        self._names = frozenset(column.name for column in columns)
        missing = [field for field in self.key if field not in self._names]
        if missing or not key:
            raise ValueError(f"{name} needs key columns that it has: {list(key)} of {sorted(self._names)}")
        self.select = f"SELECT {self._list()} FROM {quoted(name)}"
        self.load = f"{self.select} WHERE stream = ANY($1) ORDER BY {', '.join(map(quoted, self.key))}"
        self.upsert = self._insert(self._update())
        self.add = self._insert("DO NOTHING")
        self.clear = f"DELETE FROM {quoted(name)} WHERE stream = ANY($1)"
        self.clear_others = f"DELETE FROM {quoted(name)} t WHERE t.stream = ANY($1) AND NOT EXISTS ({self._others()})"

    def forget(self, field: str) -> str:
        """The statement that deletes the rows of some streams, which stand in this column."""
        if field not in self._names:
            raise ValueError(f"{self.name} has no column {field}: migrate, or correct its journal")
        return f"DELETE FROM {quoted(self.name)} WHERE {quoted(field)} = ANY($1)"

    def arrays(self, rows: Sequence[Row]) -> list[list[Any]]:
        """One list of values a column. Raises `ValueError` for a field that is no column."""
        self._refuse_others(rows)
        return [column.array(rows) for column in self.columns]

    async def copy(self, connection: Connection, rows: Sequence[Row]) -> bool:
        """Add rows that are not there, in a transaction. False, with nothing done, where that is no way for them: they
        are few, one of them is there or does not fit (a statement tells which), or the table takes no copies."""
        if not self.copies or len(rows) < COPIED_ROWS:
            return False
        self._refuse_others(rows)
        names = [column.name for column in self.columns]
        schema, _, table = self.name.rpartition(".")
        try:
            async with connection.transaction():
                await connection.copy_records_to_table(
                    table,
                    schema_name=schema or None,
                    columns=names,
                    records=(tuple(row.get(name) for name in names) for row in rows),
                    timeout=COPY_SECONDS,
                )
        except _NOT_BY_COPY:
            return False
        return True

    def _refuse_others(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if not self._names.issuperset(row):
                raise ValueError(f"{self.name} has no column {sorted(set(row) - self._names)}: migrate, or correct it")

    def keys(self, rows: Iterable[Row]) -> list[list[Any]]:
        """One list of values a key column."""
        rows = list(rows)
        return [[row[field] for row in rows] for field in self.key]

    def as_kept(self, row: Row) -> Row:
        """What `select` gives back for a row that a fold made."""
        return {column.name: column.as_kept(row.get(column.name)) for column in self.columns}

    def _list(self) -> str:
        return ", ".join(column.quoted for column in self.columns)

    def _insert(self, otherwise: str) -> str:
        parameters = ", ".join(f"${n}::{column.parameter}" for n, column in enumerate(self.columns, 1))
        values = ", ".join(column.value for column in self.columns)
        return (
            f"INSERT INTO {quoted(self.name)} ({self._list()}) SELECT {values} "
            f"FROM unnest({parameters}) AS u ({self._list()}) "
            f"ON CONFLICT ({', '.join(map(quoted, self.key))}) {otherwise}"
        )

    def _update(self) -> str:
        changed = [column.quoted for column in self.columns if column.name not in self.key]
        return (
            f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in changed)}" if changed else "DO NOTHING"
        )

    def _others(self) -> str:
        types: Mapping[str, str] = {column.name: column.type for column in self.columns}
        parameters = ", ".join(f"${n}::{types[field]}[]" for n, field in enumerate(self.key, 2))
        same = " AND ".join(f"u.{quoted(field)} = t.{quoted(field)}" for field in self.key)
        return f"SELECT FROM unnest({parameters}) AS u ({', '.join(map(quoted, self.key))}) WHERE {same}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def quoted(name: str) -> str:
    """An identifier, or a schema and an identifier, that cannot be taken for anything else."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


async def read_table(connection: Connection, name: str, key: Sequence[str], untouched: Collection[str]) -> Table:
    """The table as it is now, without generated columns and those that the projector leaves to others."""
    columns = [Column(*row) for row in await connection.fetch(_COLUMNS, quoted(name)) if row["name"] not in untouched]
    if not columns:
        raise LookupError(f"there is no table {name} that this role can see: run the migrations, check the grants")
    return Table(name, key, columns, copies=not await connection.fetchval(_GUARDED, quoted(name)))


async def replace_views(
    connection: Connection, table: Table, views: Mapping[str, View], begun: Collection[str]
) -> None:
    """Make the rows of these streams what their views hold; of those that have `begun` none is there."""
    for stream, view in views.items():
        if any(row.get(STREAM) != stream for row in view):
            raise ValueError(f"{table.name}: each row of {stream} carries it in its column `stream`")
    if await table.copy(connection, [row for stream in begun for row in views[stream]]):
        views = {stream: view for stream, view in views.items() if stream not in begun}
    rows = [row for view in views.values() for row in view]
    if not views:
        return
    if table.key != (STREAM,):
        await connection.execute(table.clear_others, list(views), *table.keys(rows))
    elif empty := [stream for stream, view in views.items() if not view]:
        await connection.execute(table.clear, empty)
    if rows:
        await connection.execute(table.upsert, *table.arrays(rows))
