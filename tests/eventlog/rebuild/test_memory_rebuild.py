"""Generations in memory keep the promises of every store, and a rebuild that ends anywhere is finished by the next."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventlog.read.parked import ParkedStore
from eventlog.read.rebuild.generations import Generations, RebuildRefused
from eventlog.read.rebuild.memory import MemoryGenerations
from eventlog.read.rebuild.port import GenerationStore
from eventlog.read.rebuild.running import Running
from tests.eventlog.rebuild.crashing import Crash, Crashing
from tests.eventlog.rebuild.promises import (
    BUGGY,
    OTHERS,
    OUTCOMES,
    TOTALS,
    Playing,
    RebuildPromises,
    a_run,
    content,
    folded,
)


def memory() -> MemoryGenerations:
    return MemoryGenerations("counting", [TOTALS, OTHERS], [OUTCOMES])


class TestMemoryGenerations(RebuildPromises):
    @pytest.fixture
    def store(self) -> MemoryGenerations:
        return memory()

    def again(self, store: GenerationStore) -> GenerationStore:
        return store

    def operator(self, store: GenerationStore) -> ParkedStore:
        assert isinstance(store, MemoryGenerations)
        return store.live()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a log of forty records has several, and several pours of one batch or two."""
    monkeypatch.setattr("eventlog.read.rebuild.folding.BATCH_RECORDS", 6)
    monkeypatch.setattr("eventlog.read.rebuild.folding.POURED_BYTES", 2_500)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_rebuild_that_ends_at_any_step_is_finished_by_the_next_one(*, after: bool) -> None:
    crashes = await _crash_everywhere(lambda run: run.rebuild(), after=after)
    assert crashes > 10


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_rollback_that_ends_at_any_step_is_finished_by_the_next_one(*, after: bool) -> None:
    async def rebuilt(playing: Playing, store: MemoryGenerations) -> None:
        await a_run(store, playing).rebuild()
        await playing.say()
        await playing.follow(store.live())

    crashes = await _crash_everywhere(lambda run: run.roll_back(), rebuilt, after=after)
    assert crashes > 3


async def test_what_another_process_found_equal_is_compared_anew_by_the_code_that_goes_on() -> None:
    ready = 0
    for at in range(1, 40):
        store, playing = memory(), Playing()
        await playing.say()
        await playing.follow(store.live())
        try:
            await a_run(Crashing(store, at, after=True), playing).rebuild()
        except* Crash:
            pass
        left = (await store.read()).rebuild
        if left is None or left.state != "ready":
            continue
        ready += 1
        await playing.say()
        await playing.follow(store.live())
        refused = (await a_run(store, playing, totals=BUGGY).rebuild()).rebuild
        assert refused is not None
        assert refused.state == "refused"
        assert await content(store.live()) == await folded(playing)
    assert ready


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.sampled_from(["rebuild", "roll back", "say", "crash", "forget", "buggy", "cancel"]), max_size=12),
    st.data(),
)
def test_whatever_an_operator_does_readers_see_the_fold_of_the_log(doings: list[str], data: st.DataObject) -> None:
    asyncio.run(_live(doings, data))


async def _live(doings: list[str], data: st.DataObject) -> None:
    store, playing = memory(), Playing()
    for doing in doings:
        await playing.say(3)
        await playing.follow(store.live())
        at = data.draw(st.integers(1, 12)) if doing == "crash" else 0
        await _do(doing, store, playing, at)
        kept = await store.read()
        wanted = {kept.current, *([kept.previous] if kept.previous is not None else [])}
        under_way = {kept.rebuild.generation} if kept.rebuild else set[int]()
        assert wanted <= set(store.stores) <= wanted | under_way | set(kept.dropping)
        assert await content(store.live()) == await folded(playing)


async def _do(doing: str, store: MemoryGenerations, playing: Playing, at: int) -> None:
    seen = Crashing(store, at, after=bool(at % 2))
    totals = BUGGY if doing == "buggy" else TOTALS
    run = a_run(seen, playing, "tests", totals)
    verbs = {"roll back": run.roll_back, "forget": run.forget, "cancel": run.cancel}
    if doing == "say":
        return
    try:
        await verbs.get(doing, run.rebuild)()
    except* (Crash, RebuildRefused):
        pass  # nothing to go back to, or to cancel, and processes that end, are among what an operator meets


async def _crash_everywhere(
    doing: Callable[[Running], Awaitable[Generations]],
    before: Callable[[Playing, MemoryGenerations], Awaitable[None]] | None = None,
    *,
    after: bool,
) -> int:
    """At how many steps a process has ended, each time followed by one that had to finish."""
    for at in range(1, 100):
        store, playing = memory(), Playing()
        await playing.say()
        await playing.follow(store.live())
        if before is not None:
            await before(playing, store)
        began = store.generation
        try:
            await doing(a_run(Crashing(store, at, after=after), playing))
        except* Crash:
            pass
        else:
            return at - 1
        assert await content(store.live()) == await folded(playing)
        await playing.say(5)
        await playing.follow(store.live())
        if store.generation == began:
            await doing(a_run(store, playing))
        assert store.generation != began
        assert await content(store.live()) == await folded(playing)
        await a_run(store, playing).rebuild()
        assert set(store.stores) == {store.generation, (await store.read()).previous}
    raise AssertionError("it does not end")
