"""The port to a store of projections. `mongo.py`, `postgres.py` and `memory.py` are its adapters, and all pass
`tests/eventlog/store_promises.py`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from eventlog.commit import Position, Record
from eventlog.errors import Conflict, Poison, Unavailable
from eventlog.read.projection import View
from eventlog.read.projector import Changes, Place


class Checkpoint(NamedTuple):
    """Where a projector stands in one partition, and how many records of which streams it has parked there."""

    position: Position
    parked: Mapping[str, int]


class Unkeepable(Poison):
    """A view or an entry that this store cannot hold: a value its column does not take, a document too large.

    `place` names it as far as it is known; its stream is empty where only the collection or table is.
    """

    def __init__(self, place: Place, reason: str) -> None:
        name, stream = place
        super().__init__(
            f"{name} cannot keep what {stream or 'some stream of the batch'} became: {reason}. "
            "Correct the projection, or what is sent to it."
        )
        self.place = place
        self.reason = reason


class TooMuch(Unavailable):
    """One transaction cannot hold so many changes at once, now: fewer may pass."""


class OtherFolds(Conflict):
    """What stands there was written by other versions of the folds: to try again is of no use."""


def refuse_other_folds(projector: str, kept: Mapping[str, int] | None, folds: Mapping[str, int]) -> None:
    """Raises `OtherFolds` where what stands there was written by other versions of the same folds: half of a view would
    be of the one, half of the other. Folds that only one side has are nothing to each other."""
    other = {name: version for name, version in (kept or {}).items() if folds.get(name, version) != version}
    if other:
        raise OtherFolds(
            f"{projector} was folded by {', '.join(f'{name} {version}' for name, version in sorted(other.items()))}, "
            f"this code has {', '.join(f'{name} {folds[name]}' for name in sorted(other))}: run the code that it was "
            f"folded by, or `playhead rebuild {projector.partition('@')[0]}` with this one"
        )


class ProjectionStore(Protocol):
    """Keeps the views of one projector, and its position, in one transaction."""

    async def checkpoint(self, topic: str, partition: int) -> Checkpoint | None:
        """None for a partition that was never written.

        Raises `OtherFolds` where other versions of the folds have written it, and `Unavailable`.
        """
        ...

    async def oldest_parked(self, topic: str, partition: int) -> Record | None:
        """The first record that waits in the partition; None where none does."""
        ...

    async def load(self, places: Sequence[Place]) -> Mapping[Place, View]:
        """The views of these places; one that has none is left out."""
        ...

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        """All of it with the new position, or nothing.

        Raises `Conflict` where the stored position is not `expected` (None: none was ever written), or where somebody
        dealt with parked records since `checkpoint` was asked: then what was loaded is old. Raises `Unavailable`
        where the store does not answer; then whether it was written is unknown, and the checkpoint tells. `TooMuch`, an
        `Unavailable`, where it holds so much at once in no transaction: nothing was written.
        Raises `Unkeepable` for a view or entry that the store will never take.
        """
        ...
