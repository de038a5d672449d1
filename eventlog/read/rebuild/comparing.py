"""Two generations at one place in the log, row by row: by hash first, and what differs by field.

Neither is ever in memory: where the hashes of a collection or table differ, 16 bytes a row are, to find which rows do.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

from eventlog.read.canonical import Content, canonical
from eventlog.read.differences import differences, shown
from eventlog.read.projection import Journal, Projection, Row
from eventlog.read.rebuild.generations import Difference
from eventlog.read.snapshot import Partition, Snapshot
from eventlog.read.store import Checkpoint

LISTED = 100
"""Differences; more are counted."""
_ROWS = 500

Key: TypeAlias = tuple[object, ...]
Beat = Callable[[int], Awaitable[None]]
"""Told after each few hundred rows, with their number."""


@dataclass(slots=True)
class Comparison:
    """What was found. `contents` are hashes of what both hold, where they hold the same."""

    differences: list[Difference] = field(default_factory=list[Difference])
    unlisted: int = 0
    contents: dict[str, Content] = field(default_factory=dict[str, Content])

    @property
    def equal(self) -> bool:
        return not self.differences

    def add(self, name: str, id_: str, path: str, live: str, rebuilt: str) -> None:
        """List it, or count it where enough are listed."""
        if len(self.differences) < LISTED:
            self.differences.append(Difference(name, id_, path, live, rebuilt))
        else:
            self.unlisted += 1


class _Seen(NamedTuple):
    """What one snapshot holds. `waiting`: the stream of each record that is parked."""

    stands: Mapping[Partition, Checkpoint]
    waiting: Mapping[tuple[str, int, int], str]
    contents: Mapping[str, Content]


async def compare(live: Snapshot, beside: Snapshot, kept: Sequence[Projection | Journal], beat: Beat) -> Comparison:
    """Everything of one projector: where it stands, what it has parked, and each document, row and entry.

    All of `live` is read before anything of `beside`: so neither moment has to be kept while the other is read. Only
    where they differ are both read again.
    """
    found = Comparison()
    here, there = [await _seen(snapshot, kept, beat) for snapshot in (live, beside)]
    _positions(here.stands, there.stands, found)
    _parked(here.waiting, there.waiting, found)
    for one in kept:
        contents = here.contents[one.name], there.contents[one.name]
        if (contents[0].rows, contents[0].digest) == (contents[1].rows, contents[1].digest):
            found.contents[one.name] = contents[1]
        else:
            await _rows(live, beside, one, found, beat)
    return found


async def _seen(snapshot: Snapshot, kept: Sequence[Projection | Journal], beat: Beat) -> _Seen:
    return _Seen(
        await snapshot.checkpoints(),
        await _waiting(snapshot),
        {one.name: await _content(snapshot, one.name, beat) for one in kept},
    )


def _positions(
    stands: Mapping[Partition, Checkpoint], reached: Mapping[Partition, Checkpoint], found: Comparison
) -> None:
    for place in sorted({*stands, *reached}):
        here, there = stands.get(place), reached.get(place)
        if here is None or there is None or here.position != there.position:
            told = [str(one.position.next_offset) if one else "nothing" for one in (here, there)]
            found.add("checkpoint", f"{place[0]}[{place[1]}]", "", *told)


def _parked(
    live: Mapping[tuple[str, int, int], str], rebuilt: Mapping[tuple[str, int, int], str], found: Comparison
) -> None:
    for place in sorted(live.keys() ^ rebuilt.keys()):
        told = [f"{one[place]} is parked" if place in one else "applied" for one in (live, rebuilt)]
        found.add("parked", f"{place[0]}[{place[1]}] offset {place[2]}", "", *told)


async def _waiting(snapshot: Snapshot) -> dict[tuple[str, int, int], str]:
    """The stream of each record that waits. What was discarded does not, whoever has parked it before."""
    waiting: dict[tuple[str, int, int], str] = {}
    discarded: set[tuple[str, int, int]] = set()
    async for one in snapshot.parked():
        place = (one.topic, one.partition, one.record.offset)
        if one.discarded:
            discarded.add(place)
        else:
            waiting[place] = one.stream
    return {place: stream for place, stream in waiting.items() if place not in discarded}


async def _content(snapshot: Snapshot, name: str, beat: Beat) -> Content:
    content = Content()
    async for row in snapshot.rows(name):
        content.add(canonical(row))
        if content.rows % _ROWS == 0:
            await beat(_ROWS)
    return content


async def _rows(live: Snapshot, beside: Snapshot, one: Projection | Journal, found: Comparison, beat: Beat) -> None:
    fields = one.key or ("_id",)
    hashes: dict[Key, bytes] = {}
    async for row in beside.rows(one.name):
        hashes[_key(row, fields)] = _hash(row)
    others: dict[Key, Row] = {}
    seen = 0
    async for row in live.rows(one.name):
        seen += 1
        if seen % _ROWS == 0:
            await beat(_ROWS)
        key = _key(row, fields)
        rebuilt = hashes.pop(key, None)
        if rebuilt is None:
            found.add(one.name, _told(key), "", "a document or row", "nothing")
        elif rebuilt != _hash(row):
            if len(others) < LISTED:
                others[key] = row
            else:
                found.unlisted += 1
    for key in hashes:
        found.add(one.name, _told(key), "", "nothing", "a document or row")
    await _fields(beside, one.name, fields, others, found)


async def _fields(
    beside: Snapshot, name: str, fields: Sequence[str], others: dict[Key, Row], found: Comparison
) -> None:
    if not others:
        return
    async for row in beside.rows(name):
        key = _key(row, fields)
        before = others.get(key)
        if before is not None:
            for path, was, is_ in differences("", before, row):
                found.add(name, _told(key), path, shown(was), shown(is_))


def _key(row: Row, fields: Sequence[str]) -> Key:
    return tuple(row.get(name) for name in fields)


def _hash(row: Row) -> bytes:
    return blake2b(canonical(row), digest_size=16).digest()


def _told(key: Key) -> str:
    return "/".join(part if isinstance(part, str) else shown(part) for part in key)
