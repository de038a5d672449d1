"""A ring of keys, made of settings."""

from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from pydantic import SecretStr

from contracts.sealing import Keys
from eventlog.errors import Unavailable
from eventlog.keys.postgres import PostgresKeyStore
from eventlog.keys.ring import KeyRing


class NotConfigured:
    """No store of keys was named: what is written is plain text, and who meets sealed text stops."""

    seals = False

    def knows(self, subject: str) -> bool:  # noqa: ARG002 - of the protocol
        return True

    def meet(self, subjects: Collection[str]) -> None:
        """There is nobody to ask."""

    def to_seal(self, subject: str) -> AESSIV | None:  # noqa: ARG002 - of the protocol
        return None

    def to_open(self, subject: str) -> AESSIV | None:
        raise Unavailable(
            "the store of keys",
            f"the log holds text that is sealed with the key of {subject}, and no store of keys is named: set "
            "PLAYHEAD_SUBJECT_KEYS_URL and PLAYHEAD_SUBJECT_KEYS_SECRETS, for every service alike",
        )

    def unreadable(self, subject: str) -> None:
        """Nothing was tried."""


@dataclass(frozen=True, slots=True)
class SubjectKeys:
    """The keys, what has to run beside them, and how to let go of them."""

    keys: Keys
    besides: tuple[Callable[[], Coroutine[Any, Any, None]], ...]
    close: Callable[[], None]
    ring: KeyRing | None = None
    """Where keys can be destroyed; None where there are none."""


def open_keys(
    url: SecretStr | None, wrapping: Mapping[str, SecretStr], tell: Callable[[], None] = lambda: None
) -> SubjectKeys:
    """Of the store at `url`; None: personal text is not sealed. Nothing is connected yet. `tell`: see `KeyRing`."""
    if url is None:
        structlog.get_logger().warning(
            "personal text is written into the log in plain: name a store of keys with PLAYHEAD_SUBJECT_KEYS_URL"
        )
        return SubjectKeys(NotConfigured(), (), lambda: None)
    store = PostgresKeyStore(
        url.get_secret_value(), {name: secret.get_secret_value() for name, secret in wrapping.items()}
    )
    ring = KeyRing(store, tell)
    return SubjectKeys(ring, (ring.follow,), ring.close, ring)
