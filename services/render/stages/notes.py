"""How what a stage left is noted beside the bytes: under the key of whom it was made for, so that it goes with the key.

A note tells titles and scripts, and whoever asks for the same again finds it, whoever he is. Where its key is gone it
is no note: the stage is run again, and noted anew.
"""

from typing import Protocol

import structlog
from cryptography.exceptions import InvalidTag

from contracts.sealing import PREFIX, KeyDestroyed, Keys
from eventlog.errors import Unavailable


class Notes(Protocol):
    """What stands in the store of a note, and back. Both may block for seconds."""

    def hidden(self, name: str, content: bytes) -> bytes | None:
        """As it is kept; None where it is not to be kept."""
        ...

    def shown(self, name: str, kept: bytes) -> bytes | None:
        """As it was written; None where nobody can read it now."""
        ...


class PlainNotes:
    """Notes about nobody."""

    def hidden(self, name: str, content: bytes) -> bytes | None:  # noqa: ARG002 - of the protocol
        return content

    def shown(self, name: str, kept: bytes) -> bytes | None:  # noqa: ARG002 - of the protocol
        return kept


class SealedNotes:
    """Notes about one account, `subject`. Those of others are read with their keys; plain ones are from before."""

    def __init__(self, keys: Keys, subject: str) -> None:
        self._keys = keys
        self._subject = subject

    def hidden(self, name: str, content: bytes) -> bytes | None:
        """Without a key, for it was destroyed or cannot be asked for, nothing is noted: it is made again."""
        try:
            key = self._keys.to_seal(self._subject)
        except (KeyDestroyed, Unavailable) as error:
            structlog.get_logger().info("a stage is not noted", detail=str(error))
            return None
        if key is None:
            return content
        return f"{PREFIX}{self._subject}:".encode() + key.encrypt(content, [name.encode()])

    def shown(self, name: str, kept: bytes) -> bytes | None:
        if not kept.startswith(PREFIX.encode()):
            return kept
        subject, _, sealed = kept.removeprefix(PREFIX.encode()).partition(b":")
        try:
            key = self._keys.to_open(subject.decode())
            return None if key is None else key.decrypt(sealed, [name.encode()])
        except (InvalidTag, UnicodeDecodeError, Unavailable) as error:
            structlog.get_logger().info("a note cannot be read: its stage is run again", detail=str(error))
            return None
