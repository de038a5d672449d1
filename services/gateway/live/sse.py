"""Server-sent events of a session: its history as truth, with positions; its progress as news, without.

A reader follows first and reads then, so nothing falls between the two; he reads on from the last version that he
sent, so nothing is sent twice, and a gap in the versions would be seen.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Final

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from contracts.documents import SessionStatus
from contracts.envelope import stream_id
from eventlog.errors import Unavailable
from services.gateway import metrics
from services.gateway.auth.reach import Reach
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import Gateway
from services.gateway.ports.news import Follower
from services.gateway.stored import Stored
from services.gateway.views.preparing import history_row, progress_of

COMMENT_SECONDS: Final = 15.0
RETRY_MS: Final = 1_000
PAGE: Final = 200

ENDED: Final = frozenset(
    {
        SessionStatus.COMPLETED,
        SessionStatus.FAILED,
        SessionStatus.CANCELED,
        SessionStatus.EXPIRED,
        SessionStatus.DELETED,
    }
)
"""Statuses in which nothing more happens by itself."""

_ENDS: Final = frozenset({"session.completed", "session.failed", "session.canceled", "session.deleted"})
_BEGINS: Final = frozenset({"session.started", "session.stages_requested", "session.retried"})


def position_of(text: str | None) -> int:
    """The version in a `Last-Event-ID`; 0, the beginning, without one. Raises the problem for what is no position."""
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Problem("position.invalid", f"{text[:80]!r} is no position of this stream: send an `id` that it gave.")
    return int(text)


async def session_events(gateway: Gateway, reach: Reach, session_id: str, position: int) -> AsyncGenerator[bytes]:
    """The stream's bytes from after `position` to the session's end, or until the process ends."""
    stream = stream_id("session", reach.tenant, session_id)
    at_end = False
    with gateway.news.follow(stream) as follower, metrics.STREAMS.track_inprogress():
        follower.progress = gateway.news.last(reach.tenant, session_id)
        yield format_sse_event(retry=RETRY_MS)
        while not gateway.news.closing:
            try:
                rows = await gateway.documents.history(reach, stream, after=position, limit=PAGE)
            except Unavailable:
                # The client comes back with the last position that it saw; until then nothing true can be told.
                return
            for row in rows:
                yield _event(row)
            if rows:
                position = rows[-1]["version"]
                at_end = _at_end(rows, at_end)
            if len(rows) == PAGE:
                continue
            if at_end:
                return
            if news := _progress(follower):
                yield news
            if not await follower.woken(COMMENT_SECONDS):
                yield KEEPALIVE_COMMENT


def _at_end(rows: Sequence[Stored], at_end: bool) -> bool:
    for row in rows:
        at_end = row["type"] in _ENDS or (at_end and row["type"] not in _BEGINS)
    return at_end


def _event(row: Stored) -> bytes:
    data = history_row(row).model_dump_json(by_alias=True)
    return format_sse_event(data_str=data, event=row["type"], id=str(row["version"]))


def _progress(follower: Follower) -> bytes | None:
    taken = follower.take_progress()
    if taken is None:
        return None
    return format_sse_event(data_str=progress_of(taken).model_dump_json(by_alias=True), event="progress")
