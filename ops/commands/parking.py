"""`playhead parked`: streams that a projector could not go on with: what waits and why, and what to do about it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, TypeAlias

from cyclopts import App, Parameter

from eventlog.clock import now
from eventlog.errors import Conflict
from eventlog.read.parked import Act, Folder, Outcome, ParkedStore, discard, redrive
from ops.commands.options import Json
from ops.commands.parked_words import Waiting, print_acts, print_list, print_one, print_outcome, waiting_in
from ops.commands.projectors import KNOWN, Kept, stores
from ops.operations import recorded
from ops.settings import OpsSettings

app = App(name="parked", help="Streams that wait: list, show, redrive, discard.", result_action="return_value")

FINE, WRONG, USAGE = 0, 1, 2
TRIES = 5
"""Of one redrive, where the projector or another operator was faster."""
LONGEST = 500
"""Characters of a reason or of a name."""

Stores: TypeAlias = Sequence[tuple[Kept, ParkedStore]]
Projector = Annotated[str, Parameter(help="One projector only, such as session.mongo-projector.")]


@app.command(name="list")
async def list_parked(*, projector: Projector = "", as_json: Json = False) -> int:
    """Every stream that waits. Exit 1: there is one."""
    async with _opened(projector) as stores:
        return USAGE if stores is None else await listed(stores, as_json=as_json)


@app.command
async def show(stream: str, *, projector: Projector = "", as_json: Json = False) -> int:
    """What waits of one stream: its first commit, without personal text, why it waits, and what today's code says."""
    async with _opened(projector) as stores:
        return USAGE if stores is None else await shown(stores, stream, as_json=as_json)


@app.command(name="redrive")
async def redrive_parked(
    stream: str = "",
    *,
    projector: Projector = "",
    every: Annotated[bool, Parameter(name="--all", negative="", help="Every stream that waits.")] = False,
    dry_run: Annotated[bool, Parameter(negative="", help="Try it, and write nothing.")] = False,
    by: Annotated[str, Parameter(help="Who does it: kept with what is done.")] = "operator",
) -> int:
    """Fold what waits of a stream with the code of today, in order; then the projector goes on with it by itself.

    Exit 1: the cause is still there, and is told; what could not be applied waits as before.
    """
    if bool(stream) == every or not _fits(by):
        print(f"name one stream, or say --all; --by takes a name of at most {LONGEST} characters")
        return USAGE
    async with _opened(projector) as stores:
        if stores is None:
            return USAGE
        options = _of(projector)
        async with recorded(OpsSettings(), "parked redrive", stream, options, dry_run=dry_run) as operation:
            return operation.ended(await redriven(stores, stream, by, dry=dry_run))


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
    if not (projector and _fits(reason) and _fits(by)):
        print(
            "say of which projector, who decided that, and why, each in at most "
            f"{LONGEST} characters: --projector NAME --by NAME --reason TEXT"
        )
        return USAGE
    async with _opened(projector) as stores:
        if stores is None:
            return USAGE
        async with recorded(OpsSettings(), "parked discard", stream, _of(projector)) as operation:
            return operation.ended(await discarded(stores, stream, by, reason))


@app.command
async def acts(*, projector: Projector = "", limit: int = 50, as_json: Json = False) -> int:
    """Who redrove or discarded what, and why; the newest first."""
    if limit < 1:
        print("--limit takes a number from 1 on")
        return USAGE
    async with _opened(projector) as stores:
        if stores is None:
            return USAGE
        told = [one for _, store in stores for one in await store.acts(limit)]
    print_acts(sorted(told, key=lambda one: one.act.at, reverse=True)[:limit], as_json=as_json)
    return FINE


async def listed(stores: Stores, *, as_json: bool) -> int:
    """See `list_parked`."""
    waiting = [one for kept, store in stores for one in await waiting_in(kept, store)]
    print_list(waiting, as_json=as_json)
    return WRONG if waiting else FINE


async def shown(stores: Stores, stream: str, *, as_json: bool) -> int:
    """See `show`."""
    waiting = [one for kept, store in stores for one in await waiting_in(kept, store, stream)]
    for one in waiting:
        print_one(one, await _redriven(one, "nobody", dry=True), as_json=as_json)
    return FINE if waiting else _no_such(stream)


async def redriven(stores: Stores, stream: str, by: str, *, dry: bool) -> int:
    """See `redrive_parked`; an empty `stream` is every one that waits."""
    waiting = [one for kept, store in stores for one in await waiting_in(kept, store, stream)]
    failed = 0
    for one in waiting:
        outcome = await _redriven(one, by, dry=dry)
        print_outcome(one, outcome, dry=dry)
        failed += outcome.failure is not None
    if not waiting:
        return _no_such(stream) if stream else FINE
    return WRONG if failed else FINE


async def discarded(stores: Stores, stream: str, by: str, reason: str) -> int:
    """See `discard_parked`."""
    waiting = [one for kept, store in stores for one in await waiting_in(kept, store, stream)]
    for one in waiting:
        record = await discard(one.store, one.topic, one.partition, stream, Act("discarded", by, reason, now()))
        if record is not None:
            left = f"; {one.records - 1} more wait: `playhead parked redrive {stream}`" if one.records > 1 else ""
            print(f"{one.kept.name}: gave up {one.topic}[{one.partition}] {record.offset} of {stream}{left}")
    return FINE if waiting else _no_such(stream)


async def _redriven(one: Waiting, by: str, *, dry: bool) -> Outcome:
    of = one.kept.projector
    folder = Folder(of.projections, of.journals, of.catalog)
    for left in range(TRIES - 1, -1, -1):
        act = Act("redriven", by, "", now())
        try:
            return await redrive(one.store, folder, one.topic, one.partition, one.stream, act, dry=dry)
        except Conflict:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


@asynccontextmanager
async def _opened(projector: str) -> AsyncGenerator[Stores | None]:
    """The stores of all projectors, or of one; None, with a word about it, where there is none of that name."""
    async with stores(OpsSettings(), "playhead-parked") as found:
        if projector and projector not in KNOWN:
            print(f"there is no projector {projector!r}; there are {', '.join(KNOWN)}")
            yield None
        else:
            yield [(kept, store) for kept, store in found if projector in ("", kept.name)]


def _of(projector: str) -> Sequence[str]:
    return [f"projector={projector}"] if projector else []


def _fits(text: str) -> bool:
    return 0 < len(text.strip()) <= LONGEST


def _no_such(stream: str) -> int:
    print(f"nothing of {stream} is parked: `playhead parked list` shows what is")
    return WRONG
