"""`playhead rebuild | rollback`: documents and tables made again beside those that are read."""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from eventlog import collector
from eventlog.clock import new_id
from eventlog.read.rebuild.generations import Generations
from eventlog.read.rebuild.pacing import Pacing
from eventlog.read.rebuild.running import Running
from ops.commands.options import Json
from ops.commands.projectors import KNOWN, Reached, reached
from ops.operations import recorded
from ops.settings import OpsSettings

FINE, WRONG, USAGE = 0, 1, 2
MOST_LATE = 0.2
WRITES_A_SECOND = 20
"""Of a rebuild with a pace: many that are small, because who reads or writes meanwhile waits behind one of them."""

Name = Annotated[
    str, Parameter(help="A projector, such as session.mongo-projector; `playhead projections` lists them.")
]


async def rebuild(
    name: Name,
    *,
    approve: bool = False,
    cancel: bool = False,
    throttle: int = 0,
    most_late: float = MOST_LATE,
    as_json: Json = False,
) -> int:
    """Make a projector's documents or tables again from the log, beside those that are read; compare; switch.

    Services run meanwhile, and readers notice nothing. A rebuild that was interrupted goes on where it was. Exit 1:
    what was rebuilt differs, nothing was switched, and the differences are printed.

    Parameters
    ----------
    approve
        Switch to what was rebuilt and found different: the difference has been read, and is what was wanted.
    cancel
        Give up what is being rebuilt, or waits for approval, and free its space. Nothing that is read changes.
    throttle
        At most so many records a second; 0 for no limit.
    most_late
        Wait while the live projector is later than this, in seconds: while readers see what is older. For those of
        analytics half a second is added, for which they let news gather anyway.
    """
    if approve and cancel:
        return _usage("--approve and --cancel: give one of them", as_json=as_json)
    if throttle < 0 or most_late < 0:
        return _usage("--throttle is in records, --most-late in seconds: neither is negative", as_json=as_json)
    if name not in KNOWN:
        return _unknown(name, as_json=as_json)
    collector.settle()
    options = ["approve"] * approve + ["cancel"] * cancel + [f"throttle={throttle}"] * bool(throttle)
    async with reached(OpsSettings(), name) as one, recorded(OpsSettings(), "rebuild", name, options) as operation:
        with drawn(one, most_late, throttle) as watching:
            run = _running(one, watching, -(-throttle // WRITES_A_SECOND))
            kept = await (run.cancel() if cancel else run.rebuild(approve=approve))
        if cancel:
            said = "cancelled: what was built is gone, and what is read is as it was"
            if kept.rebuild is not None:
                said = "the process that rebuilds it stops at its next batch, and drops what it has built"
            return _tell(one, kept, [said], as_json=as_json)
        return operation.ended(_outcome(one, run, watching, kept, as_json=as_json))


async def rollback(name: Name, *, forget: bool = False, as_json: Json = False) -> int:
    """Go back to the generation before the last switch, once it has read what came since. The other one is kept.

    It is run with the code whose folds have written that generation.

    Parameters
    ----------
    forget
        Do not go back: drop the generation that is kept for it, and free its space.
    """
    if name not in KNOWN:
        return _unknown(name, as_json=as_json)
    options = ["forget"] * forget
    async with reached(OpsSettings(), name) as one, recorded(OpsSettings(), "rollback", name, options) as operation:
        with drawn(one, MOST_LATE, 0) as watching:
            run = _running(one, watching)
            kept = await (run.forget() if forget else run.roll_back())
        if forget:
            return _tell(one, kept, ["the generation that was kept is gone"], as_json=as_json)
        return operation.ended(_outcome(one, run, watching, kept, as_json=as_json))


class Drawn:
    """A bar with rate and time left, on standard error; and the pace."""

    def __init__(self, progress: Progress, name: str, pacing: Pacing) -> None:
        self._progress = progress
        self._name = name
        self._bars: dict[str, TaskID] = {}
        self.pacing = pacing
        self.records = 0

    def went(self, what: str, done: int, of: int) -> None:
        if what not in self._bars:
            self._bars[what] = self._progress.add_task(f"{self._name}: {what}", total=of or None, rate="")
        bar = self._bars[what]
        self._progress.update(bar, completed=done, total=of or None)
        speed = self._progress.tasks[self._progress.task_ids.index(bar)].speed
        self._progress.update(bar, rate=f"{speed:,.0f}/s" if speed else "")

    async def pause(self, records: int) -> None:
        self.records += records
        await self.pacing.pause(records)


@contextmanager
def drawn(one: Reached, most_late: float, throttle: int) -> Generator[Drawn]:
    """A bar, for the time of the block. `most_late`: seconds beyond what is usual; `throttle`: records a second."""
    text = TextColumn("{task.description}")
    columns = (text, BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        pacing = Pacing(one.generations, one.source, one.kept.gathering + most_late, throttle)
        yield Drawn(progress, one.kept.name, pacing)


def _running(one: Reached, watching: Drawn, at_once: int = 0) -> Running:
    projector = one.kept.projector
    return Running(
        one.generations, one.source, projector.projections, projector.journals, str(new_id()), watching, at_once
    )


def _outcome(one: Reached, run: Running, watching: Drawn, kept: Generations, *, as_json: bool) -> int:
    measured: dict[str, Any] = {
        "records": watching.records,
        "waitedSeconds": round(watching.pacing.waited, 3),
        "switchSeconds": round(run.switch_seconds, 3),
    }
    if kept.rebuild is not None:
        lines = [f"what was rebuilt differs in {kept.rebuild.different} places, and nothing was switched:"]
        lines += [f"    {one}" for one in kept.rebuild.differences]
        lines += [f"    … and {kept.rebuild.unlisted} more"] * bool(kept.rebuild.unlisted)
        lines.append(_what_now(kept))
        return _tell(one, kept, lines, code=WRONG, as_json=as_json, more=measured)
    contents = {name: {"rows": one.rows, "hash": one.digest} for name, one in run.contents.items()}
    rows = sum(content.rows for content in run.contents.values())
    compared = f", {rows} documents or rows equal by hash" if contents else ""
    lines = [
        f"generation {kept.current} is read and written: {watching.records} records folded{compared}, switched in "
        f"{run.switch_seconds:.2f} s",
        f"generation {kept.previous} is kept: `playhead rollback {one.kept.name}` goes back to it",
    ]
    return _tell(one, kept, lines, as_json=as_json, more={**measured, "contents": contents})


def _what_now(kept: Generations) -> str:
    name = kept.projector
    return (
        "A fold of a new version differs on purpose: where this is what was wanted, "
        f"`playhead rebuild {name} --approve` switches to it. A fold of the same version never does: then the fold is "
        f"wrong, or somebody has changed what is read by hand. `playhead rebuild {name} --cancel` frees the space."
    )


def state_of(kept: Generations) -> str:
    """What is being rebuilt, in a word or two; empty: nothing."""
    if kept.rebuild is None:
        return ""
    if kept.rebuild.cancelled:
        return f"{kept.rebuild.generation} cancelled"
    if kept.going_back:
        return f"going back to {kept.rebuild.generation}"
    different = f", differs in {kept.rebuild.different} places" if kept.rebuild.different else ""
    return f"{kept.rebuild.generation} {kept.rebuild.state}{different}"


def _tell(
    one: Reached,
    kept: Generations,
    lines: Sequence[str],
    *,
    as_json: bool,
    code: int = FINE,
    more: Mapping[str, Any] | None = None,
) -> int:
    if as_json:
        differences = [] if kept.rebuild is None else [_plain(found) for found in kept.rebuild.differences]
        told = {
            "projector": one.kept.name,
            "generation": kept.current,
            "kept": kept.previous,
            "rebuild": state_of(kept),
        }
        print(json.dumps({**told, "differences": differences, **(more or {})}))
    else:
        print(f"{one.kept.name}: " + "\n".join(lines))
    return code


def _plain(found: Any) -> dict[str, str]:
    return {name: getattr(found, name) for name in found.__struct_fields__}


def _unknown(name: str, *, as_json: bool) -> int:
    return _usage(f"there is no projector {name!r}; there are {', '.join(KNOWN)}", as_json=as_json)


def _usage(said: str, *, as_json: bool) -> int:
    print(json.dumps({"usage": said}) if as_json else said)
    return USAGE
