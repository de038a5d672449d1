"""Keys in PostgreSQL, each wrapped with a secret that is not in the database.

The connection lives on a thread of its own with an event loop of its own: so it can be asked from within a fold.
"""

import asyncio
import secrets
import threading
from collections.abc import Collection, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contracts.sealing import KEY_BYTES
from eventlog.errors import Unavailable
from eventlog.read.postgres.pool import Pool, our_errors

MIGRATIONS = Path(__file__).parent / "migrations"
SECONDS = 5.0
"""For one question, connecting included."""
CLOSE_SECONDS = 1.0
_PART = "the store of keys"
_FIND = "SELECT wrapped, secret FROM keys.subjects WHERE subject = $1"
_THESE = "SELECT subject, wrapped, secret FROM keys.subjects WHERE subject = ANY($1::text[])"
_SOME = """
SELECT subject, wrapped, secret FROM keys.subjects WHERE wrapped IS NOT NULL ORDER BY made_at DESC LIMIT $1
"""
_MAKE = """
INSERT INTO keys.subjects (subject, wrapped, secret) VALUES ($1, $2, $3) ON CONFLICT (subject) DO NOTHING
"""
_DESTROY = """
INSERT INTO keys.subjects AS s (subject, destroyed_at) VALUES ($1, now())
ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, secret = NULL, destroyed_at = now() WHERE s.destroyed_at IS NULL
"""
_LATELY = "SELECT subject FROM keys.subjects WHERE destroyed_at > now() - make_interval(secs => $1)"

Answer = TypeVar("Answer")


class PostgresKeyStore:
    """`KeyStore`. `wrapping`: name to secret, the newest last; keys are wrapped with the newest."""

    def __init__(self, dsn: str, wrapping: Mapping[str, str]) -> None:
        if not wrapping:
            raise ValueError("a store of keys needs a secret to wrap them with")
        self._dsn = dsn
        self._wrapping = {name: _cipher(secret) for name, secret in wrapping.items()}
        self._newest = list(wrapping)[-1]
        self._loop = asyncio.new_event_loop()
        self._pool: Pool | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="keys", daemon=True)
        self._thread.start()

    def find(self, subject: str) -> tuple[bool, bytes | None]:
        row = self._ask(self._row(subject))
        return row is not None, None if row is None else self._unwrapped(subject, row)

    def these(self, subjects: Collection[str]) -> Mapping[str, bytes | None]:
        rows = self._ask(self._rows(_THESE, list(subjects)))
        return {row["subject"]: self._unwrapped(row["subject"], row) for row in rows}

    def some(self, most: int) -> Mapping[str, bytes]:
        rows = self._ask(self._rows(_SOME, most))
        return {row["subject"]: key for row in rows if (key := self._unwrapped(row["subject"], row)) is not None}

    def make(self, subject: str) -> bytes | None:
        fresh = secrets.token_bytes(KEY_BYTES)
        wrapped = self._wrapping[self._newest].encrypt(fresh, [subject.encode()])
        self._ask(self._run(_MAKE, subject, wrapped, self._newest))
        return self.find(subject)[1]  # another process may have been first

    def destroy(self, subject: str) -> bool:
        before = self.find(subject)[1]
        self._ask(self._run(_DESTROY, subject))
        return before is not None

    def destroyed_lately(self, seconds: float) -> Sequence[str]:
        return [row["subject"] for row in self._ask(self._rows(_LATELY, seconds))]

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._let_go(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    async def _let_go(self) -> None:
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._pool.terminate()

    async def _row(self, subject: str) -> asyncpg.Record | None:
        return await (await self._connected()).fetchrow(_FIND, subject)

    async def _rows(self, sql: str, *arguments: Any) -> Sequence[asyncpg.Record]:
        return await (await self._connected()).fetch(sql, *arguments)

    async def _run(self, sql: str, *arguments: Any) -> None:
        await (await self._connected()).execute(sql, *arguments)

    async def _connected(self) -> Pool:
        if self._pool is None:
            self._pool = await asyncpg.create_pool(
                self._dsn,
                min_size=0,
                max_size=2,
                timeout=SECONDS,
                command_timeout=SECONDS,
                server_settings={"application_name": "playhead-keys"},
            )
        return self._pool

    def _ask(self, question: Coroutine[Any, Any, Answer]) -> Answer:
        asked: Future[Answer] = asyncio.run_coroutine_threadsafe(asyncio.wait_for(question, SECONDS), self._loop)
        try:
            with our_errors():
                return asked.result(2 * SECONDS)
        except Unavailable as error:
            raise Unavailable(_PART, error.detail) from error
        except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InsufficientPrivilegeError) as error:
            raise Unavailable(_PART, f"it does not let this login in: {error}") from error
        except asyncpg.UndefinedTableError as error:
            raise Unavailable(_PART, "its table is not there yet: `playhead migrate` makes it") from error

    def _unwrapped(self, subject: str, row: asyncpg.Record) -> bytes | None:
        if row["wrapped"] is None:
            return None
        wrapping = self._wrapping.get(row["secret"])
        if wrapping is None:
            raise Unavailable(
                _PART,
                f"keys are wrapped with {row['secret']!r}, and PLAYHEAD_SUBJECT_KEYS_SECRETS does not name it: "
                "add that secret again, before the newest",
            )
        try:
            return wrapping.decrypt(row["wrapped"], [subject.encode()])
        except InvalidTag as error:
            raise Unavailable(
                _PART,
                f"the key of {subject} does not unwrap with {row['secret']!r} of PLAYHEAD_SUBJECT_KEYS_SECRETS: "
                "it is another secret than the one that it was wrapped with",
            ) from error


def _cipher(secret: str) -> AESSIV:
    derived = HKDF(hashes.SHA512(), KEY_BYTES, salt=None, info=b"playhead keys of subjects").derive(secret.encode())
    return AESSIV(derived)
