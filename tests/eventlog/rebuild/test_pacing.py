"""A rebuild gives way to the live projector, and to nobody who does not run."""

import asyncio

import pytest

from eventlog.read.rebuild.memory import MemoryGenerations
from eventlog.read.rebuild.pacing import Pacing
from eventlog.read.rebuild.running import Running
from tests.eventlog.rebuild.promises import OTHERS, OUTCOMES, TOTALS, Playing, Quiet


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventlog.read.rebuild.pacing.LOOK_SECONDS", 0.01)


def live() -> MemoryGenerations:
    return MemoryGenerations("counting", [TOTALS, OTHERS], [OUTCOMES])


async def test_it_waits_until_a_projector_that_moves_has_caught_up(monkeypatch: pytest.MonkeyPatch) -> None:
    store, playing, looks = live(), Playing(), 0
    end = playing.log.end

    async def later(partition: int) -> int:
        """Each look at the first partition finds more of the log read, and of the first four more written since."""
        nonlocal looks
        if partition == 0:
            looks += 1
            await playing.follow(store.live())
            if looks < 5:
                await playing.say(20)
        return await end(partition)

    await playing.say(1)
    pacing = Pacing(store, playing.source(), most_behind=10)
    await pacing.pause(1)
    monkeypatch.setattr(playing.log, "end", later)
    monkeypatch.setattr(pacing, "_looked", float("-inf"))
    await pacing.pause(1)
    assert looks >= 5
    assert pacing.waited > 0


async def test_it_does_not_wait_for_a_projector_that_does_not_run() -> None:
    store, playing = live(), Playing()
    await playing.say(100)
    async with asyncio.timeout(1):
        await Pacing(store, playing.source(), most_behind=10).pause(1)


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
    pacing = Pacing(live(), Playing().source(), most_behind=10, per_second=1_000)
    began = asyncio.get_running_loop().time()
    for _ in range(5):
        await pacing.pause(20)
    assert asyncio.get_running_loop().time() - began >= 0.1
    assert pacing.waited >= 0.1
