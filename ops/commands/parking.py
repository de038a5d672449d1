"""`playhead parked`: streams that a projector could not go on with: what waits and why, and what to do about it."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, NamedTuple

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from contracts.envelope import Commit
from eventlog.clock import now
from eventlog.errors import Conflict
from eventlog.read.parked import Act, Failure, Folder, Outcome, ParkedStore, Told, discard, redrive
from eventlog.read.redacted import Redacted, redacted
from eventlog.read.snapshot import ParkedRecord
from ops.commands.options import Json
from ops.commands.verify import Kept, parked_stores
from ops.settings import OpsSettings

app = App(name="parked", help="Streams that wait: list, show, redrive, discard.", result_action="return_value")

FINE, WRONG, USAGE = 0, 1, 2
TRIES = 5
"""Of one redrive, where the projector or another operator was faster."""
LONGEST = 500
"""Characters of a reason."""

Projector = Annotated[str, Parameter(help="One projector only, such as session.mongo-projector.")]
By = Annotated[str, Parameter(help="Who does it: kept with what is done.")]


class Waiting(NamedTuple):
    """One stream that waits with one projector. `since` is when the first of what waits was sent."""

    kept: Kept
    store: ParkedStore
    topic: str
    partition: int
    stream: str
    records: int
    first: ParkedRecord

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "projector": self.kept.name,
            "topic": self.topic,
            "partition": self.partition,
            "stream": self.stream,
            "records": self.records,
            "firstOffset": self.first.record.offset,
            "since": _sent_at(self.first),
            "ageSeconds": _age(self.first),
            "reason": told(self.kept, self.first).reason,
        }


@app.command(name="list")
async def list_parked(*, projector: Projector = "", as_json: Json = False) -> int:
    """Every stream that waits. Exit 1: there is one."""
    async with _opened(projector) as stores:
        if stores is None:
            return USAGE
        waiting = [one for kept, store in stores for one in await _waiting(kept, store)]
    if as_json:
        print(json.dumps([one.as_json() for one in waiting]))
    elif not waiting:
        print("nothing is parked")
    else:
        table = Table("projector", "stream", "commits", "age", "first at", "why")
        for one in waiting:
            place = f"{one.topic}[{one.partition}] {one.first.record.offset}"
            row = one.as_json()
            table.add_row(
                row["projector"], one.stream, f"{one.records}", _for_people(row["ageSeconds"]), place, row["reason"]
            )
        Console().print(table)
        print("`playhead parked show STREAM` tells more; after the code is mended: `playhead parked redrive STREAM`")
    return WRONG if waiting else FINE


@app.command
async def show(stream: str, *, projector: Projector = "", as_json: Json = False) -> int:
    """What waits of one stream: its first commit, without personal text, why it waits, and what today's code says."""
    found = 0
    async with _opened(projector) as stores:
        if stores is None:
            return USAGE
        for kept, store in stores:
            for one in await _waiting(kept, store, stream):
                found += 1
                act = Act("redriven", "nobody", "", now())
                today = await redrive(store, _folder(kept), one.topic, one.partition, stream, act, dry=True)
                _show(one, today, as_json=as_json)
    return FINE if found else _no_such(stream)


@app.command(name="redrive")
async def redrive_parked(
    stream: str = "",
    *,
    projector: Projector = "",
    every: Annotated[bool, Parameter(name="--all", negative="", help="Every stream that waits.")] = False,
    dry_run: Annotated[bool, Parameter(negative="", help="Try it, and write nothing.")] = False,
    by: By = "operator",
) -> int:
    """Fold what waits of a stream with the code of today, in order; then the projector goes on with it by itself.

    Exit 1: the cause is still there, and is told; what could not be applied waits as before.
    """
    if bool(stream) == every:
        print("name one stream, or say --all")
        return USAGE
    failed = found = 0
    async with _opened(projector) as stores:
        if stores is None:
            return USAGE
        for kept, store in stores:
            for one in await _waiting(kept, store, stream):
                found += 1
                failed += not await _redriven(one, by, dry=dry_run)
    if not found and stream:
        return _no_such(stream)
    return WRONG if failed else FINE


@app.command(name="discard")
async def discard_parked(stream: str, *, reason: str, by: str, projector: str) -> int:
    """Give up the first commit that waits of a stream, for a reason that is kept. What waits behind it can be redriven.

    What the commit said is missing in what this projector keeps, for ever; it stays in the log.

    Parameters
    ----------
    reason
        Why it can be done without: for whoever asks later.
    by
        Who decided that.
    projector
        Of which projector, such as session.mongo-projector: another one may need it.
    """
    if not reason.strip() or not by.strip() or len(reason) > LONGEST:
        print(f"say who decided that, and why, in at most {LONGEST} characters: --by NAME --reason TEXT")
        return USAGE
    async with _opened(projector) as stores:
        if stores is None:
            return USAGE
        waiting = [one for kept, store in stores for one in await _waiting(kept, store, stream)]
        for one in waiting:
            act = Act("discarded", by, reason, now())
            record = await discard(one.store, one.topic, one.partition, stream, act)
            if record is not None:
                left = f"; {one.records - 1} more wait: `playhead parked redrive {stream}`" if one.records > 1 else ""
                print(f"{one.kept.name}: gave up {one.topic}[{one.partition}] {record.offset} of {stream}{left}")
    return FINE if waiting else _no_such(stream)


