"""How often somebody may ask: counted over a minute, or an hour, in Redis for all gateways, or in this process without.

What a count says travels with every answer, as the IETF's draft of the `RateLimit` header fields has it: the policy,
what is left of it, and after how many seconds there is more.
"""

import asyncio
from collections.abc import Mapping
from math import ceil
from typing import Any, Final, NamedTuple, Protocol

import redis.asyncio as redis
import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from eventlog.clock import Clock, now
from services.gateway.redis.cache import Circuit

WINDOW_SECONDS: Final = 60
SPACE: Final = "playhead"
PREFIX: Final = "playhead:rate"
HEADERS: Final = ("RateLimit", "RateLimit-Policy", "Retry-After")
"""What a page of another origin may read of an answer."""
_log = structlog.get_logger(__name__)


class Rate(NamedTuple):
    """So many calls in so many seconds. `name` is `reads`, `writes` or `accounts`."""

    name: str
    calls: int
    seconds: int = WINDOW_SECONDS


class Count(NamedTuple):
    """What is left of a rate; there is more after `seconds`."""

    rate: Rate
    passed: bool
    left: int
    seconds: int

    def headers(self) -> Mapping[str, str]:
        """As they are sent with every answer."""
        name = f'"{self.rate.name}"'
        return {
            "RateLimit-Policy": f"{name};q={self.rate.calls};w={self.rate.seconds}",
            "RateLimit": f"{name};r={self.left};t={self.seconds}",
        }


class Rates(Protocol):
    """Never raises, and never makes its caller wait long."""

    async def count(self, who: str, rate: Rate) -> Count:
        """Count one call, and say whether it may pass: one that may not is not counted."""
        ...


class MemoryRates:
    """`Rates` of this process alone."""

    def __init__(self, clock: Clock = now) -> None:
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._clock = clock

    async def count(self, who: str, rate: Rate) -> Count:
        return await _counted(self._counter, who, rate, self._clock)


class RedisRates:
    """`Rates` of all gateways. Without an answer in time the process's own count holds, until Redis is there again."""

    def __init__(self, url: str, seconds: float, clock: Clock = now) -> None:
        options: dict[str, Any] = {
            "socket_timeout": seconds,
            "socket_connect_timeout": seconds,
            "retry": Retry(NoBackoff(), 0),
            "client_name": "playhead-rates",
        }
        self._pool: Any = redis.ConnectionPool.from_url(url, **options)
        storage = RedisStorage(
            "async+redis://", implementation="redispy", key_prefix=PREFIX, connection_pool=self._pool
        )
        self._counter = SlidingWindowCounterRateLimiter(storage)
        self._here = MemoryRates(clock)
        self._seconds = seconds
        self._clock = clock
        self._circuit = Circuit()

    async def count(self, who: str, rate: Rate) -> Count:
        if not self._circuit.asks():
            return await self._here.count(who, rate)
        try:
            async with asyncio.timeout(self._seconds):
                count = await _counted(self._counter, who, rate, self._clock)
        except (redis.RedisError, OSError, TimeoutError) as error:
            if self._circuit.failed():
                _log.warning("Redis does not answer; calls are counted in this process", error=type(error).__name__)
            return await self._here.count(who, rate)
        if self._circuit.answered():
            _log.info("Redis answers again; calls are counted there")
        return count

    async def close(self) -> None:
        """Let go of every connection."""
        await self._pool.aclose()


async def _counted(counter: SlidingWindowCounterRateLimiter, who: str, rate: Rate, clock: Clock) -> Count:
    item = RateLimitItemPerSecond(rate.calls, rate.seconds, namespace=SPACE)
    passed = await counter.hit(item, who, rate.name)
    reset, left = await counter.get_window_stats(item, who, rate.name)
    return Count(rate, passed, left if passed else 0, max(1, ceil(reset - clock().timestamp())))
