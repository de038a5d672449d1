"""Waiting for what becomes of a command, learnt from the read store's change stream.

Whoever waits says so before he sends, so no outcome comes too early for him. The follower beats about once a second
while it sees the store; when it has not for a while nothing can be learnt, and nobody is kept waiting for it.
"""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

LONGEST_SECONDS = 30
STALE_SECONDS = 3.0
"""The follower is taken for blind after this long without a beat; together with a slice it stays below 5 s."""
_SLICE_SECONDS = 0.5


class Outcome(NamedTuple):
    """What became of a command. `problem` is (code, detail) of a refusal."""

    version: int
    problem: tuple[str, str] | None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Outcome":
        """From a document of `session_commands` or `render_commands`."""
        problem = document["problem"]
        return cls(document["version"], None if problem is None else (problem["code"], problem["detail"]))


class Blind(Exception):
    """The read store is away: no outcome can be learnt now."""


class Waiters:
    """Who in this process waits for which command."""

    def __init__(self) -> None:
        self._expected: dict[UUID, set[asyncio.Future[Outcome]]] = {}
        self._beat = float("-inf")

    def beat(self) -> None:
        """The follower sees the store."""
        self._beat = asyncio.get_running_loop().time()

    def lost(self) -> None:
        """The follower does not see it any more."""
        self._beat = float("-inf")

    @property
    def seeing(self) -> bool:
        """Whether outcomes arrive here."""
        return asyncio.get_running_loop().time() - self._beat < STALE_SECONDS

    @property
    def pending(self) -> list[UUID]:
        """The commands that somebody waits for."""
        return list(self._expected)

    def tell(self, command_id: UUID, outcome: Outcome) -> None:
        """To all who wait for it; to nobody where nobody does."""
        for future in self._expected.get(command_id, ()):
            if not future.done():
                future.set_result(outcome)

    @contextmanager
    def expect(self, command_id: UUID) -> Generator[asyncio.Future[Outcome]]:
        """A future that gets the outcome when it is told from now on."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        futures = self._expected.setdefault(command_id, set())
        futures.add(future)
        try:
            yield future
        finally:
            future.cancel()
            futures.discard(future)
            if not futures:
                self._expected.pop(command_id, None)

    async def wait(self, future: asyncio.Future[Outcome], seconds: float) -> Outcome | None:
        """The outcome, or None when it did not come within `seconds`. Raises `Blind`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not future.done():
            left = deadline - loop.time()
            if left <= 0:
                return None
            if not self.seeing:
                raise Blind
            await asyncio.wait({future}, timeout=min(left, _SLICE_SECONDS))
        return future.result()


def wanted_seconds(prefer: str | None) -> int | None:
    """N of `Prefer: wait=N`, at most 30; None without it. A preference that cannot be read is no preference."""
    for part in (prefer or "").replace(";", ",").split(","):
        name, _, value = part.partition("=")
        number = value.strip().strip('"')
        if name.strip().lower() == "wait" and number.isascii() and number.isdecimal() and len(number) < 10:
            return min(int(number), LONGEST_SECONDS)
    return None
