"""The port to what a consumer group remembers of one partition, with text beside the offset. Only its owner writes."""

from typing import NamedTuple, Protocol

from eventlog.errors import Conflict


class Committed(NamedTuple):
    """Everything below `offset` is done; `metadata` is whatever the owner wrote beside it."""

    offset: int
    metadata: str


class Offsets(Protocol):
    """One partition of one group."""

    async def committed(self) -> Committed | None:
        """None where the group has never committed this partition. Raises `Unavailable`."""
        ...

    async def commit(self, offset: int, metadata: str) -> None:
        """Raises `Conflict` when the partition belongs to another member now, `Unavailable` without an answer."""
        ...


class MemoryOffsets:
    """For tests of one process. `disowned` plays the partition's loss."""

    def __init__(self) -> None:
        self.disowned = False
        self.history: list[Committed] = []

    async def committed(self) -> Committed | None:
        return self.history[-1] if self.history else None

    async def commit(self, offset: int, metadata: str) -> None:
        if self.disowned:
            raise Conflict("this partition belongs to another member of the group")
        self.history.append(Committed(offset, metadata))
