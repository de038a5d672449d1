"""A rebuild gives way to the live projector, and to nobody who does not run."""

import asyncio

import pytest

from eventlog.read.rebuild.memory import MemoryGenerations
from eventlog.read.rebuild.pacing import Pacing
from eventlog.read.rebuild.running import Running
from tests.eventlog.counting import TOPIC
from tests.eventlog.rebuild.promises import OTHERS, OUTCOMES, PARTITIONS, TOTALS, Playing, Quiet

MANY = 20


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventlog.read.rebuild.pacing.LOOK_SECONDS", 0.01)


def live() -> MemoryGenerations:
    return MemoryGenerations("counting", [TOTALS, OTHERS], [OUTCOMES])


async def test_it_waits_until_a_late_projector_that_moves_has_caught_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two partitions it reads one, a little more of it at each look, and only then the other."""
    store, playing, looks = live(), Playing(), 0
    end = playing.log.end

    async def later(partition: int) -> int:
        nonlocal looks
        looks += 1
        if looks < MANY:
            await playing.follow(store.live(), [0])
            await playing.say(1)
        else:
            await playing.follow(store.live())
        return await end(partition)

    await playing.say(1)
    monkeypatch.setattr(playing.log, "end", later)
    pacing = Pacing(store, playing.source(), most_late=0)
    await pacing.pause(1)  # whether it moves is known after the second look
    monkeypatch.setattr(pacing, "_looked", float("-inf"))
    await pacing.pause(1)
    assert looks >= MANY
    assert pacing.waited > 0


async def test_it_does_not_wait_for_a_projector_that_keeps_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is always something that it has not read, and never for long."""
    store, playing, looks = live(), Playing(), 0
    end = playing.log.end

    async def meanwhile(partition: int) -> int:
        nonlocal looks
        looks += 1
        await playing.follow(store.live())
        await playing.say(200)
        return await end(partition)

    monkeypatch.setattr(playing.log, "end", meanwhile)
    pacing = Pacing(store, playing.source(), most_late=5)
    for number in range(1, 5):
        monkeypatch.setattr(pacing, "_looked", float("-inf"))
        await pacing.pause(1)
        assert looks == number * PARTITIONS


async def test_it_does_not_wait_for_a_projector_that_notes_now_and_then_how_far_it_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So it is with commits that change nothing: its position stands still, and then it stands at the end."""
    store, playing, looks = live(), Playing(), 0
    end = playing.log.end

    async def now_and_then(partition: int) -> int:
        nonlocal looks
        looks += 1
        await playing.say(1)
        if looks % 20 == 0:
            await playing.follow(store.live())
        return await end(partition)

    monkeypatch.setattr(playing.log, "end", now_and_then)
    monkeypatch.setattr("eventlog.read.rebuild.pacing._now", lambda: looks * 0.1)
    pacing = Pacing(store, playing.source(), most_late=0.3)
    for number in range(1, 50):
        monkeypatch.setattr(pacing, "_looked", float("-inf"))
        await pacing.pause(1)
        assert looks == number * PARTITIONS
    assert await store.live().checkpoint(TOPIC, 0) is not None


async def test_it_goes_on_after_a_while_however_late_the_projector_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventlog.read.rebuild.pacing.LOOKS", 10)
    store, playing = live(), Playing()
    end = playing.log.end

    async def later(partition: int) -> int:
        await playing.follow(store.live(), [0])
        await playing.say(1)
        return await end(partition)

    await playing.say(1)
    monkeypatch.setattr(playing.log, "end", later)
    pacing = Pacing(store, playing.source(), most_late=0)
    async with asyncio.timeout(5):
        for _ in range(3):
            monkeypatch.setattr(pacing, "_looked", float("-inf"))
            await pacing.pause(1)
    assert pacing.waited >= 0.1


async def test_it_does_not_wait_for_a_projector_that_does_not_run() -> None:
    store, playing = live(), Playing()
    await playing.say(100)
    async with asyncio.timeout(1):
        await Pacing(store, playing.source(), most_late=0).pause(1)


async def test_a_rebuild_that_is_nearly_there_ends_though_as_much_comes_as_it_waits_for() -> None:
    store, playing = live(), Playing()
    await playing.say()
    await playing.follow(store.live())

    class Waiting(Quiet):
        async def pause(self, records: int) -> None:
            await playing.say(150)
            await playing.follow(store.live())

    run = Running(store, playing.source(), [TOTALS, OTHERS], [OUTCOMES], "tests", Waiting())
    async with asyncio.timeout(30):
        assert (await run.rebuild()).current == 1


async def test_it_folds_no_more_records_a_second_than_it_is_told_to() -> None:
    pacing = Pacing(live(), Playing().source(), most_late=5, per_second=1_000)
    began = asyncio.get_running_loop().time()
    for _ in range(5):
        await pacing.pause(20)
    assert asyncio.get_running_loop().time() - began >= 0.1
    assert pacing.waited >= 0.1
