"""One turn at a job: what is left is done, what is done stays done, and whoever lost the job stops and is not heard."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from contracts.messages.job import ClaimJob, JobClaimed, JobReleased, ReleaseReason
from contracts.rendering import STAGES, Stage
from eventlog.errors import Unavailable
from eventlog.read.postgres import Pool
from services.render.engines.process import Limits, run
from services.render.stages.errors import StageFailed
from services.render.worker.queue import Claim, RenderQueue
from services.render.worker.turn import Outcome, Turn
from tests.render.worker.conftest import NewQueue
from tests.render.worker.court import Court, News, Studio, a_crew, a_wish
from tests.waiting import eventually

pytestmark = pytest.mark.live

Begin = Callable[..., Awaitable[Turn]]


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture
def begin(court: Court, new_queue: NewQueue, tmp_path: Path) -> Begin:
    """A turn at the next job of the queue, claimed and not yet run."""

    async def make(studio: Studio, queue: RenderQueue | None = None, news: News | None = None) -> Turn:
        queue = queue or new_queue()
        began = now()
        claim = await queue.claim()
        assert claim is not None
        return Turn(a_crew(court, queue, studio.run, tmp_path, news), claim, began)

    return make


def is_empty(folder: Path) -> bool:
    return list(folder.iterdir()) == []


def fails(code: str, *, retryable: bool) -> Callable[[], object]:
    def act() -> object:
        raise StageFailed(code, "It did not work: try again", retryable=retryable)

    return act


class Sleeper:
    """A real program that runs for a minute, unless it is stopped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pid_file = folder / "pid"
        self.gone_at = 0.0

    async def sleep(self) -> None:
        script = f"import os, time; open({str(self.pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
        try:
            await run([sys.executable, "-c", script], folder=self.folder, environment={}, limits=Limits())
        finally:
            self.gone_at = now()

    async def running(self) -> int | None:
        """Its process id, once it has one."""
        return int(self.pid_file.read_text() or 0) or None if self.pid_file.exists() else None

    def is_gone(self) -> bool:
        return not Path(f"/proc/{self.pid_file.read_text()}").exists()


async def test_a_turn_does_every_stage_and_the_log_says_so(court: Court, begin: Begin, tmp_path: Path) -> None:
    wish, studio = a_wish(), Studio()
    await court.ask(wish)
    assert await (await begin(studio)).run() is Outcome.DONE
    assert studio.ran == list(STAGES)
    assert court.told(wish) == ["queued", "approved", "claimed", *["stage_completed"] * 5, "completed"]
    assert is_empty(tmp_path)


async def test_progress_grows_and_is_weighted(court: Court, begin: Begin) -> None:
    news = News()
    await court.ask(a_wish())

    async def linger() -> None:
        await eventually(lambda: _is(any(word.stage is Stage.VIDEO for word in news.words)))

    await (await begin(Studio({Stage.VIDEO: linger}), news=news)).run()
    assert all(one.percent <= other.percent for one, other in pairwise(news.words))
    assert (news.words[-1].stage, news.words[-1].percent) == (Stage.VIDEO, 45.0)


async def test_a_resumed_job_skips_what_its_stream_says_is_done(
    court: Court, begin: Begin, pool: Pool, new_queue: NewQueue
) -> None:
    wish, sleep = a_wish(), asyncio.Event().wait
    await court.ask(wish)
    first = asyncio.get_running_loop().create_task((await begin(Studio({Stage.SCENES: sleep}))).run())
    await eventually(lambda: _is(court.told(wish).count("stage_completed") == 3))
    await pool.execute("UPDATE render.leases SET lease_until = now()")
    studio = Studio()
    assert await (await begin(studio, new_queue("two"))).run() is Outcome.DONE
    assert studio.ran == [Stage.SCENES, Stage.VIDEO]
    assert await first in (Outcome.LOST, Outcome.OVER)
    assert court.told(wish).count("completed") == 1


async def test_who_takes_a_job_over_says_how_much_of_it_was_there(
    court: Court, new_queue: NewQueue, tmp_path: Path
) -> None:
    wish, studio = a_wish(), Studio({Stage.REFINE: asyncio.Event().wait})
    await court.ask(wish)
    for name in ("one", "two"):
        queue = new_queue(name)
        claim = await queue.claim()
        assert claim is not None
        crew = replace(a_crew(court, queue, studio.run, tmp_path), parts_of=_three_of)
        running = asyncio.get_running_loop().create_task(Turn(crew, claim, now()).run())
        await eventually(lambda: _is(court.told(wish)[-1] == "claimed"))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    claimed = [event for event in court.events(wish) if isinstance(event, JobClaimed)]
    assert [one.parts for one in claimed] == [0, 3], "who is first looks for nothing"


async def _three_of(stream: str) -> int:
    return 3


async def _is(found: bool) -> bool | None:
    return found or None


async def test_a_worker_whose_epoch_is_old_is_refused(court: Court, begin: Begin) -> None:
    wish = a_wish()
    await court.ask(wish)

    async def lose_it() -> None:
        await court.send([wish.command(ClaimJob(worker="thief", epoch=7))])

    assert await (await begin(Studio({Stage.REFINE: lose_it}))).run() is Outcome.OVER
    assert "stage_completed" not in court.told(wish)
    assert set(court.refusals()) <= {"job.stale_epoch"}


