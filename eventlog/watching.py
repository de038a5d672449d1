"""What is told of each partition that this process works on: whether it moves, and how far it is behind the log."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from eventlog.clock import Clock
from eventlog.commit import Record
from eventlog.errors import Unavailable
from eventlog.kafka.group import Group
from eventlog.log import EventLog
from eventlog.work import Work

WATCH_SECONDS = 5.0
STUCK_SECONDS = 60.0


class _Dated(msgspec.Struct):
    """What commands and commits have in common: when it was asked for."""

    at: datetime


_decode = msgspec.json.Decoder(_Dated).decode


async def watch(groups: Sequence[Group], now: Clock) -> None:
    """Tell it every few seconds, until it is cancelled. Raises as `look_at` does."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        for group in groups:
            for work in list(group.works.values()):
                await look_at(group.log, work, now)


async def look_at(log: EventLog, work: Work, now: Clock) -> None:
    """Tell the lag. Raises `Unavailable` where the partition says that it works, but does not."""
    if work.stopping:  # somebody else may have it already
        return
    work.metrics.working(work.role, work.partition, work.ready)
    if work.next_offset < 0:  # never opened yet: nobody knows where it stands
        return
    try:
        lag = max(0, await log.end(work.partition) - work.next_offset)
        waits = await log.record_at(work.partition, work.next_offset) if lag else None
    except Unavailable as error:
        structlog.get_logger().warning("cannot tell the lag", role=work.role, detail=str(error))
        return
    quiet = asyncio.get_running_loop().time() - work.progress_at if lag else 0.0
    if not work.stopping:
        work.metrics.lag(work.role, work.partition, lag, quiet if waits is None else age(waits, now()))
    if work.ready and quiet > STUCK_SECONDS:
        raise Unavailable(work.role, f"{work.topic}[{work.partition}] has not moved for {quiet:.0f} s, {lag} behind")


def age(record: Record, now: datetime) -> float:
    """Seconds since it was asked for; 0 where its sender's clock is ahead, or nothing that can be read says when."""
    try:
        return max((now - _decode(record.value).at).total_seconds(), 0.0)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
        return 0.0
