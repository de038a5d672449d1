"""News of sessions: that something was written, and how far a job is.

It wakes; it does not tell. Whoever is woken reads the history from where he stands, so a word that is lost, doubled
or late costs a read and never an event. Only progress is told here, because it stands nowhere else.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager

import msgspec

from contracts.envelope import stream_id

REMEMBERED = 10_000


class Progress(msgspec.Struct, frozen=True, rename="camel"):
    """One word of a worker about the job at work; `percent` is of the whole job, `stage_percent` of its stage."""

    job_id: str
    session_id: str
    tenant: str
    stage: str | None
    percent: float
    stage_percent: float = 0.0
    eta_ms: int | None = None


class Follower:
    """One reader of one session."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self.progress: Progress | None = None

    def wake(self) -> None:
        """There is something new, or may be."""
        self._woken.set()

    async def woken(self, seconds: float) -> bool:
        """Whether there was news within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    def take_progress(self) -> Progress | None:
        """The newest word that was not taken yet."""
        taken, self.progress = self.progress, None
        return taken


class News:
    """Who in this process follows which session (by its stream), and the last word about each."""

    def __init__(self) -> None:
        self._followers: dict[str, set[Follower]] = {}
        self._last: OrderedDict[str, Progress] = OrderedDict()
        self._followed = asyncio.Event()
        self.closing = False

    @property
    def followed(self) -> bool:
        """Whether anybody follows anything."""
        return self._followed.is_set()

    async def wanted(self) -> None:
        """Return once somebody follows something."""
        await self._followed.wait()

    @contextmanager
    def follow(self, stream: str) -> Generator[Follower]:
        """A follower who hears of everything from now on."""
        follower = Follower()
        followers = self._followers.setdefault(stream, set())
        followers.add(follower)
        self._followed.set()
        try:
            yield follower
        finally:
            followers.discard(follower)
            if not followers:
                self._followers.pop(stream, None)
            if not self._followers:
                self._followed.clear()

    def written(self, stream: str) -> None:
        """A row of this stream was written."""
        for follower in self._followers.get(stream, ()):
            follower.wake()

    def perhaps(self) -> None:
        """Anything may have been written, unseen."""
        for followers in self._followers.values():
            for follower in followers:
                follower.wake()

    def close(self) -> None:
        """The process ends: every reader is to end too."""
        self.closing = True
        self.perhaps()

    def tell(self, progress: Progress) -> None:
        """A worker said how far it is."""
        stream = stream_id("session", progress.tenant, progress.session_id)
        self._last[stream] = progress
        self._last.move_to_end(stream)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        for follower in self._followers.get(stream, ()):
            follower.progress = progress
            follower.wake()

    def last(self, tenant: str, session_id: str) -> Progress | None:
        """The last word about a session's job, where there was one."""
        return self._last.get(stream_id("session", tenant, session_id))
