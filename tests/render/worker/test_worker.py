"""A worker goes from job to job, waits out an absent database and says so, and ends with nothing in hand."""

import asyncio

import pytest

from eventlog.errors import Unavailable
from services.render.worker.queue import Claim, RenderQueue
from services.render.worker.worker import Worker
from tests.render.worker.conftest import NewQueue
from tests.render.worker.court import Court, a_wish
from tests.waiting import eventually

pytestmark = pytest.mark.live


class Flaky(RenderQueue):
    """A queue whose database can be taken away."""

    def __init__(self, queue: RenderQueue) -> None:
        vars(self).update(vars(queue))
        self.away = False

    async def claim(self) -> Claim | None:
        if self.away:
            raise Unavailable("PostgreSQL", "no route")
        return await super().claim()


class Taken:
    """Takes whatever it is given, and keeps it until it may go on."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []
        self.at_once = 0
        self.most_at_once = 0
        self.go_on = asyncio.Event()

    async def take(self, claim: Claim, _began: float) -> None:
        self.claims.append(claim)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.go_on.wait()
        self.at_once -= 1

    async def has(self, number: int) -> bool:
        return len(self.claims) == number


async def test_as_many_jobs_are_in_hand_as_it_was_told(court: Court, new_queue: NewQueue) -> None:
    await court.ask(*(a_wish() for _ in range(5)))
    taken = Taken()
    worker = Worker(new_queue(), taken.take, jobs=2)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(worker.run())
        await eventually(lambda: taken.has(2))
        assert not worker.ended.is_set()
        taken.go_on.set()
        await eventually(lambda: taken.has(5))
        running.cancel()
    assert taken.most_at_once == 2
    assert worker.ended.is_set()


async def test_a_database_that_is_away_is_told_and_waited_for(court: Court, new_queue: NewQueue) -> None:
    queue, taken = Flaky(new_queue()), Taken()
    queue.away = True
    worker = Worker(queue, taken.take, jobs=1)

    async def in_trouble() -> bool:
        try:
            await worker.check()
        except Unavailable:
            return True
        return False

    async with asyncio.TaskGroup() as group:
        running = group.create_task(worker.run())
        await eventually(in_trouble)
        await court.ask(a_wish())
        queue.away = False
        await eventually(lambda: taken.has(1))
        assert not await in_trouble()
        running.cancel()


async def test_a_turn_that_breaks_ends_the_worker_loudly(court: Court, new_queue: NewQueue) -> None:
    await court.ask(a_wish())

    async def broken(_claim: Claim, _began: float) -> None:
        raise KeyError("a bug")

    worker = Worker(new_queue(), broken, jobs=1)
    with pytest.raises(KeyError):
        await worker.run()
    assert worker.ended.is_set()
