"""Waiting in tests: look again until it is so, or fail at a deadline with what was seen last."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")


async def eventually(look: Callable[[], Awaitable[Found | None]], within: float = 10.0, every: float = 0.02) -> Found:
    """The first value of `await look()` that is neither None nor False; fails after `within` seconds.

    `every`: seconds between two looks, longer where a look takes time from what is looked at.
    """
    deadline = time.monotonic() + within
    while True:
        found = await look()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {within} s; last seen: {found!r}")
        await asyncio.sleep(every)
