"""The public keys of an outside issuer, from a file or an address, kept for a while.

A key that its issuer withdrew stops working within `FRESH_SECONDS`. With the issuer away what was known goes on for
`GRACE_SECONDS`. A token with an unknown key id makes us ask again, but no oftener than every `RARELY_SECONDS`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from eventlog.errors import Unavailable
from services.gateway.http import storable

FRESH_SECONDS: Final = 300.0
GRACE_SECONDS: Final = 3600.0
RARELY_SECONDS: Final = 30.0
DEADLINE_SECONDS: Final = 3.0
LARGEST_BYTES: Final = 262_144
SMALLEST_RSA_BITS: Final = 2048
ALGORITHMS: Final = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
"""What a token may be signed with, and which type of key that takes. All are asymmetric: a public key signs nothing."""

_NEVER = float("-inf")
_log = structlog.get_logger(__name__)

Load = Callable[[], Awaitable[bytes]]
"""Reads the set as it is now. Raises `OSError` or `httpx.HTTPError` where it cannot."""


class KeySet:
    """Keys by id, read when somebody needs one."""

    def __init__(self, load: Load, time: Callable[[], float] | None = None) -> None:
        """`time` is a clock that never goes back, in seconds; without one, the event loop's."""
        self._load = load
        self._time = time or (lambda: asyncio.get_running_loop().time())
        self._lock = asyncio.Lock()
        self._keys: Mapping[str, Mapping[str, Any]] = {}
        self._read = _NEVER
        self._asked = _NEVER

    async def key(self, kid: str, algorithm: str) -> PyJWK | None:
        """The key of this id for this algorithm; None where there is none.

        Raises `Unavailable` where the set cannot be read and was not for an hour.
        """
        if self._outdated(kid):
            async with self._lock:
                if self._outdated(kid):
                    await self._renew()
        elif kid not in self._keys and self._lock.locked():
            async with self._lock:  # somebody is asking right now: what he hears counts for us, too
                pass
        if self._time() - self._read > GRACE_SECONDS:
            raise Unavailable("the issuer of the token", "its public keys cannot be read")
        found = self._keys.get(kid)
        return None if found is None else _usable(found, algorithm)

    def _outdated(self, kid: str) -> bool:
        now = self._time()
        wanted = now - self._read >= FRESH_SECONDS or kid not in self._keys
        return wanted and now - self._asked >= RARELY_SECONDS

    async def _renew(self) -> None:
        self._asked = self._time()
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                value = storable.parse(await self._load())
            keys = value["keys"]
            self._keys = {one["kid"]: one for one in keys if isinstance(one.get("kid"), str)}
        except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            _log.warning("the public keys of an issuer cannot be read; the known ones stay", error=str(error)[:200])
            return
        self._read = self._time()


def from_file(path: Path) -> Load:
    """Reads a file."""
    return lambda: asyncio.to_thread(path.read_bytes)


def from_address(address: str, seconds: float = DEADLINE_SECONDS) -> Load:
    """Asks the address, and follows it nowhere else. `seconds`: for a connection, and for each piece of the answer.

    The answer is taken as it comes, for what is packed may be a thousand times as large as what is read.
    """

    async def load() -> bytes:
        content = bytearray()
        async with (
            httpx.AsyncClient(timeout=seconds, follow_redirects=False) as client,
            client.stream("GET", address, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            if answer.status_code != HTTPStatus.OK:
                raise httpx.HTTPError(f"{address} answered {answer.status_code}")
            async for chunk in answer.aiter_raw():
                content += chunk
                if len(content) > LARGEST_BYTES:
                    raise httpx.HTTPError(f"{address} answered more than {LARGEST_BYTES} bytes")
        return bytes(content)

    return load


def _usable(key: Mapping[str, Any], algorithm: str) -> PyJWK | None:
    """None for a key of another type, for another algorithm or another use, and for one that is too short."""
    fits = key.get("kty") == ALGORITHMS[algorithm] and key.get("alg", algorithm) == algorithm
    if not fits or key.get("use", "sig") != "sig":
        return None
    try:
        made = PyJWK(dict(key), algorithm=algorithm)
    except PyJWTError:
        return None
    return None if key["kty"] == "RSA" and made.key.key_size < SMALLEST_RSA_BITS else made
