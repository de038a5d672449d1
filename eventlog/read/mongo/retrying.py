"""Reading again: what a store did not answer is asked three times, a little later each time, within one deadline.

Only what may be done twice is: reads. A projector's transaction has its own loop (`transaction.py`), and a single
write is repeated by the driver, in a session that lets the server tell the repeat.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import stamina

from eventlog.errors import Unavailable
from eventlog.read.mongo.driver import our_errors, timeout

ATTEMPTS: Final = 3
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 1.0
JITTER_SECONDS: Final = 0.05
SHORTEST_TRY_SECONDS: Final = 0.05
Answer = TypeVar("Answer")


async def read(seconds: float, ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """What `ask` answers. Raises `Unavailable` after three tries, or when `seconds` are over after one.

    A pause that has begun is waited for, so it may take a moment longer.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    tries = stamina.retry_context(
        on=Unavailable,
        attempts=ATTEMPTS,
        timeout=seconds,
        wait_initial=FIRST_PAUSE_SECONDS,
        wait_max=LONGEST_PAUSE_SECONDS,
        wait_jitter=JITTER_SECONDS,
    )
    async for attempt in tries:
        with attempt, our_errors(), timeout(max(deadline - loop.time(), SHORTEST_TRY_SECONDS)):
            return await ask()
    raise AssertionError("stamina ends with an answer or with the last error")
