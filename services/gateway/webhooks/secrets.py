"""What signs for an endpoint: derived from a key of the gateway, so that no store and no log ever holds it."""

import base64
import hmac
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

from standardwebhooks import Webhook

SHORTEST_KEY = 16
LOCAL_KEY = "local"
"""The name of a local profile's only key."""


class Secrets:
    """Derives the secrets of endpoints. `keys` is name to key, the newest last; one stays while an endpoint uses it."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if any(len(key) < SHORTEST_KEY for key in keys.values()):
            raise ValueError(f"each key that webhook secrets are derived from has at least {SHORTEST_KEY} bytes")
        self._keys = dict(keys)

    @property
    def newest(self) -> str:
        """The name of the key for new secrets; empty where there is none: then there are no webhooks."""
        return next(reversed(self._keys), "")

    def secret(self, tenant: str, endpoint_id: str, key: str, rotation: int) -> str:
        """`whsec_…`, the same each time. Raises `KeyError` for a key that this gateway does not have."""
        parts = (piece.encode() for piece in ("webhook", tenant, endpoint_id, str(rotation)))
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return f"whsec_{base64.b64encode(hmac.new(self._keys[key], message, sha256).digest()).decode()}"

    def live(self, tenant: str, endpoint: Mapping[str, Any], now: datetime) -> list[str]:
        """The endpoint's secrets that sign now, the newest first. Raises `KeyError` as `secret` does."""
        secrets = [self.secret(tenant, endpoint["endpointId"], endpoint["key"], endpoint["rotation"])]
        until = endpoint["previousUntil"]
        if until is not None and now < until and endpoint["previousKey"] in self._keys:
            previous = endpoint["previousKey"], endpoint["previousRotation"]
            secrets.append(self.secret(tenant, endpoint["endpointId"], *previous))
        return secrets


def signature(secrets: list[str], id_: str, at: datetime, body: str) -> str:
    """The `webhook-signature` of a message: one `v1,…` for each secret, apart by spaces."""
    return " ".join(Webhook(secret).sign(id_, at, body) for secret in secrets)


def local_key(folder: Path) -> bytes:
    """The key of a local profile: made once in its folder, readable to its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "webhook-key"
    fresh = folder / f"webhook-key.{token_hex(4)}"
    if not path.exists():
        fresh.touch(mode=0o600)
        fresh.write_text(token_hex(32), encoding="ascii")
        try:
            with suppress(FileExistsError):  # another gateway on this folder was first: its key is everybody's
                path.hardlink_to(fresh)
        finally:
            fresh.unlink()
    return path.read_bytes()
