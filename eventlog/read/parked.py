"""Parked streams, as an operator sees them: what waits and why, and how it is folded after all, or given up.

A stream whose commit could not be applied waits in the order of the log, whatever comes for it later behind it. To
*redrive* it is to fold what waits with the code of today; to *discard* is to give up the first of it, for a reason
that is kept. Each is one transaction of the store: what became of the records, their views, and a note of who did it.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from contracts.catalog import Catalog
from eventlog.commit import Record, start
from eventlog.read.counted import counted_of
from eventlog.read.projection import Journal, Projection
from eventlog.read.projector import Changes, ProjectorLane
from eventlog.read.snapshot import ParkedRecord, SnapshotStore
from eventlog.read.store import OtherFolds, Unkeepable

AT_ONCE = 500
"""Records that one transaction takes out of parking: a prefix of what waits, so the order stays."""
FRAMES = 6
"""Of a trace: the last ones, where it broke."""


class Act(NamedTuple):
    """What an operator did to parked records, and why: kept for whoever asks later."""

    action: Literal["redriven", "discarded"]
    by: str
    reason: str
    at: datetime


class Told(NamedTuple):
    """An act, and what it was done to. `offsets` are in the order of the log."""

    projector: str
    topic: str
    partition: int
    stream: str
    offsets: tuple[int, ...]
    act: Act


@dataclass(frozen=True, slots=True)
class Release:
    """Records that wait no longer: `changes` are what they became, none where they are discarded."""

    stream: str
    offsets: tuple[int, ...]
    act: Act
    changes: Changes = field(default_factory=Changes)


class ParkedStore(SnapshotStore, Protocol):
    """A store whose parked records can be dealt with, while its projector runs or does not."""

    @property
    def projector(self) -> str:
        """Whose they are: its key in the checkpoints."""
        ...

    async def waiting(self, topic: str, partition: int, stream: str, limit: int) -> Sequence[ParkedRecord]:
        """The first records that wait of a stream, in the order of the log."""
        ...

    async def release(self, topic: str, partition: int, release: Release) -> None:
        """All of it, or nothing; the checkpoint stays where it is, and its projector has to load it anew.

        Raises `Conflict` where the first records that wait are not these (any more), where another generation has
        become the current one since `checkpoint` was asked, or is about to; `Unavailable` where the store does not
        answer; then whether it was written is unknown, and `waiting` tells. Raises `Unkeepable`.
        """
        ...

    async def acts(self, limit: int) -> Sequence[Told]:
        """What was done to parked records of this projector, the newest first."""
        ...


class Folder(NamedTuple):
    """What a projector folds: the part of it that a redrive needs."""

    projections: Sequence[Projection]
    journals: Sequence[Journal]
    catalog: Catalog


class Failure(NamedTuple):
    """Why a record cannot be applied today. `trace`: where it broke, innermost last; no value stands in it."""

    record: Record
    reason: str
    trace: tuple[str, ...]


class Outcome(NamedTuple):
    """What a redrive of one stream came to: how many records were applied, and the one that stopped it, if any."""

    applied: int
    failure: Failure | None


async def redrive(
    store: ParkedStore, folder: Folder, topic: str, partition: int, stream: str, act: Act, *, dry: bool = False
) -> Outcome:
    """Fold what waits, in order, until nothing does; afterwards the projector goes on with the stream by itself.

    What it becomes goes into the generation that is current then. Stops before the first record that today's code
    cannot apply: that one and those behind it wait as before. Nothing is applied where other versions of the folds have
    written what is there: half of a view would be theirs. `dry`: tries the first `AT_ONCE` records, and writes nothing.
    Raises as `ParkedStore.release` does.
    """
    applied = 0
    while waiting := await store.waiting(topic, partition, stream, AT_ONCE):
        try:
            await store.checkpoint(topic, partition)
        except OtherFolds as error:
            return Outcome(applied, Failure(waiting[0].record, str(error), ()))
        changes, failure = await _folded(store, folder, waiting)
        if failure is not None:
            waiting = [one for one in waiting if one.record.offset < failure.record.offset]
        if waiting and not dry:
            if failure is not None:
                changes, _ = await _folded(store, folder, waiting)
            offsets = tuple(one.record.offset for one in waiting)
            try:
                await store.release(topic, partition, Release(stream, offsets, act, changes))
            except Unkeepable as error:
                return Outcome(applied, Failure(waiting[0].record, str(error), ()))
        applied += len(waiting)
        if failure is not None or dry:
            return Outcome(applied, failure)
    return Outcome(applied, None)


async def discard(store: ParkedStore, topic: str, partition: int, stream: str, act: Act) -> Record | None:
    """Give up the first record that waits of a stream; None where nothing waits. What is behind it goes on waiting.

    Its bytes stay, in the store and in the log. Raises as `ParkedStore.release` does.
    """
    waiting = await store.waiting(topic, partition, stream, 1)
    if not waiting:
        return None
    await store.release(topic, partition, Release(stream, (waiting[0].record.offset,), act))
    return waiting[0].record


async def _folded(
    store: ParkedStore, folder: Folder, waiting: Sequence[ParkedRecord]
) -> tuple[Changes, Failure | None]:
    """What the records become today, or the first of them that becomes nothing."""
    first = waiting[0]
    lane = ProjectorLane(*folder, start(first.topic, first.partition), {})
    counted = [counted_of(one.record, folder.catalog) for one in waiting]
    changes = lane.fold(counted, await store.load(lane.places(counted)))
    if not changes.parked:
        return changes, None
    failed = changes.parked[0]
    frames = traceback.extract_tb(lane.error.__traceback__)[-FRAMES:] if lane.error else ()
    trace = tuple(f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
    return changes, Failure(failed.record, failed.reason, trace)
