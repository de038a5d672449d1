"""What a store has to be able to do for its projector to be rebuilt beside itself. `memory.py`, `mongo/generations.py`
and `postgres/generations.py` are its adapters, and all pass `tests/eventlog/rebuild/promises.py`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

from eventlog.commit import Position
from eventlog.read.rebuild.generations import Generations
from eventlog.read.snapshot import Partition, SnapshotStore

Vector: TypeAlias = Mapping[Partition, Position]
"""Where a generation stands, in every partition that it has read of."""

HOLD_SECONDS = 20
"""For which a rebuild is its process's own without another word of it."""


POUR_SECONDS = 55.0
"""For one write into a generation that nobody reads. MongoDB ends a transaction after 60."""


class GenerationStore(Protocol):
    """The generations of one projector in one store. Every method raises `Unavailable`."""

    async def read(self) -> Generations:
        """What is known; of a projector that was never rebuilt, that its generation 0 is the current one."""
        ...

    async def write(self, revision: int, after: Generations) -> None:
        """Replace what was read at `revision`. Raises `Conflict` where somebody else was first."""
        ...

    async def hold(self, holder: str) -> bool:
        """Be the one who rebuilds, for `HOLD_SECONDS` from now by the store's clock; False where another one is."""
        ...

    async def release(self, holder: str) -> None:
        """Be it no more. Does nothing where another one is."""
        ...

    async def make(self, generation: int) -> None:
        """An empty generation beside the current one, with all that the current one has: rights, policies, indexes,
        validators, comments. What was half made before is made anew."""
        ...

    async def drop(self, generation: int) -> None:
        """Away with it and its positions. Does nothing where it is not there."""
        ...

    async def released(self) -> int:
        """How often operators dealt with what the current generation had parked: redrove or discarded it."""
        ...

    def live(self) -> SnapshotStore:
        """The current generation, as its projector sees it."""
        ...

    def beside(self, generation: int) -> SnapshotStore:
        """A generation that is not the current one. Its projector never writes it."""
        ...

    async def switch(self, revision: int, after: Generations, catch_up: Callable[[Vector], Awaitable[object]]) -> None:
        """Make `after.current` the generation that readers see and the projector writes, and keep `after`: one step.

        While `catch_up` brings the generation to where the current one stands, the projector is held still, and nobody
        can deal with what it has parked. Readers wait at most, and see one generation or the other, whole. Raises
        `Conflict`, with nothing done, where somebody else was first, where the two do not stand at the same place, or
        where readers are in the way for too long; and whatever `catch_up` raises.
        """
        ...
