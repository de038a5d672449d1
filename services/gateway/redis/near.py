"""What this process has just read, kept for a moment: a project that is loaded often costs no way to any store.

It holds little, and no longer than a moment, so that even where no change is heard of nothing is old for long. What
is asked for next is asked of the cache beneath, where there is one.
"""

import asyncio
from collections import OrderedDict
from typing import Final, NamedTuple

import msgspec

from services.gateway.metrics import CACHE
from services.gateway.redis.cache import Cache, Kept, Look

MOMENT_SECONDS: Final = 1.0
MOST_BYTES: Final = 8 * 1024 * 1024
MOST_MARKS: Final = 10_000


class _Near(NamedTuple):
    kept: Kept
    size: int
    until: float


class NearCache:
    """`Cache`, in memory, over another one or over none."""

    def __init__(self, beneath: Cache | None = None, seconds: float = MOMENT_SECONDS, most: int = MOST_BYTES) -> None:
        self._beneath = beneath
        self._seconds = seconds
        self._most = most
        self._bytes = 0
        self._kept: OrderedDict[str, _Near] = OrderedDict()
        self._marks: OrderedDict[str, int] = OrderedDict()
        self._generation = 0

    async def get(self, key: str) -> Look:
        near = self._kept.get(key)
        if near is not None and asyncio.get_running_loop().time() < near.until:
            self._kept.move_to_end(key)
            CACHE.labels("get", "near").inc()
            return Look(near.kept, near=self._generation)
        generation = self._generation
        look = await self._beneath.get(key) if self._beneath is not None else Look()
        look = look._replace(near=generation)
        if look.kept is not None:
            self._keep(key, look.kept, look)
        return look

    async def fill(self, key: str, kept: Kept, look: Look) -> None:
        self._keep(key, kept, look)
        if self._beneath is not None:
            await self._beneath.fill(key, kept, look)

    async def mark(self, key: str, version: int) -> None:
        self._marks[key] = max(version, self._marks.pop(key, 0))
        if len(self._marks) > MOST_MARKS:
            self._marks.popitem(last=False)
        if key in self._kept and self._kept[key].kept.version < version:
            self._drop(key)
        if self._beneath is not None:
            await self._beneath.mark(key, version)

    async def forget(self) -> None:
        self._generation += 1
        self._kept.clear()
        self._bytes = 0
        if self._beneath is not None:
            await self._beneath.forget()

    def _keep(self, key: str, kept: Kept, look: Look) -> None:
        if look.near != self._generation or kept.version < self._marks.get(key, 0):
            return
        self._drop(key)
        size = len(msgspec.msgpack.encode(kept.document))
        if size > self._most:
            return
        self._kept[key] = _Near(kept, size, asyncio.get_running_loop().time() + self._seconds)
        self._bytes += size
        while self._bytes > self._most:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        gone = self._kept.pop(key, None)
        self._bytes -= gone.size if gone is not None else 0
