"""Looking again until it is so, or a deadline has passed."""

import asyncio
from collections.abc import Awaitable, Callable

from eventlog.errors import Unavailable

LOOK_SECONDS = 0.02


async def until(so: Callable[[], Awaitable[bool]], within: float, part: str, what: str) -> None:
    """Return once it is so. Raises `Unavailable` after `within` seconds; `what` says what was waited for."""
    now = asyncio.get_running_loop().time
    deadline = now() + within
    while True:
        if await so():
            return
        if now() > deadline:
            raise Unavailable(part, f"{what} within {within:g} s")
        await asyncio.sleep(LOOK_SECONDS)
