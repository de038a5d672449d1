"""The read protocol of one partition, without I/O: which views a batch needs, and what it makes of them.

A batch is taken in two steps with the store's reading between them: `take` runs the accept rule and says whose views
are needed, `fold` gives back what to write. The store then writes it together with the new position, guarded by the
old one; where the guard fails, somebody else runs this projector, and everything is loaded anew.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import msgspec
from cachetools import LRUCache

from contracts.catalog import Catalog, MalformedMessage, UnknownMessage
from contracts.envelope import category_of
from contracts.sealing import Keys
from eventlog.commit import Position, Record, accept
from eventlog.errors import Poison
from eventlog.read.counted import Counted, counted_of, facts_of
from eventlog.read.projection import Journal, Projection, Row, View

Place: TypeAlias = tuple[str, str]
"""(projection, stream)."""

BREAKER_IN_A_ROW = 10
BREAKER_WINDOW = 1_000
BREAKER_STREAMS = 10
"""Parking is for a strange commit. Ten streams in a row, or more than ten in a thousand commits, are a bad deploy: stop
before all are parked. What was applied long ago does not excuse what is parked now."""

REMEMBERED_BYTES = 256 * 1024
"""Of views, as they would be encoded, that a lane wrote last: a stream that goes on is not loaded again. In memory they
take three times as much, for each projector and partition."""

_encode = msgspec.msgpack.Encoder(enc_hook=lambda _: None).encode


class Parked(NamedTuple):
    """A record that could not be applied, or that waits behind one of its stream."""

    stream: str
    record: Record
    reason: str


@dataclass(slots=True)
class Changes:
    """What one batch writes, in one transaction."""

    views: dict[Place, View] = field(default_factory=dict[Place, View])
    entries: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    parked: list[Parked] = field(default_factory=list[Parked])
    forgotten: dict[tuple[str, str], list[str]] = field(default_factory=dict[tuple[str, str], list[str]])
    """(journal, its field with the stream) to streams whose rows go, before `entries` are added."""
    begun: set[Place] = field(default_factory=set[Place], compare=False)
    """Of `views`: those of streams that begin here, so that the store holds nothing of them yet."""

    def add(self, later: "Changes") -> None:
        """What follows on it: of each view the last is kept."""
        self.views |= later.views
        for (name, of), streams in later.forgotten.items():
            self.entries[name] = [row for row in self.entries.get(name, ()) if row[of] not in streams]
            self.forgotten.setdefault((name, of), []).extend(streams)
        for name, rows in later.entries.items():
            self.entries.setdefault(name, []).extend(rows)
        self.parked += later.parked
        self.begun |= later.begun

    def __bool__(self) -> bool:
        """Whether there is anything to write besides the position."""
        return bool(self.views or self.parked or self.forgotten or any(self.entries.values()))


@dataclass(slots=True)
class Parking:
    """How many records of which streams wait, how many streams were parked one after the other, and when, lately.

    `lately` counts commits: after how many of them each stream was parked, as far back as `BREAKER_WINDOW`.
    """

    waiting: dict[str, int]
    commits: int = 0
    in_a_row: int = 0
    lately: tuple[int, ...] = ()

    def copy(self) -> "Parking":
        """For a batch that may not be written."""
        return Parking(dict(self.waiting), self.commits, self.in_a_row, self.lately)


class ProjectorLane:
    """One partition of one topic, folded into the projections and journals of one store.

    `remembered` are views that need not be loaded, as the lane knows them; whoever gives it sees to its size.
    """

    def __init__(
        self,
        projections: Sequence[Projection],
        journals: Sequence[Journal],
        catalog: Catalog,
        position: Position,
        parked: Mapping[str, int],
        remembered: MutableMapping[Place, View] | None = None,
    ) -> None:
        self._of: dict[str, list[Projection]] = {}
        for projection in projections:
            self._of.setdefault(projection.category, []).append(projection)
        self._journals = journals
        self._catalog = catalog
        self.position = position
        self.accepted = 0
        self.ignored = 0
        self.error: Exception | None = None
        """What the last commit that could not be applied broke with."""
        self._parking = Parking(dict(parked))
        self._folded = self._parking
        # Nobody else writes views while the checkpoint stands where this lane left it: they are what the store holds.
        self._remembered: MutableMapping[Place, View] = (
            LRUCache(REMEMBERED_BYTES, size_of) if remembered is None else remembered
        )
        self._views: Mapping[Place, View] = {}

    @property
    def waiting(self) -> Mapping[str, int]:
        """How many records of which streams wait, as far as it was written."""
        return self._parking.waiting

    @property
    def keys(self) -> Keys:
        """The keys that open what it reads."""
        return self._catalog.keys

    def take(self, records: Sequence[Record]) -> tuple[Position, list[Counted]]:
        """Where these records lead, and which of them count. Nothing has moved yet."""
        position = self.position
        counted: list[Counted] = []
        for record in records:
            position, counts = accept(position, record)
            if counts:
                counted.append(counted_of(record, self._catalog))
        return position, counted

    def places(self, counted: Sequence[Counted]) -> list[Place]:
        """Whose views have to be loaded for the batch, each once: those of streams that begin in it are not there."""
        begun = _begun(counted)
        concerned = self._concerned(counted)
        return [place for place in concerned if place[1] not in begun and place not in self._remembered]

    def fold(
        self, counted: Sequence[Counted], loaded: Mapping[Place, View], refused: Mapping[str, str] | None = None
    ) -> Changes:
        """Apply the batch to the loaded views. Raises `Poison` where parking has become the rule.

        `refused` are streams, with the reason, that the store would not keep when the batch was folded before.
        """
        changes = Changes()
        remembered = (place for place in self._concerned(counted) if place in self._remembered)
        known = {place: self._remembered[place] for place in remembered} | dict(loaded)
        views: dict[Place, View] = dict(known)
        self._folded = parking = self._parking.copy()
        for one in counted:
            parking.commits += 1
            reason = "an earlier commit of the stream is parked" if one.stream in parking.waiting else ""
            reason = reason or (refused or {}).get(one.stream, "") or self._apply(one, views, changes)
            if reason:
                changes.parked.append(Parked(one.stream, one.record, reason))
                self._count(parking, one.stream, reason)
            else:
                parking.in_a_row = 0
        changes.views = {place: view for place, view in views.items() if view is not known.get(place, ())}
        begun = _begun(counted)
        changes.begun = {place for place in changes.views if place[1] in begun}
        self._views = views
        return changes

    def moved(self, position: Position, seen: int, counted: int) -> None:
        """The store has written the batch."""
        self.position = position
        self._parking = self._folded
        for place, view in self._views.items():
            self._remembered.pop(place, None)
            with suppress(ValueError):  # it is larger than all that may be remembered
                self._remembered[place] = view
        self.accepted += counted
        self.ignored += seen - counted

    def _concerned(self, counted: Sequence[Counted]) -> list[Place]:
        streams = dict.fromkeys(c.stream for c in counted if c.commit is not None and c.commit.events)
        return [(projection.name, stream) for stream in streams for projection in self._of.get(category_of(stream), ())]

    def _apply(self, one: Counted, views: dict[Place, View], changes: Changes) -> str:
        """Why the commit could not be applied; empty when it was. All of it is applied, or nothing."""
        if one.commit is None:
            return "the envelope cannot be read"
        after: dict[Place, View] = {}
        try:
            facts = facts_of(one.commit, self._catalog)
            for projection in self._of.get(category_of(one.stream), ()) if facts else ():
                place = (projection.name, one.stream)
                view = views.get(place, ())
                for fact in facts:
                    view = projection.after(view, fact)
                after[place] = view
            entries = {journal.name: journal.rows(one.commit, facts) for journal in self._journals}
        except (UnknownMessage, MalformedMessage) as error:
            self.error = error
            return str(error)
        except Exception as error:  # noqa: BLE001 - whatever breaks in a fold parks its stream, by name, and no other
            self.error = error
            return f"{type(error).__name__}: {error}"
        views.update(after)
        if any(fact.body.ERASES for fact in facts):
            self._forget(one.stream, changes)
        for name, rows in entries.items():
            changes.entries.setdefault(name, []).extend(rows)
        return ""

    def _forget(self, stream: str, changes: Changes) -> None:
        """The rows of the stream go, those of this batch too."""
        for journal in self._journals:
            if journal.of:
                kept = [row for row in changes.entries.get(journal.name, ()) if row[journal.of] != stream]
                changes.entries[journal.name] = kept
                changes.forgotten.setdefault((journal.name, journal.of), []).append(stream)

    def _count(self, parking: Parking, stream: str, reason: str) -> None:
        waiting = parking.waiting.get(stream, 0)
        parking.waiting[stream] = waiting + 1
        if waiting:
            return
        parking.in_a_row += 1
        since = parking.commits - BREAKER_WINDOW
        parking.lately = (*(n for n in parking.lately if n > since), parking.commits)
        if parking.in_a_row >= BREAKER_IN_A_ROW or len(parking.lately) > BREAKER_STREAMS:
            raise Poison(
                f"{len(parking.lately)} of the last {min(parking.commits, BREAKER_WINDOW)} commits do not apply, "
                f"{parking.in_a_row} in a row; the last: {reason}. That is a bad deploy, not bad commits: roll the "
                "code back. Nothing of this batch was written, and nothing more is parked."
            )


def size_of(view: View) -> int:
    """In bytes, about: as it would be encoded."""
    return len(_encode(view))


def _begun(counted: Sequence[Counted]) -> set[str]:
    """The streams whose first commit is among these."""
    return {c.stream for c in counted if c.commit is not None and c.commit.version == len(c.commit.events)}
