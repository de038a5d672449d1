"""Pages of other origins: which may call from a browser, what they may send, and which headers they may read.

Without an allowed origin no answer says a word about it, and a browser keeps every other origin out. Cookies are never
let through: a page of another origin shows a key, as every other client does.
"""

import re
from collections.abc import Sequence
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from services.gateway.redis import rates

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SENT: Final = (
    "Authorization",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Last-Event-ID",
    "Prefer",
    "Range",
    "Traceparent",
    "X-Request-Id",
)
"""What a page may send, beside the headers that browsers let through by themselves."""
READ: Final = (
    *rates.HEADERS,
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Playhead-Degraded",
    "Preference-Applied",
    "WWW-Authenticate",
    "X-Request-Id",
)
"""What a page may read of an answer, beside the headers that browsers let through by themselves."""

_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_IMPLIED: Final = {"https": ":443", "http": ":80"}


def origins_of(named: str) -> tuple[str, ...]:
    """The origins that a setting names, apart by commas. Raises `ValueError` for one that no browser would send."""
    found = tuple(one.strip() for one in named.split(",") if one.strip())
    if wrong := [one for one in found if not _sendable(one)]:
        raise ValueError(
            f"{', '.join(wrong)} is no origin: name each as browsers send it, such as https://app.example.org or "
            "http://localhost:3000, in small letters, without a path, a slash at its end, or the port that its scheme "
            "implies; '*' is not taken, for it would let every page call"
        )
    return found


def install(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of these origins call; of none, change nothing. To be added last: errors of all layers are answered."""
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            allow_credentials=False,
            expose_headers=READ,
        )


def _sendable(origin: str) -> bool:
    scheme = origin.partition(":")[0]
    return _ORIGIN.fullmatch(origin) is not None and not origin.endswith(_IMPLIED[scheme])
