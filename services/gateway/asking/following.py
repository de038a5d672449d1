"""Waiting for what a session becomes: read, woken by the news of it, and read again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from contracts.envelope import stream_id
from eventlog.errors import Unavailable
from services.gateway.auth.reach import Reach
from services.gateway.ports.gateway import Gateway
from services.gateway.ports.tables import Row
from services.gateway.ports.waiting import Blind
from services.gateway.stored import Stored

POLL_SECONDS: Final = 1.0
ROW_SECONDS: Final = 5.0
"""How long a client waits for a table to show what was applied already."""
FIRST_PAUSE_SECONDS: Final = 0.02
LONGEST_PAUSE_SECONDS: Final = 0.5


async def session_when(
    gateway: Gateway, reach: Reach, session: UUID, deadline: float, fits: Callable[[Stored], bool]
) -> Stored | None:
    """The session as soon as it fits, or as it is at `deadline` (of the loop's clock); None where there is none.

    Raises `Blind` when the read store is away.
    """
    loop = asyncio.get_running_loop()
    with gateway.news.follow(stream_id("session", reach.tenant, str(session))) as follower:
        while True:
            try:
                document = await gateway.documents.session(reach, str(session))
            except Unavailable as error:
                raise Blind from error
            left = deadline - loop.time()
            if left <= 0 or gateway.news.closing or (document is not None and fits(document)):
                return document
            await follower.woken(min(left, POLL_SECONDS))


async def row_when(
    look: Callable[[], Awaitable[Row | None]], fits: Callable[[Row | None], bool] = lambda row: row is not None
) -> Row | None:
    """What `look` gives as soon as it fits, or after `ROW_SECONDS`: tables are projected apart from outcomes.

    Raises what `look` raises.
    """
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + ROW_SECONDS, FIRST_PAUSE_SECONDS
    while True:
        row = await look()
        left = deadline - loop.time()
        if fits(row) or left <= 0:
            return row
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
