"""The port to the store of keys. It is asked from within a fold, so it answers at once, not later: see `KeyRing`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol


class KeyStore(Protocol):
    """Every method blocks for some seconds at most, and raises `Unavailable` where the store does not answer.

    A key that was destroyed leaves a mark behind: it is None here, and no other is ever made in its place.
    """

    def find(self, subject: str) -> tuple[bool, bytes | None]:
        """Whether the subject ever had a key, and the key; None where it was destroyed."""
        ...

    def these(self, subjects: Collection[str]) -> Mapping[str, bytes | None]:
        """What `find` says of each of them that ever had a key, in one question."""
        ...

    def some(self, most: int) -> Mapping[str, bytes]:
        """Keys that were made last: to begin with."""
        ...

    def make(self, subject: str) -> bytes | None:
        """The subject's key, made where there is none; None where it was destroyed."""
        ...

    def destroy(self, subject: str) -> bool:
        """Destroy the key, for good; whether there was one. A subject that never had one cannot get one any more."""
        ...

    def destroyed_lately(self, seconds: float) -> Sequence[str]:
        """Whose keys were destroyed within the last `seconds`, by the store's own clock."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...
