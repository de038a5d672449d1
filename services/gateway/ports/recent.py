"""A memory with an end: the ids that were named last, for what is only done again where one was forgotten."""

from collections import OrderedDict
from typing import Final
from uuid import UUID

MOST: Final = 50_000
"""Some megabytes."""


class Recent:
    """At most `most` ids; the one that was named longest ago goes first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._ids: OrderedDict[UUID, None] = OrderedDict()

    def __contains__(self, id_: UUID) -> bool:
        """Whether it is remembered; asking names it."""
        if id_ not in self._ids:
            return False
        self._ids.move_to_end(id_)
        return True

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, id_: UUID) -> None:
        """Remember it."""
        self._ids[id_] = None
        self._ids.move_to_end(id_)
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)
