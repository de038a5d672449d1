"""An HTTP client for services on this machine."""

import ssl
from typing import Any

import httpx

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: to load whom the world trusts costs fifty milliseconds of a processor, and tests ask all the time."""


def plain_http(**options: Any) -> httpx.AsyncClient:
    """For `http://` alone, past every proxy; `options` as for `httpx.AsyncClient`."""
    return httpx.AsyncClient(trust_env=False, verify=NO_TLS, **options)
