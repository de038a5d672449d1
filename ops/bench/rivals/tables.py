"""Where the rivals write in PostgreSQL: a schema of their own in the stack's database, gone afterwards."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit
from uuid import UUID

from eventlog import clock
from eventlog.read.postgres import Pool, open_pool

_EFFECTS = """
CREATE TABLE {schema}.effects (
    place bigint GENERATED ALWAYS AS IDENTITY, wish uuid NOT NULL, stream uuid NOT NULL, number integer NOT NULL
)
"""


class Tables:
    """A schema with the table `effects`: a row each time that a wish takes effect, and no key that would refuse one."""

    def __init__(self, pool: Pool, url: str, schema: str) -> None:
        self._pool = pool
        self.url = url
        self.schema = schema

    async def done(self) -> int:
        """How many effects there are."""
        async with self._pool.acquire() as connection:
            return await connection.fetchval(f"SELECT count(*) FROM {self.schema}.effects")  # noqa: S608 - ours

    async def effects(self) -> Sequence[UUID]:
        """The wishes in the order of their effects."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(f"SELECT wish FROM {self.schema}.effects ORDER BY place")  # noqa: S608 - ours
        return [UUID(int=row["wish"].int) for row in rows]

    async def number(self, sql: str) -> int:
        """The number that a statement of ours answers; `{schema}` in it is the schema."""
        async with self._pool.acquire() as connection:
            return await connection.fetchval(sql.format(schema=self.schema)) or 0

    def for_eventsourcing(self) -> Mapping[str, str]:
        """The environment in which the library finds the schema."""
        address = urlsplit(self.url)
        return {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": address.path.strip("/"),
            "POSTGRES_HOST": address.hostname or "",
            "POSTGRES_PORT": str(address.port or 5432),
            "POSTGRES_USER": unquote(address.username or ""),
            "POSTGRES_PASSWORD": unquote(address.password or ""),
            "POSTGRES_SCHEMA": self.schema,
            "PGAPPNAME": self.schema,
        }


@asynccontextmanager
async def tables(url: str) -> AsyncGenerator[Tables]:
    """A fresh schema. Raises `Unavailable`."""
    schema = f"rivals_{str(clock.new_id())[-12:]}"
    pool = await open_pool(url, application="playhead-bench", size=2)
    try:
        async with pool.acquire() as connection:
            await connection.execute(f"CREATE SCHEMA {schema}")
            await connection.execute(_EFFECTS.format(schema=schema))
        try:
            yield Tables(pool, url, schema)
        finally:
            async with pool.acquire() as connection:
                await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    finally:
        await pool.close()