@app.command
async def acts(*, projector: Projector = "", limit: int = 50, as_json: Json = False) -> int:
    """Who redrove or discarded what, and why; the newest first."""
    async with _opened(projector) as stores:
        if stores is None:
            return USAGE
        told = sorted([one for _, store in stores for one in await store.acts(limit)], key=_when, reverse=True)[:limit]
    if as_json:
        print(json.dumps([msgspec.to_builtins(one._asdict() | {"act": one.act._asdict()}) for one in told]))
        return FINE
    table = Table("when", "who", "what", "projector", "stream", "offsets", "why")
    for one in told:
        offsets = ", ".join(map(str, one.offsets[:8])) + (" …" if len(one.offsets) > 8 else "")
        when = f"{one.act.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(when, one.act.by, one.act.action, one.projector, one.stream, offsets, one.act.reason)
    Console().print(table)
    return FINE


async def _redriven(one: Waiting, by: str, *, dry: bool) -> bool:
    """Whether nothing of it waits any more, or would."""
    for left in range(TRIES - 1, -1, -1):
        act = Act("redriven", by, "", now())
        try:
            outcome = await redrive(one.store, _folder(one.kept), one.topic, one.partition, one.stream, act, dry=dry)
        except Conflict:
            if not left:
                raise
        else:
            print(f"{one.kept.name}: {_came_to(one, outcome, dry=dry)}")
            return outcome.failure is None
    raise AssertionError("the last try returns or raises")


def _came_to(one: Waiting, outcome: Outcome, *, dry: bool) -> str:
    done = f"{one.stream}: {outcome.applied} commits {'would be' if dry else 'were'} applied"
    if outcome.failure is None:
        return done
    failure = outcome.failure
    why = told(one.kept, one.first._replace(record=failure.record, reason=failure.reason)).reason
    return (
        f"{done}; the one at offset {failure.record.offset} cannot be applied by this version of the code: {why}. "
        "It waits, and so does what is behind it. Mend the projection or the upcaster and redrive again; "
        "`playhead parked show` tells where it breaks."
    )


async def _waiting(kept: Kept, store: ParkedStore, stream: str = "") -> list[Waiting]:
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


@asynccontextmanager
async def _opened(projector: str) -> AsyncGenerator[Sequence[tuple[Kept, ParkedStore]] | None]:
    """The stores of all projectors, or of one; None, with a word about it, where there is none of that name."""
    async with parked_stores(OpsSettings()) as stores:
        names = [kept.name for kept, _ in stores]
        if projector and projector not in names:
            print(f"there is no projector {projector!r}; there are {', '.join(names)}")
            yield None
        else:
            yield [(kept, store) for kept, store in stores if projector in ("", kept.name)]


def _folder(kept: Kept) -> Folder:
    return Folder(kept.projector.projections, kept.projector.journals, kept.projector.catalog)


def told(kept: Kept, one: ParkedRecord) -> Redacted:
    """A parked record and its reason as they may be shown."""
    return redacted(one.record, one.reason, kept.projector.catalog)


def _show(one: Waiting, today: Outcome, *, as_json: bool) -> None:
    safe = told(one.kept, one.first)
    failure = _failure(one, today.failure)
    if as_json:
        print(json.dumps(one.as_json() | {"commit": safe.commit, "today": failure}))
        return
    print(f"{one.kept.name}: {one.records} commits of {one.stream} wait, the first for {_for_people(_age(one.first))}")
    print(f"parked because: {safe.reason}")
    print(json.dumps(safe.commit, indent=2, ensure_ascii=False))
    if failure is None:
        print(f"today it can be applied: `playhead parked redrive {one.stream}`")
        return
    print(f"today the commit at offset {failure['offset']} cannot be applied: {failure['reason']}")
    print(*(f"    {frame}" for frame in failure["trace"]), sep="\n")


def _failure(one: Waiting, failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    safe = told(one.kept, one.first._replace(record=failure.record, reason=failure.reason))
    return {"offset": failure.record.offset, "reason": safe.reason, "trace": list(failure.trace)}


def _sent_at(one: ParkedRecord) -> str | None:
    try:
        return msgspec.json.decode(one.record.value, type=Commit).at.isoformat()
    except msgspec.DecodeError:
        return None


def _age(one: ParkedRecord) -> int | None:
    try:
        return int((now() - msgspec.json.decode(one.record.value, type=Commit).at).total_seconds())
    except msgspec.DecodeError:
        return None


def _for_people(seconds: int | None) -> str:
    if seconds is None:
        return "?"
    hours, rest = divmod(max(0, seconds), 3600)
    return f"{hours // 24} d {hours % 24} h" if hours >= 24 else f"{hours} h {rest // 60} min"


def _when(one: Told) -> Any:
    return one.act.at


def _no_such(stream: str) -> int:
    print(f"nothing of {stream} is parked: `playhead parked list` shows what is")
    return WRONG
