"""Tokens of outside issuers (JWT): checked against the keys that the issuer publishes, never against what they bring.

The header may name a key and an algorithm of ours, and nothing else: a token that brings a key, an address of keys or
an extension is refused whole.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import jwt
import msgspec
from jwt.exceptions import PyJWTError
from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.gateway.auth import key_sets
from services.gateway.auth.key_sets import ALGORITHMS, KeySet
from services.gateway.http import storable

LONGEST: Final = 8192
LEEWAY_SECONDS: Final = 10
"""How far an issuer's clock may be from ours."""
_LONGEST_SUBJECT: Final = 255
_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADER: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_TYPES: Final = frozenset({"jwt", "at+jwt"})
_OWN_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Issuer(BaseModel):
    """Whose tokens are believed, for which tenant, and where its public keys are: an address, or a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str = Field(min_length=1, max_length=100)
    audience: str = Field(min_length=1, max_length=200)
    keys: str = Field(min_length=1, max_length=2000)

    @field_validator("keys")
    @classmethod
    def _safe(cls, keys: str) -> str:
        where = urlsplit(keys)
        plain = where.scheme == "http" and where.hostname not in _OWN_MACHINE
        if plain or where.scheme not in {"", "http", "https"}:
            raise ValueError("the keys of an issuer are at an address that begins with https://, or in a file")
        return keys

    def key_set(self) -> KeySet:
        """The keys, not read yet."""
        there = urlsplit(self.keys).scheme
        return KeySet(key_sets.from_address(self.keys) if there else key_sets.from_file(Path(self.keys)))


class Identity(NamedTuple):
    """Somebody whom an issuer vouches for, in the issuer's tenant."""

    tenant: str
    issuer: str
    subject: str

    @property
    def digest(self) -> str:
        """By what accounts know it: neither name nor address can be read from it."""
        return sha256(msgspec.json.encode([self.issuer, self.subject])).hexdigest()


class Trusted(NamedTuple):
    """An issuer and its keys."""

    issuer: Issuer
    keys: KeySet


def looks_like_one(token: str) -> bool:
    """Whether it is meant as a JWT; none of our keys has a dot."""
    return "." in token


async def proven(trusted: Mapping[str, Trusted], token: str, now: datetime) -> Identity | None:
    """Whom the token speaks for; None for one that is not to be believed.

    Raises `Unavailable` where the issuer's keys cannot be learnt.
    """
    if len(token) > LONGEST or not _FORM.fullmatch(token):
        return None
    header, claims = (_read(part) for part in token.split(".")[:2])
    if header is None or claims is None or not _plain(header):
        return None
    name = claims.get("iss")
    if not isinstance(name, str):
        return None
    known = trusted.get(name)
    if known is None or not _in_time(claims, now.timestamp()):
        return None
    key = await known.keys.key(header["kid"], header["alg"])
    if key is None:
        return None
    try:
        believed = jwt.decode(
            token,
            key,
            algorithms=[header["alg"]],
            issuer=name,
            audience=known.issuer.audience,
            options={
                "require": ["exp", "iss", "aud", "sub"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except PyJWTError:
        return None
    subject = believed["sub"]
    fits = isinstance(subject, str) and 0 < len(subject) <= _LONGEST_SUBJECT
    return Identity(known.issuer.tenant, name, subject) if fits else None


def _read(part: str) -> dict[str, Any] | None:
    """The object that a part is; None for anything else, and where a name stands in it twice."""
    try:
        value = storable.parse(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _plain(header: Mapping[str, Any]) -> bool:
    kind = header.get("typ", "JWT")
    named = isinstance(header.get("kid"), str) and isinstance(header.get("alg"), str)
    return named and set(header) <= _HEADER and header["alg"] in ALGORITHMS and str(kind).lower() in _TYPES


def _in_time(claims: Mapping[str, Any], now: float) -> bool:
    """Checked here, by the clock of the gateway. Each claim that is there has to be a number."""
    given = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if "exp" not in given or any(isinstance(one, bool) or not isinstance(one, int | float) for one in given.values()):
        return False
    begun = max(given.get("nbf", now), given.get("iat", now))
    return begun - LEEWAY_SECONDS <= now < given["exp"] + LEEWAY_SECONDS
