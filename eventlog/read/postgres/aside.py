"""Tables beside the live ones, of the same shape, in schemas of their own. Nobody but their owner may read them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from eventlog.read.postgres.pool import Connection, Pool, our_errors
from eventlog.read.postgres.table import quoted, read_table
from eventlog.read.projection import Row

_MARK = "playhead replay "
_ROWS = 2_000
_OURS = """
SELECT nspname AS name, coalesce(obj_description(oid, 'pg_namespace'), '') AS about
FROM pg_namespace WHERE starts_with(nspname, $1) ORDER BY nspname
"""
_COMMENT = "SELECT format('COMMENT ON SCHEMA %I IS %L', $1::text, $2::text)"


class Aside(NamedTuple):
    """Rows for a table like the live one of that name, `schema.table`; `key` tells them apart."""

    name: str
    key: Sequence[str]
    rows: Iterable[Row]


async def schemas_aside(pool: Pool, side: str) -> dict[str, bool]:
    """The schemas whose names begin as those of `side`, and whether `write_aside` made them. Raises `Unavailable`."""
    with our_errors():
        found = await pool.fetch(_OURS, f"{side}_")
    return {row["name"]: row["about"].startswith(f"{_MARK}{side}:") for row in found}


async def write_aside(pool: Pool, side: str, about: str, tables: Iterable[Aside]) -> Mapping[str, int]:
    """Make `<side>_<schema>.<table>` for each and fill it, all in one transaction; how many rows each got.

    Raises `Unavailable`, and `LookupError` for a table that has no live one.
    """
    counts: dict[str, int] = {}
    with our_errors():
        async with pool.acquire() as connection, connection.transaction():
            for table in tables:
                schema, _, name = table.name.partition(".")
                beside = f"{side}_{schema}.{name}"
                await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(f'{side}_{schema}')}")
                told = f"{_MARK}{side}: {about}"
                await connection.execute(await connection.fetchval(_COMMENT, f"{side}_{schema}", told))
                await connection.execute(f"CREATE TABLE {quoted(beside)} (LIKE {quoted(table.name)} INCLUDING ALL)")
                counts[beside] = await _fill(connection, beside, table)
    return counts


async def drop_aside(pool: Pool, side: str) -> list[str]:
    """Drop every schema that `write_aside` made under this name; which. Raises `Unavailable`."""
    ours = [name for name, made in (await schemas_aside(pool, side)).items() if made]
    with our_errors():
        for name in ours:
            await pool.execute(f"DROP SCHEMA {quoted(name)} CASCADE")
    return ours


async def _fill(connection: Connection, beside: str, table: Aside) -> int:
    found = await read_table(connection, beside, table.key, ())
    count = 0
    rows = list(table.rows)
    for n in range(0, len(rows), _ROWS):
        page = rows[n : n + _ROWS]
        await connection.execute(found.add, *found.arrays(page))
        count += len(page)
    return count
