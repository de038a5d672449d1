"""The port to everything that a projector has written, as of one moment: what `verify.py` compares with the log."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol, TypeAlias

from eventlog.commit import Record
from eventlog.read.projection import Row
from eventlog.read.store import Checkpoint, ProjectionStore

Partition: TypeAlias = tuple[str, int]
"""(topic, partition)."""


class ParkedRecord(NamedTuple):
    """A parked record, as it is kept. `discarded`: an operator gave it up, so it waits no longer."""

    topic: str
    partition: int
    stream: str
    record: Record
    reason: str
    discarded: bool = False


def waiting_of(parked: Iterable[ParkedRecord]) -> dict[Partition, dict[str, int]]:
    """How many records of which streams wait."""
    waiting: dict[Partition, dict[str, int]] = {}
    for one in parked:
        if not one.discarded:
            streams = waiting.setdefault((one.topic, one.partition), {})
            streams[one.stream] = streams.get(one.stream, 0) + 1
    return waiting


class Snapshot(Protocol):
    """One moment of a store. It stays the same while others write, for some minutes: read it in one go.

    What is read later than that raises `Conflict`.
    """

    async def checkpoints(self) -> Mapping[Partition, Checkpoint]:
        """Where the projector stood in each partition."""
        ...

    def parked(self) -> AsyncIterator[ParkedRecord]:
        """What it had parked, discarded records too: by topic and partition, then in the order of the log."""
        ...

    def rows(self, name: str) -> AsyncIterator[Row]:
        """Every document or row of a projection or journal, in no order."""
        ...

    def as_kept(self, name: str, row: Row, /) -> Row:
        """What `rows` gives back for a row that a fold made: other types, columns that it left out."""
        ...


class SnapshotStore(ProjectionStore, Protocol):
    """A store that can be verified."""

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """As of now. Raises `Unavailable`."""
        ...
