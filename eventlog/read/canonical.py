"""One encoding of a document or row, whatever order its fields are in, and one hash of many of them."""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from eventlog.read.projection import Row

_MODULUS = 1 << 128


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no document or row holds a {type(value).__name__}")


_encode = msgspec.msgpack.Encoder(enc_hook=_plain, order="sorted", uuid_format="bytes").encode


def canonical(row: Row) -> bytes:
    """Equal for equal rows, different for any other: an integer is no float, a date no text, NULL no missing field.

    1.50 and 1.5 are the same decimal.
    """
    return _encode({name: _number(value) if type(value) is Decimal else value for name, value in row.items()})


def _number(value: Decimal) -> str | int:
    whole = value.to_integral_value()
    return int(whole) if whole == value else str(value.normalize())


class Content:
    """A hash of a collection or table that does not depend on the order of its rows, and their number."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, encoded: bytes) -> None:
        """Take one more row, in its canonical encoding."""
        self.rows += 1
        self._sum = (self._sum + int.from_bytes(blake2b(encoded, digest_size=16).digest(), "big")) % _MODULUS

    @property
    def digest(self) -> str:
        """32 hexadecimal digits."""
        return f"{self._sum:032x}"
