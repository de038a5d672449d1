"""`playhead projections`: how far each projector is behind, what waits in it, and what to do about it."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from eventlog.memory import MemoryEventLog
from eventlog.read.rebuild.memory import MemoryGenerations
from eventlog.read.replay import Source
from ops.commands import projections
from ops.commands.projections import advice, for_people, row_of, table
from ops.commands.projectors import Reached
from tests.eventlog.counting import CATALOG, NOON, OTHERS, OUTCOMES, TOPIC, TOTALS, Writer, project
from tests.ops.test_parking import kept


@pytest.fixture
async def row(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Of a projector that has parked one of its two counters, and has not read the last commit, five minutes old."""
    writer, log = Writer(), MemoryEventLog(TOPIC, 1)
    generations = MemoryGenerations("counting.projector", [TOTALS, OTHERS], [OUTCOMES])
    words = [("counter-a", 12), ("counter-a", 1), ("counter-b", 5)]
    await log.append(0, [writer.commit(*word) for word in (("counter-a", 1), *words)])
    await project(log, generations.stores[0])
    await log.append(0, [writer.commit("counter-b", 1)])
    monkeypatch.setattr(projections, "now", lambda: NOON + timedelta(seconds=305))
    return await row_of(Reached(kept(mended=False), "memory", generations, Source(log, range(1), CATALOG)))


def shown(*rows: dict[str, Any]) -> list[str]:
    out = StringIO()
    Console(file=out, width=80).print(table(rows))
    return [line.rstrip() for line in out.getvalue().splitlines()]


async def test_a_row_tells_place_lag_in_commits_and_seconds_and_what_is_parked(row: dict[str, Any]) -> None:
    told = {name: row[name] for name in ("position", "lag", "lagSeconds", "parkedStreams", "parkedCommits")}
    assert told == {"position": 4, "lag": 1, "lagSeconds": 300.0, "parkedStreams": 1, "parkedCommits": 2}
    assert (row["projector"], row["service"], row["generation"], row["kept"]) == (
        "counting.projector",
        "counting",
        0,
        None,
    )


async def test_what_is_out_of_the_ordinary_stands_below_its_line_on_a_narrow_screen(row: dict[str, Any]) -> None:
    lines = shown(row, {**row, "projector": "analytics.platform-sessions-projector", "parkedStreams": 0, "kept": 3})
    assert lines[1].split() == ["counting.projector", "memory", "0", "4", "1", "5", "min"]
    assert lines[2] == "  parked: 1 stream(s), 2 commit(s)"
    assert lines[3].split()[:2] == ["analytics.platform-sessions-projector", "memory"]
    assert lines[4] == "  kept: generation 3"
    assert len(lines) == 5


async def test_who_is_late_and_who_waits_is_told_what_to_do_and_nothing_where_all_is_well(row: dict[str, Any]) -> None:
    late, waits = advice([row, {**row, "lagSeconds": 90.0}])
    assert late.startswith("counting keeps its readers waiting for 5 min: `playhead status`")
    assert "`playhead parked list`" in waits
    well = {**row, "lag": 0, "lagSeconds": 0.0, "parkedStreams": 0}
    assert advice([well]) == []
    assert shown(well)[1].split() == ["counting.projector", "memory", "0", "4", "0"]


def test_a_time_is_told_as_a_person_says_it() -> None:
    times = (0.2, 59, 60, 3_599, 7_200, 200_000)
    assert [for_people(seconds) for seconds in times] == ["0 s", "59 s", "1 min", "60 min", "2 h", "2 d"]
