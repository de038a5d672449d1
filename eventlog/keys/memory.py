"""Keys in memory: for tests, and for what lives no longer than its process."""

import secrets
from collections.abc import Collection, Mapping, Sequence

from contracts.sealing import KEY_BYTES


class MemoryKeyStore:
    """`KeyStore`, gone with its process."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes | None] = {}

    def find(self, subject: str) -> tuple[bool, bytes | None]:
        return subject in self._keys, self._keys.get(subject)

    def these(self, subjects: Collection[str]) -> Mapping[str, bytes | None]:
        return {subject: self._keys[subject] for subject in subjects if subject in self._keys}

    def some(self, most: int) -> Mapping[str, bytes]:
        known = {subject: key for subject, key in self._keys.items() if key is not None}
        return dict(list(known.items())[-most:])

    def make(self, subject: str) -> bytes | None:
        return self._keys.setdefault(subject, secrets.token_bytes(KEY_BYTES))

    def destroy(self, subject: str) -> bool:
        was = self._keys.get(subject)
        self._keys[subject] = None
        return was is not None

    def destroyed_lately(self, seconds: float) -> Sequence[str]:  # noqa: ARG002 - everything is lately in memory
        return [subject for subject, key in self._keys.items() if key is None]

    def close(self) -> None:
        """Nothing is held."""
