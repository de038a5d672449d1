"""`playhead projections`: every projector, and whether somebody has to do something about it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from eventlog.clock import now
from eventlog.watching import age
from ops.commands.options import Json
from ops.commands.projectors import KNOWN, Reached, reached
from ops.commands.rebuilding import state_of
from ops.settings import OpsSettings

FINE = 0
LATE_SECONDS = 60
"""Behind for longer than this, somebody should look: an alert says so, too."""


async def projections(*, as_json: Json = False) -> int:
    """Every projector: its store, the versions of its folds, its generation, how far it is behind, and any rebuild."""
    settings = OpsSettings()
    rows: list[dict[str, Any]] = []
    for name in KNOWN:
        async with reached(settings, name) as one:
            rows.append(await row_of(one))
    if as_json:
        print(json.dumps(rows))
        return FINE
    Console(soft_wrap=False).print(table(rows))
    for line in advice(rows):
        print(line)
    return FINE


async def row_of(one: Reached) -> dict[str, Any]:
    """How it stands. Raises `Unavailable`."""
    kept = await one.generations.read()
    live, log = one.generations.live(), one.source.log
    position = end = streams = commits = 0
    seconds = 0.0
    for partition in one.source.partitions:
        stands = await live.checkpoint(log.topic, partition)
        here, there = stands.position.next_offset if stands else 0, await log.end(partition)
        position, end = position + here, end + there
        if stands is not None:
            streams, commits = streams + len(stands.parked), commits + sum(stands.parked.values())
        if waits := await log.record_at(partition, here) if here < there else None:
            seconds = max(seconds, age(waits, now()))
    folds = (*one.kept.projector.projections, *one.kept.projector.journals)
    return {
        "projector": one.kept.name,
        "service": one.kept.service,
        "store": one.kind,
        "versions": {fold.name: fold.version for fold in folds},
        "generation": kept.current,
        "kept": kept.previous,
        "position": position,
        "lag": max(end - position, 0),
        "lagSeconds": round(seconds, 3),
        "parkedStreams": streams,
        "parkedCommits": commits,
        "rebuild": state_of(kept),
    }


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """A line each, and below it what is out of the ordinary.

    Names are copied into the next command: they stay whole on a narrow screen, so the longest words have lines.
    """
    shown = Table("projector", "store", "gen.", "position", "lag", "behind", box=None, padding=(0, 2, 0, 0))
    for row in rows:
        behind = for_people(row["lagSeconds"]) if row["lag"] else ""
        figures = (str(row[name]) for name in ("generation", "position", "lag"))
        shown.add_row(row["projector"], row["store"], *figures, behind)
        parked = f"{row['parkedStreams']} stream(s), {row['parkedCommits']} commit(s)" * bool(row["parkedStreams"])
        kept = "" if row["kept"] is None else f"generation {row['kept']}"
        folds = _version(row["versions"])
        for what, said in (("parked", parked), ("rebuild", row["rebuild"]), ("kept", kept), ("folds", folds)):
            if said not in ("", "1"):
                shown.add_row(f"  {what}: {said}")
    return shown


def advice(rows: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    """What to do about what is not as it should be; nothing where all is well."""
    longest: dict[str, float] = {}
    for row in rows:
        if row["lagSeconds"] > LATE_SECONDS:
            longest[row["service"]] = max(row["lagSeconds"], longest.get(row["service"], 0.0))
    said = [
        f"{service} keeps its readers waiting for {for_people(seconds)}: `playhead status` tells whether it runs, its "
        "/readyz why it does not go on"
        for service, seconds in longest.items()
    ]
    if any(row["parkedStreams"] for row in rows):
        said.append("streams wait: `playhead parked list` tells which, and why")
    return said


def for_people(seconds: float) -> str:
    """As a person says it."""
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _version(versions: Mapping[str, int]) -> str:
    """The version of most folds; those that have another one are named."""
    common = max(set(versions.values()), key=list(versions.values()).count)
    others = [f"{name.rpartition('.')[2]} {version}" for name, version in versions.items() if version != common]
    return ", ".join([str(common), *others])
