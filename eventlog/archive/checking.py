"""Is an archive what it was when it was written? Every byte is hashed, every chain recomputed, no broker is asked."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from eventlog.archive.manifest import SEGMENTS, Contents
from eventlog.archive.segment import Segment, opened, unpack
from eventlog.archive.store import ArchiveStore
from eventlog.archive.writing import Progress
from eventlog.commit import DIGEST_BYTES, Position, Record, accept, chain
from eventlog.errors import Corrupt


async def findings(store: ArchiveStore, contents: Contents, progress: Progress) -> AsyncIterator[str]:
    """A sentence for each segment that is not as it was, with the offset of what was altered where it can be told.

    The manifests were checked when `contents` was read from them. A broken segment does not hide what is wrong behind
    it: the next one is checked from where the manifest says that the chain stands. Raises `Unavailable`.
    """
    positions: dict[tuple[str, int], Position] = {}
    total = sum(segment.size for segment in contents.segments)
    done = 0
    for segment in contents.segments:
        place = (segment.topic, segment.partition)
        before = positions.get(place) or Contents().position(*place)
        content = await store.get(segment.name)
        if content is None:
            yield f"{segment.name} ({segment.place}) is gone"
        elif sentence := await asyncio.to_thread(_wrong_with, segment, content, before):
            yield sentence
        positions[place] = segment.position
        done += segment.size
        progress("checking the archive", done, total)


async def untold(store: ArchiveStore, contents: Contents) -> list[str]:
    """Kept segments that no manifest tells of: what an interrupted run left. They are no part of the archive."""
    told = {segment.name for segment in contents.segments}
    return sorted([name async for name in store.names(SEGMENTS) if name not in told])


@dataclass(slots=True)
class _Walked:
    """How far the chain was followed, how many records counted, and the first offset that does not fit."""

    position: Position
    counted: int = 0
    broken: int = -1


def _wrong_with(segment: Segment, content: bytes, before: Position) -> str:
    """Empty for a segment that is as it was."""
    try:
        records = unpack(segment, content)
    except Corrupt as error:
        return f"{error}; {_where(segment, content, before)}"
    walked = _walked(records, before)
    if walked.broken >= 0:
        return f"{segment.name}: the record at offset {walked.broken} of {segment.place} has not the id that it claims"
    if (walked.position, walked.counted) != (segment.position, segment.counted):
        return (
            f"{segment.name} ({segment.place}) leads to the head {walked.position.head.hex()} with {walked.counted} "
            f"commits that count, the manifest says {segment.head} with {segment.counted}"
        )
    return ""


def _where(segment: Segment, content: bytes, before: Position) -> str:
    """As near as altered bytes can tell what they were."""
    try:
        records = opened(segment, content)
    except Corrupt:
        return f"it cannot be told which of the offsets {segment.first}…{segment.last} was altered"
    broken = _walked(records, before, ignored_too=True).broken
    if broken < 0:
        return "the chain of its records is whole: a record that does not count was altered, or none"
    return f"the record at offset {broken} is the first that has not the id that it claims"


def _walked(records: Sequence[Record], position: Position, *, ignored_too: bool = False) -> _Walked:
    """A record that does not count may claim any id: only a search for what was altered looks at those."""
    walked = _Walked(position)
    for record in records:
        try:
            walked.position, counts = accept(walked.position, record)
        except Corrupt:
            walked.broken = record.offset
            return walked
        walked.counted += counts
        claims = ignored_too and not counts and len(record.id) == DIGEST_BYTES
        if claims and chain(record.prev, record.key, record.value) != record.id:
            walked.broken = record.offset
            return walked
    return walked
