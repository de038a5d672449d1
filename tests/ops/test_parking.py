"""`playhead parked`, over a store in memory: what each word prints, changes, and answers to a shell."""

import json
from datetime import UTC, datetime

import pytest

from contracts.topics import SESSION_EVENTS
from eventlog.memory import MemoryEventLog
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.parked import ParkedStore
from eventlog.roles import Projector
from ops.__main__ import run
from ops.commands import parking
from ops.commands.parked_words import print_acts
from ops.commands.projectors import Kept
from tests.eventlog.counting import CATALOG, OTHERS, OUTCOMES, TOPIC, TOTALS, Writer, memory_store, project, totals
from tests.eventlog.test_parked import NEW

SENT = datetime(2026, 11, 20, 12, 0, 2, tzinfo=UTC)


def kept(*, mended: bool) -> Kept:
    projections = NEW.projections if mended else (TOTALS, OTHERS)
    return Kept("counting", Projector("projector", SESSION_EVENTS, CATALOG, tuple(projections), (OUTCOMES,)))


async def parked() -> MemoryProjectionStore:
    """A counter that came to thirteen, with one more commit behind it, and one that did not."""
    writer, store, log = Writer(), memory_store(), MemoryEventLog(TOPIC, 1)
    words = [("counter-a", 1), ("counter-a", 12), ("counter-b", 5), ("counter-a", 2)]
    await log.append(0, [writer.commit(*word) for word in words])
    await project(log, store)
    return store


def stores(store: ParkedStore, *, mended: bool = False) -> parking.Stores:
    return [(kept(mended=mended), store)]


async def test_the_list_tells_stream_count_age_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert await parking.listed(stores(await parked()), as_json=True) == 1
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["projector"], one["stream"], one["records"]) == ("counting.projector", "counter-a", 2)
    assert (one["firstOffset"], one["reason"], one["since"]) == (1, "ValueError: thirteen", SENT.isoformat())
    assert one["ageSeconds"] > 0
    assert await parking.listed(stores(await parked()), as_json=False) == 1
    assert "counter-a" in capsys.readouterr().out
    assert await parking.listed(stores(memory_store()), as_json=False) == 0
    assert capsys.readouterr().out == "nothing is parked\n"


async def test_what_is_shown_tells_where_todays_code_breaks(capsys: pytest.CaptureFixture[str]) -> None:
    store = await parked()
    assert await parking.shown(stores(store), "counter-a", as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["commit"]["events"][0]["data"] == {"amount": 12}
    assert (told["today"]["offset"], told["today"]["reason"]) == (1, "ValueError: thirteen")
    assert told["today"]["trace"][-1].endswith(" in total")
    assert await parking.shown(stores(store), "counter-a", as_json=False) == 0
    assert "today the commit at offset 1 cannot be applied: ValueError: thirteen" in capsys.readouterr().out
    assert await parking.shown(stores(store, mended=True), "counter-a", as_json=False) == 0
    assert "today it can be applied: `playhead parked redrive counter-a`" in capsys.readouterr().out
    assert await parking.shown(stores(store), "counter-z", as_json=False) == 1
    assert await store.acts(9) == []


async def test_a_redrive_says_that_the_cause_is_still_there(capsys: pytest.CaptureFixture[str]) -> None:
    store = await parked()
    assert await parking.redriven(stores(store), "counter-a", "ada", dry=False) == 1
    out = capsys.readouterr().out
    assert "0 commits were applied; the one at offset 1 cannot be applied by this version of the code" in out
    assert "Mend the projection or the upcaster and redrive again" in out
    assert len(store.parked[TOPIC, 0]) == 2


async def test_a_redrive_of_all_folds_what_waits_and_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    store = await parked()
    assert await parking.redriven(stores(store, mended=True), "", "ada", dry=True) == 0
    assert "2 commits would be applied" in capsys.readouterr().out
    assert await parking.redriven(stores(store, mended=True), "", "ada", dry=False) == 0
    assert "counter-a: 2 commits were applied" in capsys.readouterr().out
    assert totals(store) == {"counter-a": 15, "counter-b": 5}
    (act,) = await store.acts(9)
    assert (act.act.action, act.act.by, act.offsets) == ("redriven", "ada", (1, 3))
    assert await parking.redriven(stores(store, mended=True), "", "ada", dry=False) == 0


async def test_a_discard_gives_up_the_first_and_keeps_who_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    store = await parked()
    assert await parking.discarded(stores(store), "counter-a", "ada", "a test wrote it") == 0
    assert "1 more wait: `playhead parked redrive counter-a`" in capsys.readouterr().out
    assert await parking.redriven(stores(store), "counter-a", "ada", dry=False) == 0
    assert totals(store)["counter-a"] == 3
    capsys.readouterr()
    print_acts(await store.acts(9), as_json=True)
    redriven, discarded = json.loads(capsys.readouterr().out)
    assert (discarded["offsets"], discarded["act"]["reason"]) == ([1], "a test wrote it")
    assert redriven["offsets"] == [3]


@pytest.mark.parametrize(
    "words",
    [
        ["redrive"],
        ["redrive", "counter-a", "--all"],
        ["redrive", "counter-a", "--by", ""],
        ["discard", "counter-a"],
        ["discard", "counter-a", "--by", "ada", "--reason", "x"],
        ["discard", "counter-a", "--by", "ada", "--reason", " ", "--projector", "session.mongo-projector"],
        ["discard", "counter-a", "--by", "ada", "--reason", "x" * 501, "--projector", "session.mongo-projector"],
        ["acts", "--limit", "0"],
    ],
)
def test_half_a_wish_is_refused_before_anything_is_looked_at(words: list[str]) -> None:
    assert run(["parked", *words]) == 2
