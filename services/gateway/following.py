"""Waiting for what a session becomes: read, woken by the news of it, and read again."""

import asyncio
from collections.abc import Callable
from typing import Final
from uuid import UUID

from contracts.envelope import stream_id
from eventlog.errors import Unavailable
from services.gateway.gateway import Gateway, Stored
from services.gateway.waiting import Blind

POLL_SECONDS: Final = 1.0


async def session_when(
    gateway: Gateway, tenant: str, session: UUID, deadline: float, fits: Callable[[Stored], bool]
) -> Stored | None:
    """The session as soon as it fits, or as it is at `deadline` (of the loop's clock); None where there is none.

    Raises `Blind` when the read store is away.
    """
    loop = asyncio.get_running_loop()
    with gateway.news.follow(stream_id("session", tenant, str(session))) as follower:
        while True:
            try:
                document = await gateway.documents.session(tenant, str(session))
            except Unavailable as error:
                raise Blind from error
            left = deadline - loop.time()
            if left <= 0 or gateway.news.closing or (document is not None and fits(document)):
                return document
            await follower.woken(min(left, POLL_SECONDS))
