"""The page's cookie: in a local profile the page works without a key, for the demo account and nobody else."""

from urllib.parse import urlsplit

from services.gateway.http.signing import Signer

COOKIE = "playhead_page"
SECONDS = 12 * 60 * 60
_PURPOSE = "page"
_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def cookie(signer: Signer, tenant: str, now: int) -> str:
    """The cookie's value, good until `now + SECONDS` (Unix seconds)."""
    expires = str(now + SECONDS)
    kid, signature = signer.sign(_PURPOSE, tenant, expires)
    return f"{expires}.{kid}.{signature}"


def is_ours(signer: Signer, tenant: str, value: str, now: int) -> bool:
    """Whether `value` is a cookie that was made here and has not run out."""
    expires, _, rest = value.partition(".")
    kid, _, signature = rest.rpartition(".")
    if not signer.accepts(kid, signature, _PURPOSE, tenant, expires):
        return False
    return now < int(expires)


def named_here(host: str, public_url: str) -> bool:
    """Whether a request that names this host was meant for this machine.

    A foreign site that points its own name at 127.0.0.1 sends its own name: it gets no cookie and may use none.
    """
    name = urlsplit(f"//{host}").hostname or ""
    return name in _OWN_NAMES or name == urlsplit(public_url).hostname
