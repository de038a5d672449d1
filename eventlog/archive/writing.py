"""From a log into an archive. Whatever cuts it off, the next run goes on after the last manifest that was kept."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from eventlog.archive.manifest import ArchiveError, Contents, followed, name_of, next_manifest, sealed
from eventlog.archive.planning import Stretch, counts, missing
from eventlog.archive.reading import read_contents
from eventlog.archive.segment import RAW_BYTES, Cutter, Packed, Segment
from eventlog.archive.store import ArchiveStore, keep
from eventlog.clock import Clock
from eventlog.errors import Conflict
from eventlog.log import EventLog, check
from eventlog.read.replay import read_log

SEGMENTS_A_MANIFEST = 16
"""So many at most are kept again after an interruption."""

Progress = Callable[[str, int, int], None]
"""(what is done, how much of it, of how much)."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How large segments are, in bytes of their records, and how many of them a manifest tells of."""

    raw_bytes: int = RAW_BYTES
    segments: int = SEGMENTS_A_MANIFEST


async def ends_of(logs: Mapping[str, tuple[EventLog, Sequence[int]]]) -> dict[str, dict[int, int]]:
    """Where each partition of each log ends now."""
    return {name: {part: await log.end(part) for part in partitions} for name, (log, partitions) in logs.items()}


async def archive(
    store: ArchiveStore,
    logs: Mapping[str, EventLog],
    ends: Mapping[str, Mapping[int, int]],
    catalogue: str,
    clock: Clock,
    progress: Progress,
    cut: Cut = Cut(),
) -> Contents:
    """Archive what is new of each log, up to `ends`; what the archive holds afterwards.

    The log is held against the end of its archive first, and every record against the chain. Raises `Corrupt` where
    a record or the archive itself was altered, `Diverged` for a log that is not the archived one, `ArchiveError` for
    one of another shape, `Conflict` where somebody else archives here at the same time, `Unavailable`. What was
    archived before any of these stays.
    """
    writer = _Writer(store, await read_contents(store), counts(ends), catalogue, clock, cut)
    stretches = missing(writer.contents, ends)
    total = sum(stretch.until - stretch.first for stretch in stretches)
    done = 0
    for stretch in stretches:
        log = logs[stretch.topic]
        await check(log, stretch.partition, writer.contents.position(stretch.topic, stretch.partition))
        async for more in writer.cut_up(log, stretch):
            done += more
            progress("archiving", done, total)
    await writer.tell(always=writer.contents.number < 0)
    return writer.contents


class _Writer:
    """Keeps segments, and tells of them by manifests."""

    def __init__(
        self,
        store: ArchiveStore,
        contents: Contents,
        topics: Mapping[str, int],
        catalogue: str,
        clock: Clock,
        cut: Cut,
    ) -> None:
        self.contents = contents
        self._store = store
        self._topics = topics
        self._catalogue = catalogue
        self._clock = clock
        self._cut = cut
        self._untold: list[Segment] = []

    async def cut_up(self, log: EventLog, stretch: Stretch) -> AsyncIterator[int]:
        """Archive a stretch, and yield how many records were read."""
        topic, partition, first, until = stretch
        cutter = Cutter(topic, partition, self.contents.position(topic, partition), self._cut.raw_bytes)
        async for records in read_log(log, partition, first, until):
            for packed in await asyncio.to_thread(cutter.take, records):
                await self._keep(packed)
            yield len(records)
        for packed in await asyncio.to_thread(cutter.finish):
            await self._keep(packed)

    async def _keep(self, packed: Packed) -> None:
        segment, content = packed
        if not await keep(self._store, segment.name, content):
            raise ArchiveError(
                f"{self._store.url} holds other bytes under {segment.name}, and no manifest tells of them: they were "
                "altered after an interrupted run. Delete that one object, and try again."
            )
        self._untold.append(segment)
        if len(self._untold) >= self._cut.segments:
            await self.tell()

    async def tell(self, *, always: bool = False) -> None:
        """Make what was kept a part of the archive, in one step."""
        if not (self._untold or always):
            return
        manifest = next_manifest(self.contents, self._untold, self._topics, self._catalogue, self._clock())
        content = sealed(manifest)
        if not await keep(self._store, name_of(manifest.number), content):
            raise Conflict(
                f"somebody else archives to {self._store.url} at the same time: manifest {manifest.number} is theirs. "
                "Nothing is lost; the same command goes on after them."
            )
        self.contents = followed(self.contents, content)
        self._untold = []
