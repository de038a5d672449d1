"""The log folded as it was: up to a time, and of some streams alone. Into a store in memory; nothing else is written.

A stream is always folded from its beginning, whatever the scope: its middle alone would be nobody's state.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventlog.commit import start
from eventlog.errors import Corrupt
from eventlog.keys.meeting import met
from eventlog.read.counted import Counted
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projection import Journal, Projection
from eventlog.read.projector import ProjectorLane
from eventlog.read.replay import Source, read_log


@dataclass(frozen=True, slots=True)
class Scope:
    """What is replayed. Each field narrows it; without any it is everything that ever happened.

    `at`: each stream up to its first commit that was asked for later. `stream`, `tenant`: of these alone. `since`,
    `until`: the streams to which something happened in that time, both ends included, with all that happened to them.
    """

    at: datetime | None = None
    stream: str = ""
    tenant: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every stream is in it."""
        return not (self.stream or self.tenant or self.has_window)

    @property
    def has_window(self) -> bool:
        """Whether later commits of a stream may bring it into the scope."""
        return self.since is not None or self.until is not None

    def names(self, one: Counted) -> bool:
        """Whether this commit puts its stream into the scope."""
        if one.commit is None:
            return self.is_whole or self.stream == one.stream
        return (
            self.stream in ("", one.stream)
            and self.tenant in ("", one.commit.tenant)
            and (self.since is None or one.commit.at >= self.since)
            and (self.until is None or one.commit.at <= self.until)
        )


class Past:
    """The fold of one topic's partitions into a store in memory, which may be continued."""

    def __init__(
        self,
        source: Source,
        projections: Sequence[Projection],
        journals: Sequence[Journal],
        scope: Scope,
    ) -> None:
        self.store = MemoryProjectionStore(projections, journals)
        self.streams: set[str] = set()
        """Those of the scope, as far as was read; also one that began after the time it is folded up to."""
        self.records = 0
        self._source = source
        self._scope = scope
        self._over: set[str] = set()
        self._chosen: set[str] | None = None
        self._lanes = {
            partition: ProjectorLane(projections, journals, source.catalog, start(source.log.topic, partition), {})
            for partition in source.partitions
        }

    async def run(self, ends: Mapping[int, int], progress: Callable[[int, int], None]) -> None:
        """Fold on, below the end of each partition.

        Raises `Corrupt` by topic, partition and offset, `Diverged`, `Unavailable`, and `Poison` where this version of
        the code cannot apply what is there.
        """
        total = sum(ends.get(partition, 0) for partition in self._lanes)
        if self._scope.has_window and self._chosen is None:
            looked = [await self._look(partition, ends.get(partition, 0)) for partition in self._lanes]
            self._chosen = set[str]().union(*looked)
        for partition in self._lanes:
            await self._fold(partition, ends.get(partition, 0), lambda: progress(self.records, total))

    @property
    def parked(self) -> Mapping[str, str]:
        """The streams that this version of the code could not fold to their end, each with the first reason."""
        found: dict[str, str] = {}
        for one in (one for waiting in self.store.parked.values() for one in waiting):
            found.setdefault(one.stream, one.reason)
        return found

    async def _look(self, partition: int, end: int) -> set[str]:
        """Which streams something happened to in the window: one is folded from its beginning, which may be before."""
        found: set[str] = set()
        lane = ProjectorLane((), (), self._source.catalog, start(self._source.log.topic, partition), {})
        async for records in read_log(self._source.log, partition, 0, end):
            await met(lane.keys, records)
            position, counted = lane.take(records)
            lane.moved(position, len(records), len(counted))
            found |= {one.stream for one in counted if self._scope.names(one)}
        return found

    async def _fold(self, partition: int, end: int, went_on: Callable[[], None]) -> None:
        topic, lane = self._source.log.topic, self._lanes[partition]
        async for records in read_log(self._source.log, partition, lane.position.next_offset, end):
            await met(lane.keys, records)
            try:
                position, counted = lane.take(records)
            except Corrupt as error:
                raise Corrupt(f"{topic}[{partition}]: {error}") from error
            wanted = [one for one in counted if self._wants(one)]
            changes = lane.fold(wanted, await self.store.load(lane.places(wanted)))
            kept = self.store.positions.get((topic, partition))
            await self.store.commit(topic, partition, kept, position, changes)
            lane.moved(position, len(records), len(counted))
            self.records += len(records)
            went_on()

    def _wants(self, one: Counted) -> bool:
        if not (self._scope.names(one) if self._chosen is None else one.stream in self._chosen):
            return False
        self.streams.add(one.stream)
        at = self._scope.at
        if at is not None and (one.commit is None or one.commit.at > at):
            self._over.add(one.stream)
        return one.stream not in self._over
