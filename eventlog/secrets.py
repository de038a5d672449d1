"""Secrets that were given to this process, kept out of what it says: whoever wrote the sentence, and whyever.

A key that speaks of a secret is hidden by its name; a secret inside a sentence, a traceback or an address is found by
its value.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pydantic import BaseModel, SecretStr

HIDDEN: Final = "•••"
SHORTEST: Final = 6
"""A shorter word stands in too many innocent places to be looked for."""
_IN_QUERIES: Final = ("password", "secret", "token", "key", "sig")


def secrets_of(settings: BaseModel) -> frozenset[str]:
    """Every secret that the settings hold: their secret fields, and what addresses hold besides the place."""
    return frozenset(_found(getattr(settings, name) for name in type(settings).model_fields))


class Hider:
    """Replaces secrets, in every spelling that an address or JSON gives them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spelled = {spelling for secret in secrets for spelling in _spellings(secret) if len(secret) >= SHORTEST}
        self._spelled = sorted(spelled, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._spelled:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        return text


def _found(values: Iterable[Any]) -> Iterable[str]:
    for value in values:
        match value:
            case SecretStr():
                text = value.get_secret_value()
                yield from _in_address(text) if "://" in text else (text,)
            case str() if "://" in value:
                yield from _in_address(value)
            case Mapping():
                yield from _found(value.values())  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - of a field of settings
            case _:
                continue


def _in_address(url: str) -> Iterable[str]:
    """The password of `url`, and what its query calls secret; nearly all of it where it cannot be read.

    A password that is the name of the user is none.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        yield url.partition("://")[2]
        return
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    yield "" if password == user else password
    yield from (value for name, value in parse_qsl(parts.query) if any(word in name.lower() for word in _IN_QUERIES))


def _spellings(secret: str) -> set[str]:
    plain = unquote(secret)
    spelled = {secret, plain, quote(plain, safe=""), quote(plain)}
    return spelled | {json.dumps(one)[1:-1] for one in spelled}
