"""API keys: `ph_`, 27 characters of chance (160 bits), 6 of checksum. Only their SHA-256 is ever kept."""

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from zlib import crc32

from services.gateway.auth.principal import Principal

PREFIX = "ph_"
LOGIN_PREFIX = "phs_"
SHOWN = 8
"""How many of a key's first characters a list may show."""
RANDOM_BYTES = 20
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET, _CHECK = 27, 6
_FORM = re.compile(rf"(?:{PREFIX}|{LOGIN_PREFIX})[0-9A-Za-z]{{{_SECRET + _CHECK}}}")
_BUCKET = 8


def key_of(chance: bytes, prefix: str = PREFIX) -> str:
    """The key, or the token of a login, that is made of 20 random bytes."""
    if len(chance) != RANDOM_BYTES:
        raise ValueError(f"a key is made of {RANDOM_BYTES} random bytes, not of {len(chance)}")
    secret = _base62(int.from_bytes(chance, "big"), _SECRET)
    return f"{prefix}{secret}{_checksum(secret)}"


def well_formed(key: str) -> bool:
    """Whether form and checksum fit: a typing error is told without looking anything up."""
    if not _FORM.fullmatch(key):
        return False
    secret = key[key.index("_") + 1 : -_CHECK]
    return hmac.compare_digest(_checksum(secret), key[-_CHECK:])


def digest(key: str) -> str:
    """What is kept of a key. Its 160 random bits need no slow hash."""
    return sha256(key.encode(errors="replace")).hexdigest()


class KeyRing:
    """Whose a key is, by its digest."""

    def __init__(self, owners: Mapping[str, Principal]) -> None:
        self._buckets: dict[str, list[tuple[bytes, Principal]]] = {}
        for kept, owner in owners.items():
            self._buckets.setdefault(kept[:_BUCKET], []).append((kept.encode(), owner))

    def owner(self, key: str) -> Principal | None:
        """None for a key that nobody has."""
        found = digest(key)
        for kept, owner in self._buckets.get(found[:_BUCKET], []):
            if hmac.compare_digest(kept, found.encode()):
                return owner
        return None


def _checksum(secret: str) -> str:
    return _base62(crc32(secret.encode()), _CHECK)


def _base62(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