async def test_a_lease_that_cannot_be_renewed_stops_the_program_and_silences_the_worker(
    court: Court, begin: Begin, new_queue: NewQueue, pool: Pool, tmp_path: Path
) -> None:
    wish, sleeper = a_wish(), Sleeper(tmp_path)
    await court.ask(wish)
    turn = await begin(Studio({Stage.REFINE: sleeper.sleep}), new_queue(lease_seconds=4.0))
    running = asyncio.get_running_loop().create_task(turn.run())
    await eventually(sleeper.running)
    await pool.execute("UPDATE render.leases SET lease_until = now()")
    sent = len(court.sent)
    assert await running is Outcome.LOST
    assert sleeper.is_gone()
    assert len(court.sent) == sent, "nothing more was said"


async def test_a_worker_that_was_frozen_past_its_lease_says_nothing_when_it_wakes(
    court: Court, begin: Begin, new_queue: NewQueue
) -> None:
    wish = a_wish()
    await court.ask(wish)
    turn = await begin(Studio({Stage.REFINE: lambda: _block(2.5)}), new_queue(lease_seconds=2.0))
    assert await turn.run() is Outcome.LOST
    assert court.told(wish)[-1] == "claimed"


def _block(seconds: float) -> None:
    """Stop the whole process, as SIGSTOP does: no task of it runs."""
    until = now() + seconds
    while now() < until:
        pass


async def test_a_cancel_ends_the_program_within_three_seconds(court: Court, begin: Begin, tmp_path: Path) -> None:
    wish, sleeper = a_wish(), Sleeper(tmp_path)
    await court.ask(wish)
    running = asyncio.get_running_loop().create_task((await begin(Studio({Stage.REFINE: sleeper.sleep}))).run())
    await eventually(sleeper.running)
    canceled_at = now()
    await court.cancel(wish)
    assert await running is Outcome.OVER
    assert sleeper.gone_at - canceled_at < 3
    assert sleeper.is_gone()
    assert court.told(wish)[-1] == "canceled"


async def test_a_worker_that_is_asked_to_stop_gives_its_job_back_within_three_seconds(
    court: Court, begin: Begin, new_queue: NewQueue, tmp_path: Path
) -> None:
    wish, sleeper = a_wish(), Sleeper(tmp_path)
    await court.ask(wish)
    running = asyncio.get_running_loop().create_task((await begin(Studio({Stage.REFINE: sleeper.sleep}))).run())
    await eventually(sleeper.running)
    asked_at = now()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert now() - asked_at < 3
    assert sleeper.is_gone()
    released = court.events(wish)[-1]
    assert isinstance(released, JobReleased)
    assert released.reason is ReleaseReason.DRAINED
    assert await new_queue("next").claim() is not None


async def test_a_failure_is_told_with_its_code_and_may_be_tried_again(court: Court, begin: Begin) -> None:
    wish = a_wish()
    await court.ask(wish)
    studio = Studio({Stage.SPEECH: fails("speech.failed", retryable=True)})
    assert await (await begin(studio)).run() is Outcome.FAILED
    assert court.told(wish)[-1] == "stage_failed"
    assert studio.ran == [Stage.REFINE, Stage.SCRIPT, Stage.SPEECH]


async def test_a_failure_for_good_ends_the_job(court: Court, begin: Begin) -> None:
    wish = a_wish()
    await court.ask(wish)
    await (await begin(Studio({Stage.REFINE: fails("script.empty", retryable=False)}))).run()
    assert court.told(wish)[-2:] == ["stage_failed", "failed"]


async def test_a_stage_that_breaks_fails_its_job_and_not_the_worker(court: Court, begin: Begin) -> None:
    wish = a_wish()
    await court.ask(wish)
    assert await (await begin(Studio({Stage.REFINE: lambda: {}["no such key"]}))).run() is Outcome.FAILED
    assert court.told(wish)[-1] == "stage_failed"


async def test_a_job_that_is_not_paid_for_is_left_before_its_first_paid_stage(court: Court, begin: Begin) -> None:
    wish, studio = a_wish(), Studio()
    await court.ask(wish, paid=False)
    assert await (await begin(studio)).run() in (Outcome.HELD, Outcome.OVER)
    assert studio.ran == [Stage.REFINE, Stage.SCRIPT]


async def test_a_stage_is_told_once_the_log_is_back(court: Court, begin: Begin) -> None:
    wish = a_wish(stages=(Stage.SCRIPT,))
    await court.ask(wish)

    async def cut() -> None:
        court.away = True
        asyncio.get_running_loop().call_later(1.0, setattr, court, "away", False)

    assert await (await begin(Studio({Stage.SCRIPT: cut}))).run() is Outcome.DONE
    assert court.told(wish)[-1] == "completed"


async def test_a_queue_that_is_away_is_waited_for_as_long_as_the_lease_lasts(
    court: Court, begin: Begin, new_queue: NewQueue
) -> None:
    wish, queue = a_wish(), OutOfReach(new_queue(lease_seconds=3.0))
    await court.ask(wish)
    began = now()
    turn = await begin(Studio({Stage.REFINE: asyncio.Event().wait}), queue)
    assert await turn.run() is Outcome.LOST
    assert 2.5 < now() - began < 4


class OutOfReach(RenderQueue):
    """A queue whose database goes away when the claim is accepted."""

    def __init__(self, queue: RenderQueue) -> None:
        vars(self).update(vars(queue))

    async def renew(self, claim: Claim) -> bool:
        raise Unavailable("PostgreSQL", "no route")

    async def is_past(self, claim: Claim) -> bool:
        raise Unavailable("PostgreSQL", "no route")
