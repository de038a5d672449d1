"""R8: a worker killed twenty times in one long job: how soon another goes on, and what was done twice."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import fmean, median
from typing import Any, Final
from uuid import UUID

from contracts.rendering import STAGES
from tests.chaos.client import OVER, Client, now
from tests.chaos.goals.goal import Outcome, Tell
from tests.chaos.goals.observed import observed
from tests.chaos.goals.processor_time import taken
from tests.chaos.goals.progress import Reached, Step, eyes, since
from tests.chaos.history import History, said
from tests.chaos.invariants import hold
from tests.chaos.system import LOOK_SECONDS, System
from tests.chaos.turns import Turn, turn
from tests.waiting import eventually

SEED: Final = 8
KILLS: Final = 20
SENTENCES: Final = 45
"""Some four minutes of film, which a worker on two processors makes in about a hundred seconds."""
ALONE_SECONDS: Final = 900.0
DISTURBED_SECONDS: Final = 900.0
GIVEN_UP_SECONDS: Final = 60.0
MOST_TAKEN_OVER_SECONDS: Final = 20.0
MOST_WASTED_PERCENT: Final = 10.0
START: Final = Reached(over=False, stages=-len(STAGES), parts=0)


@dataclass(slots=True)
class Lives:
    """What the workers took that were at one job one after the other, in seconds of a processor.

    `starting`: of each but the first, from its first instruction until it had the job; `at_work`: of each, from then
    until it was killed, or the job was over. `taken_over`: by the clock, from each kill until another had the job.
    """

    starting: list[float] = field(default_factory=list[float])
    at_work: list[float] = field(default_factory=list[float])
    taken_over: list[float] = field(default_factory=list[float])


async def measure(folder: Path, tell: Tell) -> Outcome:
    """The job alone, then the same with the kills."""
    outcome = Outcome("R8", f"one job, and its worker killed {KILLS} times (seed {SEED})")
    async with observed(folder, outcome) as (system, client):
        await _measured(system, client, tell, outcome)
    return outcome


async def _measured(system: System, client: Client, tell: Tell, outcome: Outcome) -> None:
    tell("the job alone")
    before = taken(_worker(system))
    session, steps = await _alone(system, client)
    undisturbed = await client.film(session)
    needed = taken(_worker(system)) - before
    outcome.figures["the job alone, s"] = round(steps[-1].seconds, 1)
    outcome.figures["the job alone, processor s"] = round(needed, 1)

    system.forget_outputs()
    lives, session = Lives(), client.wish()
    try:
        film = await _disturbed(system, client, session, steps, lives, tell)
    finally:
        _figures(outcome, lives, needed)
    if film != undisturbed:
        outcome.missed.append("the film is another one than that of the job alone")
    completed = completions(session, (await hold(system, client))["render"])
    outcome.at_least("completions", completed, 1)
    outcome.at_most("completions", completed, 1)


async def _alone(system: System, client: Client) -> tuple[UUID, list[Step]]:
    """The session, and when its job came how far."""
    began, session = now(), await client.ask(WISH)
    steps = [Step(0.0, START)]
    async with eyes(system, session) as job:

        async def over() -> bool:
            reached = await job.look()
            if reached is not None and reached > steps[-1].reached:
                steps.append(Step(now() - began, reached))
            return steps[-1].reached.over

        await eventually(over, ALONE_SECONDS, LOOK_SECONDS)
    return session, steps


async def _disturbed(
    system: System, client: Client, session: UUID, steps: Sequence[Step], lives: Lives, tell: Tell
) -> Mapping[str, str]:
    """The film. Each kill comes as long after the job went on as that moment of it is from what was there then."""
    spent, place = taken(_worker(system)), 0.0
    assert await client.ask_once(session, WISH)
    async with eyes(system, session) as job:
        for number, moment in enumerate(moments(SEED, KILLS, steps[-1].seconds), 1):
            await asyncio.sleep(max(moment - place, 0.0))
            before = await turn(system, session)
            lives.at_work.append(taken(_worker(system)) - spent)
            killed_at = now()
            system.send("worker", signal.SIGKILL)
            await _taken_over(system, client, session, before)
            lives.taken_over.append(now() - killed_at)
            spent = taken(_worker(system))
            lives.starting.append(spent)
            place = since(steps, await job.look() or START)
            tell(
                f"killed {number} times, {moment:.1f} s into the job; taken over after {lives.taken_over[-1]:.1f} s, "
                f"from {place:.1f} s on"
            )
    film = await _film(client, session, DISTURBED_SECONDS)
    lives.at_work.append(taken(_worker(system)) - spent)
    return film


async def _taken_over(system: System, client: Client, session: UUID, before: Turn) -> None:
    """Return when another has the job; fails where it is over instead."""

    async def another() -> bool:
        if (await turn(system, session)).epoch > before.epoch:
            return True
        found = await client.session(session)
        over = found is not None and found["status"] in OVER
        assert not over, f"the job is {found['status']}: {found['errorMessage']}" if found else ""
        return False

    await eventually(another, GIVEN_UP_SECONDS, LOOK_SECONDS)


async def _film(client: Client, session: UUID, within: float) -> Mapping[str, str]:
    await client.completed(session, within)
    return await client.film(session)


def _figures(outcome: Outcome, lives: Lives, needed: float) -> None:
    outcome.at_least("kills", len(lives.taken_over), KILLS)
    if not lives.taken_over:
        return
    outcome.at_most("taken over, s (slowest)", max(lives.taken_over), MOST_TAKEN_OVER_SECONDS)
    outcome.figures["taken over, s (median)"] = round(median(lives.taken_over), 2)
    outcome.figures["a worker's start, processor s"] = round(fmean(lives.starting), 2)
    if len(lives.at_work) == len(lives.taken_over):
        return  # the job was not done to its end: nobody knows what it would have taken
    outcome.figures["at work on the job, processor s"] = round(sum(lives.at_work), 1)
    at_work = sum(lives.at_work)
    outcome.figures["wasted by one kill, % of the job"] = round(
        100 * (at_work - needed) / needed / len(lives.taken_over), 2
    )
    outcome.at_most("wasted by all, %", wasted(at_work, needed), MOST_WASTED_PERCENT)
    whole = at_work + sum(lives.starting)
    outcome.figures["wasted by all with the starts of workers, %"] = round(wasted(whole, needed), 1)


def moments(seed: int, count: int, seconds: float) -> list[float]:
    """So many of a job that takes so long, in their order, drawn evenly from all but its last twentieth."""
    random = Random(f"{seed}:kills")
    return sorted(random.uniform(0, 0.95 * seconds) for _ in range(count))


def wasted(spent: float, needed: float) -> float:
    """How much of what was spent was not needed, in percent."""
    return 100 * max(spent - needed, 0.0) / spent


def completions(session: UUID, history: History) -> int:
    """Of the jobs of a session."""
    return sum(kind == "job.completed" and data["sessionId"] == str(session) for kind, data, _ in said(history))


def script(sentences: int) -> str:
    """No two of them are alike."""
    said = [f"River number {number} is {number * 7} miles long, and it does not hurry." for number in range(sentences)]
    return "\n\n".join(" ".join(said[place : place + 5]) for place in range(0, sentences, 5))


def _worker(system: System) -> int:
    return int(system.told("worker")["pid"])


WISH: Final[Mapping[str, Any]] = {"script": script(SENTENCES), "kind": "slides"}
