"""Where documents or rows differ, as deep as it can be named; and what a fold of the log would change in a store, for
people who think before they switch."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from eventlog.read.canonical import canonical
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projection import Journal, Projection, Row
from eventlog.read.snapshot import Snapshot

_SHOWN = 16
"""Characters of a text: it may be a person's."""
LISTED = 1_000
"""More are counted, not listed."""

Kind: TypeAlias = Literal["added", "removed", "changed"]


class Absent:
    """No such field."""


ABSENT: Final = Absent()


def differences(path: str, expected: Any, actual: Any) -> Iterator[tuple[str, Any, Any]]:
    """(path, expected, actual) of each value that differs; `ABSENT` for no such field."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name in sorted({*expected, *actual}, key=str):
            yield from differences(f"{path}.{name}".lstrip("."), expected.get(name, ABSENT), actual.get(name, ABSENT))
    elif isinstance(expected, list | tuple) and isinstance(actual, list | tuple) and len(expected) == len(actual):
        for n, (should, is_) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(f"{path}[{n}]", should, is_)
    elif expected is ABSENT or actual is ABSENT or canonical({"": expected}) != canonical({"": actual}):
        yield path, expected, actual


def shown(value: Any) -> str:
    """A value as people may see it: short."""
    if isinstance(value, Absent):
        return "no such field"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return repr(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!r}… ({len(value)} characters)"
    if isinstance(value, Mapping | list | tuple):
        return f"{len(value)} in a {type(value).__name__}"
    return repr(value)


class Change(NamedTuple):
    """One field: what stands in the store, and what the fold gives; `ABSENT` for no such field."""

    path: str
    live: Any
    folded: Any


class Difference(NamedTuple):
    """One document or row: the fold has it and the store has not (`added`), the other way (`removed`), or both."""

    name: str
    id: str
    kind: Kind
    fields: Sequence[Change] = ()


@dataclass(slots=True)
class Compared:
    """Per collection or table: how many are equal, and how many of each kind differ; the first of these listed."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    listed: list[Difference] = field(default_factory=list[Difference])

    @property
    def differing(self) -> int:
        """How many documents and rows are not the same."""
        return sum(count for counts in self.counts.values() for kind, count in counts.items() if kind != "equal")

    def add(self, one: Difference) -> None:
        """Count it, and list it while there are few."""
        self.counts[one.name][one.kind] += 1
        if len(self.listed) < LISTED:
            self.listed.append(one)


async def compare(
    snapshot: Snapshot,
    folded: MemoryProjectionStore,
    kept: Sequence[Projection | Journal],
    streams: Collection[str] | None,
) -> Compared:
    """Everything in the store of these streams (None: of all) beside what the fold has made of them."""
    compared = Compared()
    for one in kept:
        key = one.key or ("_id",)
        compared.counts[one.name] = dict.fromkeys(("equal", "added", "removed", "changed"), 0)
        expected = by_key(folded, one)
        async for live in snapshot.rows(one.name):
            id_ = tuple(live.get(name) for name in key)
            if streams is not None and str(live.get("stream", id_[0])) not in streams:
                continue
            wanted = expected.pop(id_, None)
            if wanted is None:
                compared.add(Difference(one.name, _id(id_), "removed"))
            elif canonical(then := snapshot.as_kept(one.name, wanted)) == canonical(live):
                compared.counts[one.name]["equal"] += 1
            else:
                changes = [Change(*found) for found in differences("", live, then)]
                compared.add(Difference(one.name, _id(id_), "changed", changes))
        for id_ in expected:
            compared.add(Difference(one.name, _id(id_), "added"))
    return compared


def by_key(folded: MemoryProjectionStore, one: Projection | Journal) -> dict[tuple[object, ...], Row]:
    """The rows of a collection or table, by what tells them apart."""
    if isinstance(one, Journal):
        return dict(folded.entries[one.name])
    key = one.key or ("_id",)
    views: Mapping[str, Sequence[Row]] = folded.views[one.name]
    return {tuple(row[name] for name in key): row for view in views.values() for row in view}


def _id(key: Sequence[object]) -> str:
    return "/".join(str(part) for part in key)
