"""Projections: pure folds of one stream into what somebody wants to read.

No clock, no chance, no offset, no other stream: the same log gives the same documents and rows, byte for byte.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from contracts.envelope import Commit, event_id, part_id
from contracts.model import EventBody

Row: TypeAlias = Mapping[str, Any]
"""Column or field name to value."""

View: TypeAlias = tuple[Row, ...]
"""All that a projection holds for one stream: one document of a collection, or the rows of a table, or nothing."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One event, as a projection sees it. `version` is the stream's after it, `place` counts the commit's events.

    An event that was split since it was written is several facts, its parts, with the version that it has there.
    """

    stream: str
    version: int
    at: datetime
    tenant: str
    actor: str
    command_id: UUID
    place: int = 0
    part: int = 0
    body: EventBody

    @property
    def id(self) -> UUID:
        """The event's. The first of several parts has it, the others ids made of it: rows under them do not collide."""
        return part_id(event_id(self.command_id, self.place), self.part)


@dataclass(frozen=True, slots=True)
class Projection:
    """A fold of every stream of one category into a collection or table.

    `fold(view, fact)` returns what is there afterwards. `key` names the fields that tell the rows of a table apart;
    a collection needs none, its documents carry `_id`. `version` is raised with every change of the fold's meaning.
    An event that erases its stream leaves nothing here. What says nothing of anybody may be `lasting`: it is folded on.
    """

    name: str
    version: int
    category: str
    fold: Callable[[View, Fact], View]
    key: tuple[str, ...] = ()
    lasting: bool = False

    def after(self, view: View, fact: Fact) -> View:
        """The view after the fact."""
        return () if fact.body.ERASES and not self.lasting else self.fold(view, fact)


@dataclass(frozen=True, slots=True)
class Journal:
    """Rows that are only ever added, each made of one commit alone: outcomes of commands, the history of a stream.

    Where `of` names the field with the stream, the rows of a stream that is erased go, all before that commit.
    """

    name: str
    version: int
    rows: Callable[[Commit, Sequence[Fact]], Sequence[Row]]
    key: tuple[str, ...] = ()
    of: str = ""
