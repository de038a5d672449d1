"""Signatures of this service: links to media, cursors of lists, the page's cookie. One secret, one purpose each.

A signature is compared as text, never decoded, so there is exactly one text that is accepted.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import parse_qsl

LONGEST_SECONDS = 15 * 60
"""No signed link is good for longer."""

SHORTEST_SECRET = 16


class Signer:
    """Signs with the newest of its keys, accepts every one of them: two live keys make a rotation."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """`keys` is key id to secret, the newest last."""
        if not keys or any(len(secret) < SHORTEST_SECRET for secret in keys.values()):
            raise ValueError(f"signing needs at least one key, and each at least {SHORTEST_SECRET} bytes long")
        self._keys = dict(keys)
        self.newest = next(reversed(self._keys))

    def sign(self, purpose: str, *parts: str) -> tuple[str, str]:
        """(key id, signature) over the parts, each with its length."""
        return self.newest, self._mac(self.newest, purpose, parts)

    def accepts(self, kid: str, signature: str, purpose: str, *parts: str) -> bool:
        """Whether this text was signed by a key that is still live."""
        if kid not in self._keys:
            return False
        return hmac.compare_digest(self._mac(kid, purpose, parts).encode(), signature.encode(errors="replace"))

    def derived(self, purpose: str, *parts: str) -> bytes:
        """32 bytes that nobody else can tell, the same each time for the same purpose and parts."""
        return bytes.fromhex(self._mac(self.newest, purpose, parts))

    def link(self, path: str, tenant: str, now: int, seconds: int = LONGEST_SECONDS, purpose: str = "media") -> str:
        """`path` with `?exp=&kid=&sig=`; good until `now + seconds` (Unix seconds), for GET and HEAD, or as `purpose`
        says: a link for one purpose opens nothing of another."""
        expires = str(now + min(seconds, LONGEST_SECONDS))
        kid, signature = self.sign(purpose, path, tenant, expires)
        return f"{path}?exp={expires}&kid={kid}&sig={signature}"

    def opens(self, path: str, query: str, tenant: str, now: int, purpose: str = "media") -> bool:
        """Whether `query` is what `link` made for this path and tenant, and has not run out.

        `path` and `query` are as they came over the wire: another spelling of the same path is another path.
        """
        given = parse_qsl(query, keep_blank_values=True)
        if [name for name, _ in given] != ["exp", "kid", "sig"]:
            return False
        expires, kid, signature = (value for _, value in given)
        if query != f"exp={expires}&kid={kid}&sig={signature}":
            return False
        if not (expires.isascii() and expires.isdecimal() and len(expires) <= 12):
            return False
        in_time = now < int(expires) <= now + LONGEST_SECONDS
        return self.accepts(kid, signature, purpose, path, tenant, expires) and in_time

    def _mac(self, kid: str, purpose: str, parts: tuple[str, ...]) -> str:
        message = b"".join(
            len(part).to_bytes(4, "big") + part
            for part in (piece.encode(errors="surrogatepass") for piece in (purpose, kid, *parts))
        )
        return hmac.new(self._keys[kid], message, sha256).hexdigest()
