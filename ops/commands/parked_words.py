"""Streams that wait, as an operator reads them: in a table, as JSON, one by one without what people wrote."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from contracts.envelope import Commit
from eventlog.clock import now
from eventlog.read.parked import Failure, Outcome, ParkedStore, Told
from eventlog.read.redacted import Redacted, redacted
from eventlog.read.snapshot import ParkedRecord
from ops.commands.projectors import Kept

SHOWN_OFFSETS = 8


class Waiting(NamedTuple):
    """One stream that waits with one projector: how many commits, and the first of them."""

    kept: Kept
    store: ParkedStore
    topic: str
    partition: int
    stream: str
    records: int
    first: ParkedRecord

    def as_json(self) -> dict[str, Any]:
        """For a program. `since` is when the first of what waits was sent."""
        sent = _sent_at(self.first)
        return {
            "projector": self.kept.name,
            "topic": self.topic,
            "partition": self.partition,
            "stream": self.stream,
            "records": self.records,
            "firstOffset": self.first.record.offset,
            "since": sent.isoformat() if sent else None,
            "ageSeconds": int((now() - sent).total_seconds()) if sent else None,
            "reason": told(self).reason,
        }


async def waiting_in(kept: Kept, store: ParkedStore, stream: str = "") -> list[Waiting]:
    """The streams that wait, or the one of that name, in the order in which they were parked."""
    found: dict[tuple[str, int, str], Waiting] = {}
    async with store.snapshot() as snapshot:
        async for one in snapshot.parked():
            if one.discarded or stream not in ("", one.stream):
                continue
            place = (one.topic, one.partition, one.stream)
            before = found.get(place) or Waiting(kept, store, *place, records=0, first=one)
            found[place] = before._replace(records=before.records + 1)
    return list(found.values())


def told(one: Waiting, failure: Failure | None = None) -> Redacted:
    """The first record that waits, or the one that failed, and why, as they may be shown."""
    record, reason = (failure.record, failure.reason) if failure else (one.first.record, one.first.reason)
    return redacted(record, reason, one.kept.projector.catalog)


def print_list(waiting: Sequence[Waiting], *, as_json: bool) -> None:
    """What waits, a line a stream."""
    if as_json:
        print(json.dumps([one.as_json() for one in waiting]))
    elif not waiting:
        print("nothing is parked")
    else:
        for one in waiting:
            row = one.as_json()
            place = f"{one.topic}[{one.partition}] {row['firstOffset']}"
            age = _for_people(row["ageSeconds"])
            print(f"{one.stream}  {row['projector']}: {one.records} commits wait, {age} old, the first at {place}")
            print(f"    {row['reason']}")
        print("`playhead parked show STREAM` tells more; after the code is mended: `playhead parked redrive STREAM`")


def print_one(one: Waiting, today: Outcome, *, as_json: bool) -> None:
    """One stream: why it waits, its first commit, and what today's code says."""
    safe, failure = told(one), today.failure
    why = told(one, failure).reason if failure else ""
    if as_json:
        broken = {"offset": failure.record.offset, "reason": why, "trace": list(failure.trace)} if failure else None
        print(json.dumps(one.as_json() | {"commit": safe.commit, "today": broken}))
        return
    print(f"{one.kept.name}: {one.records} commits of {one.stream} wait since {one.as_json()['since']}")
    print(f"parked because: {safe.reason}")
    print(json.dumps(safe.commit, indent=2, ensure_ascii=False))
    if failure is None:
        print(f"today it can be applied: `playhead parked redrive {one.stream}`")
    else:
        print(f"today the commit at offset {failure.record.offset} cannot be applied: {why}")
        print(*(f"    {frame}" for frame in failure.trace), sep="\n")


def print_outcome(one: Waiting, outcome: Outcome, *, dry: bool) -> None:
    """What a redrive came to."""
    done = f"{one.kept.name}: {one.stream}: {outcome.applied} commits {'would be' if dry else 'were'} applied"
    if outcome.failure is None:
        print(done)
        return
    print(
        f"{done}; the one at offset {outcome.failure.record.offset} cannot be applied by this version of the code: "
        f"{told(one, outcome.failure).reason}. It waits, and so does what is behind it. Mend the projection or the "
        "upcaster and redrive again; `playhead parked show` tells where it breaks."
    )


def print_acts(acts: Sequence[Told], *, as_json: bool) -> None:
    """Who did what to parked records, and why."""
    if as_json:
        print(json.dumps([msgspec.to_builtins(one._asdict() | {"act": one.act._asdict()}) for one in acts]))
        return
    for one in acts:
        more = " …" if len(one.offsets) > SHOWN_OFFSETS else ""
        offsets = ", ".join(map(str, one.offsets[:SHOWN_OFFSETS])) + more
        place = f"{one.topic}[{one.partition}] {offsets}"
        print(f"{one.act.at:%Y-%m-%d %H:%M:%S}  {one.act.by} {one.act.action} {one.stream}  {one.projector}  {place}")
        if one.act.reason:
            print(f"    {one.act.reason}")


def _sent_at(one: ParkedRecord) -> datetime | None:
    try:
        return msgspec.json.decode(one.record.value, type=Commit).at
    except msgspec.DecodeError:
        return None


def _for_people(seconds: int | None) -> str:
    if seconds is None:
        return "?"
    hours, rest = divmod(max(0, seconds), 3600)
    return f"{hours // 24} d {hours % 24} h" if hours >= 24 else f"{hours} h {rest // 60} min"
