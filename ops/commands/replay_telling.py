"""What `playhead replay` tells: what was folded, what differs, where it is kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eventlog.read.as_of import Past
from eventlog.read.differences import ABSENT, Change, Compared, Difference
from ops.redacting import redacted_at

_SHOWN = 40
"""Of each projector, where people read; JSON has all that are listed."""
_KINDS = {
    "added": "the replay has it, it is not there now",
    "removed": "it is there now, the replay has none",
    "changed": "differs",
}


@dataclass(slots=True)
class Told:
    """Filled one projector after the other."""

    wrong: str = ""
    personal: bool = False
    into: str = ""
    records: dict[str, int] = field(default_factory=dict[str, int])
    parked: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    compared: dict[str, Compared] = field(default_factory=dict[str, Compared])
    kept: dict[str, int] = field(default_factory=dict[str, int])
    dropped: Sequence[str] | None = None

    def folded(self, projector: str, past: Past) -> None:
        """How far it read, and what it could not apply."""
        self.records[projector] = past.records
        if past.parked:
            self.parked[projector] = dict(past.parked)


def tell(told: Told, code: int, *, as_json: bool) -> int:
    """Print it; the exit code."""
    print(json.dumps(_facts(told), default=str) if as_json else "\n".join(_lines(told)))
    return code


def _facts(told: Told) -> dict[str, Any]:
    if told.wrong:
        return {"wrong": told.wrong}
    if told.dropped is not None:
        return {"dropped": list(told.dropped)}
    facts: dict[str, Any] = {"records": told.records, "parked": told.parked}
    if told.into:
        return facts | {"into": told.into, "kept": told.kept}
    return facts | {
        "differing": sum(one.differing for one in told.compared.values()),
        "compared": {
            projector: {
                "counts": one.counts,
                "differences": [_difference(each, personal=told.personal) for each in one.listed],
            }
            for projector, one in told.compared.items()
        },
    }


def _difference(one: Difference, *, personal: bool) -> dict[str, Any]:
    fields = {change.path: _pair(change, personal=personal) for change in one.fields}
    return {"name": one.name, "id": one.id, "kind": one.kind, "fields": fields}


def _pair(change: Change, *, personal: bool) -> dict[str, Any]:
    return {
        side: value if personal else redacted_at(change.path, value)
        for side, value in (("live", change.live), ("replayed", change.folded))
        if value is not ABSENT
    }


def _lines(told: Told) -> list[str]:
    if told.wrong:
        return [told.wrong]
    if told.dropped is not None:
        return [f"{what} is gone" for what in told.dropped] or ["no replay made anything under that name"]
    lines: list[str] = []
    for projector, records in told.records.items():
        lines.append(f"{projector}: {records} records folded")
        lines += [f"    {stream} cannot be folded: {why}" for stream, why in told.parked.get(projector, {}).items()]
        if projector in told.compared:
            lines += _of(told.compared[projector], personal=told.personal)
    lines += [f"{place}: {count}" for place, count in told.kept.items()]
    if told.into:
        return [*lines, f"`playhead replay --drop-name {told.into}` drops it again"]
    differing = sum(one.differing for one in told.compared.values())
    return [*lines, f"{differing} document(s) or row(s) differ; nothing was written"]


def _of(compared: Compared, *, personal: bool) -> list[str]:
    lines = [
        f"    {name}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items())
        for name, counts in compared.counts.items()
        if any(counts.values())
    ]
    for one in compared.listed[:_SHOWN]:
        lines.append(f"    {one.name} {one.id}: {_KINDS[one.kind]}")
        lines += [f"        {change.path}: {_arrow(change, personal=personal)}" for change in one.fields]
    if more := compared.differing - min(len(compared.listed), _SHOWN):
        lines.append(f"    … and {more} more; --json lists {len(compared.listed)}")
    return lines


def _arrow(change: Change, *, personal: bool) -> str:
    pair = _pair(change, personal=personal)
    live, replayed = (repr(pair[side]) if side in pair else "no such field" for side in ("live", "replayed"))
    return f"{live} now, {replayed} in the replay"
