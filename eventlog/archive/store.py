"""The port to where an archive's bytes are kept. `directory.py` and `objects.py` are its adapters, and both pass
`tests/eventlog/archive/store_promises.py`."""

from collections.abc import AsyncIterator
from typing import Protocol


class ArchiveStore(Protocol):
    """Names to bytes. What has a name keeps its bytes for ever: there is no call that changes or deletes them."""

    @property
    def url(self) -> str:
        """Where it is, for people: no secret in it."""
        ...

    async def create(self, name: str, content: bytes) -> bool:
        """Keep the bytes durably, all or none of them, under a name; False, and nothing kept, where it is taken.

        Raises `Unavailable`: then it is kept whole, or not at all.
        """
        ...

    async def get(self, name: str) -> bytes | None:
        """The bytes under a name; None where there is none. Raises `Unavailable`."""
        ...

    def names(self, prefix: str) -> AsyncIterator[str]:
        """Every name below `prefix`, which ends with a slash, in no order. Raises `Unavailable`."""
        ...


async def keep(store: ArchiveStore, name: str, content: bytes) -> bool:
    """Create it, or find it there with the same bytes; False where other bytes have the name.

    An answer may be lost after its request took effect: who tries again finds the own bytes.
    """
    return await store.create(name, content) or await store.get(name) == content
