"""A worker: turn after turn, some at a time, until it is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from eventlog.errors import Unavailable
from eventlog.tasks import plain_errors
from services.render.worker.queue import Claim, RenderQueue

IDLE_SECONDS = 0.25
"""Between two looks into a queue that was empty."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0

Take = Callable[[Claim, float], Awaitable[object]]
"""Does one turn; gets the loop's time before the claim was asked for."""


class Worker:
    """`jobs` at a time. What the queue says is believed, so several workers need nothing of one another."""

    def __init__(self, queue: RenderQueue, take: Take, jobs: int) -> None:
        self._queue = queue
        self._take = take
        self._jobs = jobs
        self._trouble: Unavailable | None = None
        self.ended = asyncio.Event()
        """Set while no job is in hand: before it runs, and when it has ended."""
        self.ended.set()

    async def run(self) -> None:
        """Until it is cancelled; it ends when every job in hand was given back."""
        self.ended.clear()
        try:
            with plain_errors():
                async with asyncio.TaskGroup() as lanes:
                    for _ in range(self._jobs):
                        lanes.create_task(self._lane())
        finally:
            self.ended.set()

    async def check(self) -> None:
        """Raises `Unavailable` while jobs cannot be claimed."""
        if self._trouble is not None:
            raise self._trouble

    async def _lane(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = asyncio.get_running_loop().time()
            try:
                claim = await self._queue.claim()
            except Unavailable as error:
                self._trouble = error
                structlog.get_logger().warning("no job can be claimed", detail=str(error), pause_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            self._trouble, pause = None, FIRST_PAUSE_SECONDS
            if claim is None:
                await asyncio.sleep(IDLE_SECONDS)
            else:
                await self._take(claim, began)
