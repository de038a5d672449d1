"""What the readers of one partition fetch together: whoever waits at the log's end in one process waits once.

A service's processor, policies and projectors read the same partition with tails of their own, and nearly always stand
at the same place. Without this each of them asks the broker, is sent the same bytes, and decodes them again.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from eventlog.kafka.batches import Fetched

REMEMBERED_BYTES = 256 * 1024
REMEMBERED_ANSWERS = 16
"""Of what some reader may still be about to ask for; who is further behind asks the broker."""
_NOWHERE = -1


class Answer(NamedTuple):
    """What was found from `offset` on, and over which of the feed's connections: a lost tail shows in its number."""

    offset: int
    fetched: Fetched
    connection: int


class Feed:
    """One fetch at a time, at the furthest place that was read; every reader that stands there shares it."""

    def __init__(self, fetch: Callable[[int, float], Awaitable[Answer]]) -> None:
        """`fetch`: from this offset, for so many seconds. Its errors reach everybody who waits for that answer."""
        self._fetch = fetch
        self._front = _NOWHERE
        self._connection = 0
        self._recent: deque[Answer] = deque(maxlen=REMEMBERED_ANSWERS)
        self._flight: asyncio.Future[Answer | None] | None = None

    async def read(self, offset: int, wait: float) -> Answer | None:
        """The next records, none of them within `wait` seconds; None for who stands elsewhere, and asks for himself."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        while offset >= self._front:
            if self._flight is None:
                return await self._fly(offset, max(0.0, deadline - loop.time()))
            if offset > self._front:
                return None
            try:
                async with asyncio.timeout_at(deadline):
                    answer = await asyncio.shield(self._flight)
            except TimeoutError:
                return Answer(offset, Fetched([], offset, [], 0), self._connection)
            if answer is not None and (answer.fetched.next_offset > offset or loop.time() >= deadline):
                return answer
        return self._remembered(offset)

    async def _fly(self, offset: int, wait: float) -> Answer:
        self._front = offset
        flight = self._flight = asyncio.get_running_loop().create_future()
        try:
            answer = await self._fetch(offset, wait)
        except asyncio.CancelledError:
            flight.set_result(None)  # whoever else waits for it asks anew
            raise
        except Exception as error:
            self._recent.clear()
            self._front = _NOWHERE
            flight.set_exception(error)
            flight.exception()  # nobody else may be waiting for it
            raise
        else:
            self._remember(answer)
            flight.set_result(answer)
            return answer
        finally:
            self._flight = None

    def _remember(self, answer: Answer) -> None:
        """Together with those that it follows on, over the same connection: what was lost with another is not told."""
        self._front = answer.fetched.next_offset
        if self._recent and (
            answer.connection != self._connection or answer.offset != self._recent[-1].fetched.next_offset
        ):
            self._recent.clear()
        self._connection = answer.connection
        if answer.fetched.next_offset > answer.offset:
            self._recent.append(answer)
        while sum(one.fetched.size for one in self._recent) > REMEMBERED_BYTES:
            self._recent.popleft()

    def _remembered(self, offset: int) -> Answer | None:
        found = [one for one in self._recent if one.fetched.next_offset > offset]
        if not found or found[0].offset > offset:
            return None
        records = [record for one in found for record in one.fetched.records if record.offset >= offset]
        epochs = [epoch for one in found for epoch in one.fetched.epochs]
        fetched = Fetched(records, found[-1].fetched.next_offset, epochs, sum(one.fetched.size for one in found))
        return Answer(offset, fetched, self._connection)
