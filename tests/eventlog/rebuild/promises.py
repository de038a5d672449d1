"""What a rebuild promises, whatever the store is; the tests of each adapter inherit this suite."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from eventlog.commit import Link
from eventlog.errors import Conflict, Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.read.parked import Act, Folder, ParkedStore, Release, discard, redrive
from eventlog.read.projection import Fact, Projection, Row, View
from eventlog.read.projector import Changes
from eventlog.read.rebuild.generations import RebuildRefused
from eventlog.read.rebuild.port import GenerationStore
from eventlog.read.rebuild.running import Cancelled, Running
from eventlog.read.replay import Source
from eventlog.read.snapshot import SnapshotStore
from eventlog.read.store import ProjectionStore
from eventlog.read.verify import Finding, verify
from tests.eventlog import counting
from tests.eventlog.counting import (
    CATALOG,
    NOON,
    TOPIC,
    Writer,
    memory_store,
    project,
    total,
)
from tests.eventlog.rebuild.crashing import Crash, Crashing

PARTITIONS = 2
TOTALS = replace(counting.TOTALS, key=("stream",))
OTHERS = replace(counting.OTHERS, key=("stream",))
OUTCOMES = replace(counting.OUTCOMES, key=("_id",))
"""As tables need them."""


def doubled(view: View, fact: Fact) -> View:
    """A fold that is wrong."""
    return tuple({**row, "total": 2 * row["total"]} for row in total(view, fact))


FOLDER = Folder([TOTALS, OTHERS], [OUTCOMES], CATALOG)
REDRIVEN = Act("redriven", "ada", "", NOON)
DISCARDED = Act("discarded", "ada", "a test wrote it", NOON)
BUGGY = replace(TOTALS, fold=doubled)
NEWER = replace(BUGGY, version=2)


class Quiet:
    """Nobody watches."""

    def went(self, what: str, done: int, of: int) -> None:
        """Nothing is drawn."""

    async def pause(self, records: int) -> None:
        """Nothing makes it wait."""


class Playing:
    """A log that grows, and the projector that follows it."""

    def __init__(self) -> None:
        self.log = MemoryEventLog(TOPIC, PARTITIONS)
        self.writers = [Writer(n) for n in range(PARTITIONS)]
        self.said = 0

    async def say(self, commits: int = 20) -> None:
        """Commits in both partitions: refusals, duplicates, counters that come and go."""
        for n, writer in enumerate(self.writers):
            links: list[Link] = []
            for _ in range(commits):
                self.said += 1
                links.append(writer.commit(f"counter-{n}{self.said % 5}", 2 + 2 * (self.said % 2)))
            await self.log.append(n, [*links, links[0], writer.commit(f"counter-{n}0", refusal="full")])

    async def park(self, stream: str, *versions: int) -> None:
        """A commit for each: one of version 2 cannot be read, and those behind it wait."""
        links = [self.writers[0].commit(stream, 1, type_version=version) for version in versions]
        await self.log.append(0, links)

    async def follow(self, store: ProjectionStore, partitions: Iterable[int] = range(PARTITIONS)) -> None:
        for n in partitions:
            await project(self.log, store, batch=7, partition=n)

    def source(self) -> Source:
        return Source(self.log, range(PARTITIONS), CATALOG)


def a_run(store: GenerationStore, playing: Playing, holder: str = "tests", totals: Projection = TOTALS) -> Running:
    return Running(store, playing.source(), [totals, OTHERS], [OUTCOMES], holder, Quiet())


async def content(store: SnapshotStore) -> dict[str, list[Row]]:
    """Everything that is kept, in one order."""
    async with store.snapshot() as seen:
        return {
            one.name: sorted([dict(row) async for row in seen.rows(one.name)], key=lambda row: str(row["_id"]))
            for one in (TOTALS, OTHERS, OUTCOMES)
        }


class RebuildPromises(ABC):
    """Inherit, and give a fixture `store`, whose projector keeps `TOTALS`, `OTHERS` and `OUTCOMES`."""

    @abstractmethod
    def again(self, store: GenerationStore) -> GenerationStore:
        """The same store, as another process would open it."""

    @abstractmethod
    def operator(self, store: GenerationStore) -> ParkedStore:
        """What its projector has parked, as an operator deals with it."""

    @pytest.fixture
    async def playing(self, store: GenerationStore) -> Playing:
        playing = Playing()
        await playing.say()
        await playing.follow(store.live())
        return playing

    async def test_what_is_rebuilt_is_equal_and_becomes_the_current_one(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        before = await content(store.live())
        kept = await a_run(store, playing).rebuild()
        assert (kept.current, kept.previous, kept.rebuild, kept.dropping) == (1, 0, None, ())
        assert await self.again(store).read() == kept
        assert await content(store.live()) == before
        assert await content(store.beside(0)) == before

    async def test_the_projector_goes_on_in_the_new_generation_and_leaves_the_old_one(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await a_run(store, playing).rebuild()
        old = await content(store.beside(0))
        await playing.say()
        await playing.follow(store.live())
        assert await content(store.beside(0)) == old
        kept = await a_run(store, playing).rebuild()
        assert (kept.current, kept.previous) == (2, 1)
        assert await content(store.live()) == await content(store.beside(1)) != old

    async def test_a_rollback_goes_back_to_the_old_generation_after_that_has_caught_up(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await a_run(store, playing).rebuild()
        await playing.say()
        await playing.follow(store.live())
        newest = await content(store.live())
        kept = await a_run(store, playing).roll_back()
        assert (kept.current, kept.previous) == (0, 1)
        assert await content(store.live()) == newest
        await playing.say()
        await playing.follow(store.live())
        assert await content(store.beside(1)) == newest != await content(store.live())
        assert (await a_run(store, playing).roll_back()).current == 1

    async def test_a_projector_that_began_in_the_old_generation_cannot_write_the_new_one(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        zombie = store.live()
        stands = await zombie.checkpoint(TOPIC, 0)
        assert stands is not None
        await a_run(store, playing).rebuild()
        with pytest.raises(Conflict):
            await zombie.commit(TOPIC, 0, stands.position, stands.position, Changes())
        again = await zombie.checkpoint(TOPIC, 0)
        assert again == stands
        await zombie.commit(TOPIC, 0, stands.position, stands.position, Changes())

    async def test_a_fold_that_differs_is_refused_and_named_by_document_and_field(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        before = await content(store.live())
        kept = await a_run(store, playing, totals=BUGGY).rebuild()
        assert kept.rebuild is not None
        assert kept.rebuild.state == "refused"
        assert kept.current == 0
        named = {(one.name, one.field) for one in kept.rebuild.differences}
        assert named == {("totals", "total")}
        assert len({one.id for one in kept.rebuild.differences}) == len(before["totals"])
        assert await content(store.live()) == before

    async def test_a_difference_is_switched_to_once_it_is_approved(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        before = await content(store.live())
        with pytest.raises(RebuildRefused, match="no difference that waits"):
            await a_run(store, playing, totals=NEWER).rebuild(approve=True)
        await a_run(store, playing, totals=NEWER).rebuild()
        with pytest.raises(RebuildRefused, match="other versions"):
            await a_run(store, playing).rebuild(approve=True)
        kept = await a_run(store, playing, totals=NEWER).rebuild(approve=True)
        assert kept.current == 1
        assert (await content(store.live()))["totals"] != before["totals"]

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    async def test_a_rebuild_whose_process_ends_at_a_pour_is_finished_by_the_next_one(
        self, store: GenerationStore, playing: Playing, monkeypatch: pytest.MonkeyPatch, *, after: bool
    ) -> None:
        """Nothing of a pour is written without the rest of it, and nothing of one is folded twice."""
        monkeypatch.setattr("eventlog.read.rebuild.folding.BATCH_RECORDS", 2)
        monkeypatch.setattr("eventlog.read.rebuild.folding.POURED_BYTES", 1_000)
        await playing.say(100)  # while one partition ends slowly the other goes on: some pours have to be left
        await playing.follow(store.live())
        before = await content(store.live())
        for at in (1, 2, 3):
            with pytest.raises(Crash):
                await a_run(Crashing(store, at, after=after, pours=True), playing).rebuild()
            assert await content(store.live()) == before
        kept = await a_run(self.again(store), playing).rebuild()
        assert (kept.current, kept.rebuild) == (1, None)
        assert await content(store.live()) == before

    async def test_a_refused_generation_makes_way_for_the_next_attempt(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await a_run(store, playing, totals=BUGGY).rebuild()
        kept = await a_run(store, playing).rebuild()
        assert (kept.current, kept.previous, kept.dropping) == (2, 0, ())

    async def test_what_was_tampered_with_is_found(self, store: GenerationStore, playing: Playing) -> None:
        live = store.live()
        stands = await live.checkpoint(TOPIC, 1)
        assert stands is not None
        ((place, view),) = (await live.load([("totals", "counter-11")])).items()
        await live.commit(
            TOPIC, 1, stands.position, stands.position, Changes(views={place: ({**view[0], "total": 99},)})
        )
        kept = await a_run(store, playing).rebuild()
        assert kept.rebuild is not None
        assert [(one.name, one.id, one.field, one.live) for one in kept.rebuild.differences] == [
            ("totals", "counter-11", "total", "99")
        ]

    async def test_two_at_once_are_refused(self, store: GenerationStore, playing: Playing) -> None:
        assert await store.hold("another")
        assert not await self.again(store).hold("tests")
        with pytest.raises(RebuildRefused, match="another process"):
            await a_run(store, playing).rebuild()
        await store.release("another")
        assert (await a_run(store, playing).rebuild()).current == 1

    async def test_nothing_to_go_back_to_nothing_to_cancel_and_nothing_to_forget_are_sentences(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        run = a_run(store, playing)
        for refused, match in (
            (run.roll_back, "nothing to go back"),
            (run.cancel, "nothing to cancel"),
            (run.forget, "forget"),
        ):
            with pytest.raises(RebuildRefused, match=match):
                await refused()

    async def test_a_rebuild_that_nobody_runs_any_more_is_cancelled_and_gone(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await a_run(store, playing, totals=BUGGY).rebuild()
        kept = await a_run(store, playing).cancel()
        assert (kept.current, kept.rebuild, kept.dropping) == (0, None, ())
        assert (await a_run(store, playing).rebuild()).current == 2

    async def test_a_running_rebuild_stops_when_it_is_cancelled(
        self, store: GenerationStore, playing: Playing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It hears of it between two batches, however long the last look is ago."""
        monkeypatch.setattr("eventlog.read.rebuild.running.BEAT_SECONDS", 0.0)
        before = await content(store.live())

        class Cancelling(Quiet):
            async def pause(self, records: int) -> None:
                await a_run(store, playing, "operator").cancel()

        run = Running(store, playing.source(), [TOTALS, OTHERS], [OUTCOMES], "tests", Cancelling())
        with pytest.raises(Cancelled):
            await run.rebuild()
        kept = await store.read()
        assert (kept.current, kept.rebuild, kept.dropping) == (0, None, ())
        assert await content(store.live()) == before

    async def test_nothing_makes_it_wait_while_the_projector_is_held_still(
        self, store: GenerationStore, playing: Playing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        switching, switch = False, store.switch
        pauses: list[bool] = []

        class Pausing(Quiet):
            async def pause(self, records: int) -> None:
                pauses.append(switching)

        async def while_more_is_said(*arguments: Any) -> None:
            nonlocal switching
            await playing.say()
            await playing.follow(store.live())
            switching = True
            try:
                await switch(*arguments)
            finally:
                switching = False

        monkeypatch.setattr(store, "switch", while_more_is_said)
        run = Running(store, playing.source(), [TOTALS, OTHERS], [OUTCOMES], "tests", Pausing())
        assert (await run.rebuild()).current == 1
        assert pauses
        assert not any(pauses)

    async def test_what_is_kept_can_be_forgotten(self, store: GenerationStore, playing: Playing) -> None:
        await a_run(store, playing).rebuild()
        kept = await a_run(store, playing).forget()
        assert (kept.current, kept.previous, kept.dropping) == (1, None, ())
        await playing.say()
        await playing.follow(store.live())
        assert (await a_run(store, playing).rebuild()).current == 2

    async def test_a_stream_that_is_parked_is_parked_on_both_sides(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await playing.park("counter-odd", 1, 2, 1)
        await playing.follow(store.live())
        kept = await a_run(store, playing).rebuild()
        assert kept.current == 1
        stands = await store.live().checkpoint(TOPIC, 0)
        assert stands is not None
        assert stands.parked == {"counter-odd": 2}

    async def test_what_was_discarded_is_left_out_of_what_is_rebuilt(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await playing.park("counter-odd", 2, 1)
        await playing.follow(store.live())
        await give_up_the_first(self.operator(store), "counter-odd")
        await redrive(self.operator(store), FOLDER, TOPIC, 0, "counter-odd", REDRIVEN)
        before = await content(store.live())
        assert (await a_run(store, playing).rebuild()).current == 1
        assert await content(store.live()) == await content(store.beside(0)) == before
        assert await wrong_with(store, playing) == []

    async def test_what_waits_is_redriven_into_the_current_generation(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await a_run(store, playing).rebuild()
        await playing.park("counter-odd", 2, 1)
        await playing.follow(store.live())
        operator = self.operator(store)
        await give_up_the_first(operator, "counter-odd")
        assert await redrive(operator, FOLDER, TOPIC, 0, "counter-odd", REDRIVEN) == (1, None)
        assert "counter-odd" in {row["_id"] for row in (await content(store.live()))["totals"]}
        assert "counter-odd" not in {row["_id"] for row in (await content(store.beside(0)))["totals"]}
        stands = await store.live().checkpoint(TOPIC, 0)
        assert stands is not None
        assert stands.parked == {}
        assert [told.act for told in await operator.acts(9)] == [REDRIVEN, DISCARDED]

    async def test_what_was_folded_for_one_generation_is_not_released_into_another(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await playing.park("counter-odd", 2)
        await playing.follow(store.live())
        operator = self.operator(store)
        await operator.checkpoint(TOPIC, 0)
        (waiting,) = await operator.waiting(TOPIC, 0, "counter-odd", 9)
        await a_run(store, playing).rebuild()
        became = Changes(views={("totals", "counter-odd"): ({"_id": "counter-odd", "stream": "counter-odd"},)})
        with pytest.raises(Conflict):
            await operator.release(TOPIC, 0, Release("counter-odd", (waiting.record.offset,), REDRIVEN, became))
        assert [one.record for one in await operator.waiting(TOPIC, 0, "counter-odd", 9)] == [waiting.record]

    async def test_what_is_dealt_with_before_the_switch_is_compared_again(
        self, store: GenerationStore, playing: Playing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await playing.park("counter-odd", 2, 1)
        await playing.follow(store.live())
        switch = store.switch

        async def after_it_was_dealt_with(*arguments: Any) -> None:
            monkeypatch.undo()
            await give_up_the_first(self.operator(store), "counter-odd")
            await redrive(self.operator(store), FOLDER, TOPIC, 0, "counter-odd", REDRIVEN)
            await switch(*arguments)

        monkeypatch.setattr(store, "switch", after_it_was_dealt_with)
        kept = await a_run(store, playing).rebuild()
        assert kept.rebuild is not None
        assert (kept.current, kept.rebuild.state) == (0, "refused")
        assert {one.name for one in kept.rebuild.differences} >= {"parked", "totals"}
        assert (await a_run(store, playing).rebuild()).current == 2
        assert await wrong_with(store, playing) == []

    async def test_what_was_discarded_waits_in_no_generation_that_is_gone_back_to(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await playing.park("counter-odd", 2)
        await playing.follow(store.live())
        await a_run(store, playing).rebuild()
        await give_up_the_first(self.operator(store), "counter-odd")
        assert (await a_run(store, playing).roll_back()).current == 0
        stands = await store.live().checkpoint(TOPIC, 0)
        assert stands is not None
        assert stands.parked == {}
        await playing.park("counter-odd", 1)
        await playing.follow(store.live())
        assert await wrong_with(store, playing) == []

    async def test_readers_and_the_projector_go_on_during_a_rebuild(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        """Nothing that is read is ever less than it was, nor missing."""
        live, done = store.live(), asyncio.Event()

        async def projecting() -> None:
            while not done.is_set():
                await playing.say(3)
                try:
                    await playing.follow(live)
                except (Conflict, Unavailable):
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0)

        async def reading() -> None:
            most = 0
            while not done.is_set():
                outcomes = len((await content(live))["outcomes"])
                assert outcomes >= most > -1
                most = outcomes
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(projecting())
            tasks.create_task(reading())
            kept = await a_run(store, playing).rebuild()
            back = await a_run(store, playing).roll_back()
            done.set()
        await playing.follow(live)
        assert (kept.current, back.current) == (1, 0)
        assert await content(live) == await folded(playing)


async def give_up_the_first(operator: ParkedStore, stream: str) -> None:
    """Of what waits in partition 0."""
    assert await discard(operator, TOPIC, 0, stream, DISCARDED) is not None


async def wrong_with(store: GenerationStore, playing: Playing) -> Sequence[Finding]:
    """What the current generation holds otherwise than the log says."""
    return (await verify([playing.source()], store.live(), [TOTALS, OTHERS], [OUTCOMES])).findings


async def folded(playing: Playing) -> dict[str, list[Row]]:
    """What the log says, by an independent fold."""
    store = memory_store()
    await playing.follow(store)
    return await content(store)
