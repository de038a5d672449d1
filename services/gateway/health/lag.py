"""How far the projections are behind the log: in commits, and in seconds since the oldest one that is not folded."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from contracts.envelope import Commit
from eventlog.clock import Clock
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaAccess, KafkaEventLog
from services.gateway.ports.gateway import PartState


class Mark(NamedTuple):
    """How far a projector has read a partition."""

    projector: str
    topic: str
    partition: int
    next_offset: int


class Behind(NamedTuple):
    """What is not folded yet of a partition; `since` is when the first of it was decided."""

    commits: int
    since: datetime | None = None


Read = Callable[[], Awaitable[Sequence[Mark]]]
"""The checkpoints of one store. Raises `Unavailable`."""


class ProjectionLag:
    """Compares the checkpoints of the stores with the log's ends. Connects when it is first looked at."""

    def __init__(self, access: KafkaAccess, topics: Iterable[str], reads: Sequence[Read], now: Clock) -> None:
        self._access = access
        self._topics = tuple(topics)
        self._reads = reads
        self._now = now
        self._logs: dict[str, KafkaEventLog] = {}
        self._opening = asyncio.Lock()

    async def look(self) -> PartState:
        """By projector: `lagEvents` and `lagSeconds`, the worst partition's. A store that is away shows nothing."""
        try:
            logs = await self._opened()
            marks = [mark for read in self._reads for mark in await _told(read)]
            behind = {mark: await self._behind(logs[mark.topic], mark) for mark in marks if mark.topic in logs}
        except Unavailable:
            return PartState(connected=False)
        return PartState(connected=True, about=lags(behind, self._now()))

    async def close(self) -> None:
        """Let go of every connection."""
        for log in self._logs.values():
            await log.close()

    async def _behind(self, log: KafkaEventLog, mark: Mark) -> Behind:
        commits = max(await log.end(mark.partition) - mark.next_offset, 0)
        record = await log.record_at(mark.partition, mark.next_offset) if commits else None
        since = None if record is None else msgspec.json.decode(record.value, type=Commit).at
        return Behind(commits, since)

    async def _opened(self) -> Mapping[str, KafkaEventLog]:
        async with self._opening:
            for topic in self._topics:
                if topic not in self._logs:
                    log = KafkaEventLog(self._access, topic)
                    try:
                        await log.start()
                    except Unavailable:
                        await log.close()
                        raise
                    self._logs[topic] = log
        return self._logs


def lags(behind: Mapping[Mark, Behind], now: datetime) -> dict[str, Any]:
    """Projector to its lag over all partitions: commits in total, seconds of the partition that waits longest."""
    found: dict[str, dict[str, float]] = {}
    for mark, one in behind.items():
        kept = found.setdefault(mark.projector, {"lagEvents": 0, "lagSeconds": 0.0})
        seconds = 0.0 if one.since is None else max((now - one.since).total_seconds(), 0.0)
        kept["lagEvents"] += one.commits
        kept["lagSeconds"] = max(kept["lagSeconds"], round(seconds, 3))
    return dict(sorted(found.items()))


async def _told(read: Read) -> Sequence[Mark]:
    try:
        return await read()
    except Unavailable:
        return ()
