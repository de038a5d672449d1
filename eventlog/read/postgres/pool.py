"""A pool of PostgreSQL connections in which nothing waits for ever, and its errors in our words."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from eventlog.errors import Unavailable

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"

PART = "PostgreSQL"
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.PostgresSystemError,
    asyncpg.InternalClientError,
)
_BOUND = "SELECT set_config('app.tenant', $1, true), set_config('app.account', $2, true)"
_JSON = msgspec.json.Encoder(order="sorted")
_JSONB_VERSION = b"\x01"


def statement(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (files("eventlog.read.postgres") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def our_errors() -> Generator[None]:
    """`Unavailable` for whatever may work when it is tried again; what was asked wrongly stays what it is."""
    try:
        yield
    except _AWAY as error:
        raise Unavailable(PART, f"{type(error).__name__} {error}"[:200].rstrip()) from error
    except asyncpg.InterfaceError as error:
        if isinstance(error, ValueError):
            raise
        raise Unavailable(PART, f"{type(error).__name__} {error}"[:200]) from error


async def open_pool(dsn: str, *, application: str, size: int = 10, seconds: float = 10) -> Pool:
    """A pool of this event loop: no connecting, statement or lock takes longer than `seconds`.

    `jsonb` columns are Python values. Raises `Unavailable` where the server does not answer.
    """
    milliseconds = str(int(seconds * 1000))
    with our_errors():
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            timeout=seconds,
            command_timeout=seconds,
            max_inactive_connection_lifetime=300,
            init=_jsonb,
            reset=_as_it_is,
            server_settings={
                "application_name": application,
                "statement_timeout": milliseconds,
                "lock_timeout": milliseconds,
                "idle_in_transaction_session_timeout": milliseconds,
                "timezone": "UTC",
            },
        )


@asynccontextmanager
async def tenant_transaction(
    pool: Pool, tenant: str, seconds: float = 10, role: str = "", account: UUID | None = None
) -> AsyncGenerator[Connection]:
    """A transaction in which row-level security shows the rows of one tenant, or of one account of it.

    With a `role` it is made as that one, whoever logged in: so the policies bind a superuser's pool, too. Raises
    `Unavailable`.
    """
    if not tenant:
        raise ValueError("a tenant's transaction needs the tenant's name: an empty one would see nothing")
    with our_errors():
        async with pool.acquire(timeout=seconds) as connection, connection.transaction():
            await connection.execute(_BOUND, tenant, "" if account is None else str(account))
            if role:
                await connection.execute("SELECT set_config('role', $1, true)", role)
            yield connection


async def _as_it_is(_connection: Connection) -> None:
    """Nothing outlives a transaction here, and an open one is rolled back anyway: resetting would be one more trip."""


async def _jsonb(connection: Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=_encode_jsonb, decoder=_decode_jsonb
    )


def _encode_jsonb(value: Any) -> bytes:
    return _JSONB_VERSION + _JSON.encode(value)


def _decode_jsonb(value: bytes) -> Any:
    return msgspec.json.decode(value[1:])


@contextmanager
def our_errors_but_locks() -> Generator[None]:
    """As `our_errors`; a lock that was not to be had is told as it is."""
    try:
        yield
    except asyncpg.LockNotAvailableError:
        raise
    except Exception:
        with our_errors():
            raise
