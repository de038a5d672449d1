"""What no store here can keep is refused at the door: it would be parked later, far from whoever sent it.

The list: NUL and lone surrogates in text, integers beyond 64 bits, NaN and the infinities, nesting deeper than 32,
one key twice in an object.
"""

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any, NoReturn

DEEPEST = 32
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


class NotStorable(ValueError):
    """The value cannot be kept; the message is a sentence that names the rule."""


class NotJson(ValueError):
    """The bytes are no JSON text in UTF-8; the message says where it went wrong."""


def parse(content: bytes) -> Any:
    """The JSON value of `content`. Raises `NotJson` or `NotStorable`."""
    try:
        value = _DECODER.decode(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotJson(f"the body is not UTF-8 text: byte {error.start} does not belong there") from error
    except json.JSONDecodeError as error:
        raise NotJson(f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise NotStorable(_DEPTH) from error
    except NotStorable:
        raise
    except ValueError as error:
        raise NotStorable("a number is too long: integers go from -2^63 to 2^63 - 1") from error
    check(value, DEEPEST)
    return value


def check(value: object, levels: int) -> None:
    """Raises `NotStorable`; `levels` is how many more levels of lists and objects may follow."""
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if not INT64_MIN <= value <= INT64_MAX:
            raise NotStorable("an integer does not fit: they go from -2^63 to 2^63 - 1")
    elif isinstance(value, float):
        if not isfinite(value):
            raise NotStorable("a number is too large to be kept: send one that a 64-bit float can hold")
    elif isinstance(value, dict):
        _check_all((part for pair in value.items() for part in pair), levels)
    elif isinstance(value, list):
        _check_all(value, levels)


def check_text(text: str) -> None:
    """Raises `NotStorable` for NUL and for half of a surrogate pair."""
    if "\x00" in text:
        raise NotStorable("text contains the character NUL (U+0000): leave it out")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise NotStorable("text contains half of a surrogate pair: send whole Unicode characters") from error


_DEPTH = f"the value is nested too deep: at most {DEEPEST} levels of lists and objects are kept"


def _check_all(parts: Iterable[object], levels: int) -> None:
    if levels == 0:
        raise NotStorable(_DEPTH)
    for part in parts:
        check(part, levels - 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStorable(f"the key {twice[:80]!r} stands twice in one object: which value is meant?")
    return made


def _constant(name: str) -> NoReturn:
    raise NotStorable(f"{name} is not a number that can be kept: leave the field out or send null")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
"""Made once: `json.loads` makes another for every text that it is given hooks for."""
