"""Ids that are made of names: the same name, the same id, in every process and on every replay."""

from hashlib import sha1
from uuid import UUID

import msgspec

_plain = msgspec.to_builtins
_uuid = msgspec.msgpack.Decoder(UUID).decode
_SIXTEEN_BYTES = b"\xc4\x10"
"""What MessagePack writes before them."""


def uuid5(namespace: UUID, name: str) -> UUID:
    """What `uuid.uuid5` gives, in less than half of its time: most of that goes into building a `UUID` in Python."""
    digest = bytearray(sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50  # version 5
    digest[8] = digest[8] & 0x3F | 0x80  # variant of RFC 9562
    return _uuid(_SIXTEEN_BYTES + digest)


def text(id_: UUID) -> str:
    """What `str` gives, in a third of its time."""
    return _plain(id_)
