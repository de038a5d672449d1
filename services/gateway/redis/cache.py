"""Redis beside MongoDB, for what is read often: documents that carry their version, kept for minutes.

Whoever reads and misses fills; whoever learns of a change marks its version, and a value that is older is neither
shown nor kept any more, however late it comes. All values are of one generation; to forget them all is to begin
another. A Redis that fails, or is slow, costs a reader next to nothing: nobody asks it again before a pause is over.
What could not be marked meanwhile is marked before anything is shown again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import msgspec
import redis.asyncio as redis
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from eventlog.clock import new_id
from services.gateway.metrics import CACHE

KEEP_SECONDS: Final = 300
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
MOST_UNMARKED: Final = 1_000
PREFIX: Final = "playhead:cache:"
GENERATION: Final = f"{PREFIX}generation"
_HEAD: Final = 24
"""Bytes before a value: its version (8, the first the most significant), its generation (16)."""
_log = structlog.get_logger(__name__)
_Got = TypeVar("_Got")

_NEWER: Final = """
local known = redis.call('GETRANGE', KEYS[1], 0, 7)
if #known == 8 and known > string.sub(ARGV[1], 1, 8) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
"""A value is kept unless one of a greater version is there: their bytes compare as text does. A mark is a version and
nothing behind it."""


class Kept(NamedTuple):
    """A document and the version that it is of. Nobody changes it: it may be shown to others, too."""

    version: int
    document: Mapping[str, Any]


class Look(NamedTuple):
    """What a look found. `generation` is the one in which it was made: what is read after it may be kept in that."""

    kept: Kept | None = None
    generation: bytes | None = None
    near: int = 0


class Cache(Protocol):
    """Never raises, and never makes its caller wait long: without an answer nothing was kept."""

    async def get(self, key: str) -> Look:
        """What is kept under the key, unless a greater version is known."""
        ...

    async def fill(self, key: str, kept: Kept, look: Look) -> None:
        """Keep what was read after `look`, unless something newer is there."""
        ...

    async def mark(self, key: str, version: int) -> None:
        """From now on nothing older than `version` is shown."""
        ...

    async def forget(self) -> None:
        """Show nothing that was kept, or read, until now: changes may have been missed."""
        ...


class Circuit:
    """Whether a part is asked. After a failure not before a pause is over; the pause doubles while it fails on."""

    def __init__(self) -> None:
        self._closed_until = 0.0
        self._pause = 0.0

    @property
    def broken(self) -> bool:
        """Whether the last answer was a failure."""
        return self._pause > 0

    def asks(self) -> bool:
        """Whether to ask now. After a pause one caller asks, and the others wait for what becomes of it."""
        if not self.broken:
            return True
        now = asyncio.get_running_loop().time()
        if now < self._closed_until:
            return False
        self._closed_until = now + self._pause
        return True

    def failed(self) -> bool:
        """Note it; whether this is news."""
        news = not self.broken
        self._pause = min(max(self._pause * 2, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
        self._closed_until = asyncio.get_running_loop().time() + self._pause
        return news

    def answered(self) -> bool:
        """Note it; whether this is news."""
        news, self._pause = self.broken, 0.0
        return news


class RedisCache:
    """`Cache`, in Redis. Connects when it is first asked, and again after it was away."""

    def __init__(self, client: "redis.Redis", seconds: float, keep_seconds: float = KEEP_SECONDS) -> None:
        self._client = client
        self._seconds = seconds
        self._keep = int(keep_seconds * 1000)
        self._newer: Any = client.register_script(_NEWER)
        self._circuit = Circuit()
        self._unmarked: dict[str, int] = {}
        self._unforgotten = False

    @classmethod
    def connect(cls, url: str, seconds: float) -> "RedisCache":
        """No request waits longer than `seconds`, for a connection or for an answer; none is tried twice."""
        options: dict[str, Any] = {"retry": Retry(NoBackoff(), 0), "max_connections": 64, "client_name": "playhead"}
        client = redis.Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds, **options)
        return cls(client, seconds)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._client.aclose()

    async def get(self, key: str) -> Look:
        found: list[Any] | None = await self._asked("get", lambda: self._client.mget(PREFIX + key, GENERATION))
        if found is None:
            return Look()
        raw, generation = found
        if raw is None or generation is None or len(raw) <= _HEAD or raw[8:_HEAD] != generation:
            CACHE.labels("get", "miss").inc()
            return Look(None, generation or b"")
        CACHE.labels("get", "hit").inc()
        return Look(Kept(int.from_bytes(raw[:8], "big"), msgspec.msgpack.decode(raw[_HEAD:])), generation)

    async def fill(self, key: str, kept: Kept, look: Look) -> None:
        if look.generation:
            value = _written(kept.version, look.generation, msgspec.msgpack.encode(kept.document))
            await self._asked("fill", lambda: self._newer(keys=[PREFIX + key], args=[value, self._keep]))
        elif look.generation is not None:  # Redis answers and knows of none: it was emptied
            await self._asked("fill", lambda: self._client.set(GENERATION, new_id().bytes, nx=True))

    async def mark(self, key: str, version: int) -> None:
        if await self._asked("mark", lambda: self._marked({key: version})) is not None:
            return
        if len(self._unmarked) >= MOST_UNMARKED:
            self._unmarked.clear()
            self._unforgotten = True
        self._unmarked[key] = max(version, self._unmarked.get(key, 0))

    async def forget(self) -> None:
        if await self._asked("forget", self._forgotten) is None:
            self._unforgotten = True

    async def _asked(self, what: str, ask: Callable[[], Awaitable[_Got]]) -> _Got | None:
        """The answer; None where there is none, which is counted, and logged once an outage."""
        if not self._circuit.asks():
            CACHE.labels(what, "passed").inc()
            return None
        try:
            async with asyncio.timeout(self._seconds):
                if self._unforgotten or self._unmarked:
                    await self._catch_up()
                got = await ask()
        except (redis.RedisError, OSError, TimeoutError) as error:
            CACHE.labels(what, "error").inc()
            if self._circuit.failed():
                _log.warning("Redis does not answer; reading from the store alone", error=type(error).__name__)
            return None
        if self._circuit.answered():
            _log.info("Redis answers again")
        return got

    async def _catch_up(self) -> None:
        """Forget and mark what could not be while Redis was away. What fails is left for the next time."""
        if self._unforgotten:
            await self._forgotten()
            self._unforgotten = False
        if self._unmarked:
            marks = dict(self._unmarked)
            await self._marked(marks)
            self._unmarked = {key: version for key, version in self._unmarked.items() if marks.get(key, 0) < version}

    async def _marked(self, marks: Mapping[str, int]) -> bool:
        async with self._client.pipeline(transaction=False) as pipeline:
            for key, version in marks.items():
                await self._newer(keys=[PREFIX + key], args=[_written(version), self._keep], client=pipeline)
            await pipeline.execute()
        return True

    async def _forgotten(self) -> bool:
        return bool(await self._client.set(GENERATION, new_id().bytes))


def _written(version: int, generation: bytes = b"", content: bytes = b"") -> bytes:
    return version.to_bytes(8, "big") + generation + content
