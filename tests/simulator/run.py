"""One seed from beginning to end, in virtual time."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import structlog.testing

from tests.simulator.checks import broken, twins
from tests.simulator.counted import counted_commits
from tests.simulator.loop import Deadlock, VirtualLoop
from tests.simulator.parts import Parts
from tests.simulator.plan import Plan
from tests.simulator.troubles import Troubles
from tests.simulator.world import World

OF_THE_LOG = ("I2", "I3", "I4", "I5")
"""What the log itself promises, even where a reader cannot notice that it is another one now."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a seed. `failures` is empty where every promise held."""

    seed: int
    failures: tuple[str, ...]
    faults: Counter[str]
    records: int
    counted: int
    commands: int
    noticed: int
    twins: int
    seconds: float


def simulate(
    seed: int, parts: Parts | None = None, tell: Callable[[str], None] | None = None, plan: Plan | None = None
) -> Result:
    """Run one seed. `plan` replaces the seed's own; `tell` gets the trace, line by line."""
    loop = VirtualLoop(Random(f"{seed}:order"))
    errors: list[str] = []
    loop.set_exception_handler(lambda _loop, context: errors.append(str(context.get("exception", context))))
    try:
        with structlog.testing.capture_logs():
            world = World(plan or Plan(seed), parts, tell)
            try:
                loop.run_until_complete(world.run(Troubles(world).run()))
            except Deadlock as error:
                world.failures.append(f"deadlock: {error}")
        seconds = loop.time()
    finally:
        _end(loop)
    twin = twins(world)
    if twin:
        failures = [failure for failure in broken(world) if failure.startswith(OF_THE_LOG)]
    else:
        failures = world.failures or list(broken(world))
    partitions = range(world.plan.partitions)
    return Result(
        seed=seed,
        failures=(*failures, *(f"nobody awaited: {error}" for error in errors)),
        faults=world.happened,
        records=sum(map(len, world.events.partitions)),
        counted=0 if failures else sum(len(counted_commits(world.events, p)) for p in partitions),
        commands=sum(map(len, world.commands.partitions)),
        noticed=len(world.noticed),
        twins=twin,
        seconds=seconds,
    )


def _end(loop: VirtualLoop) -> None:
    """Cancel whoever is still at work, so that nothing of this run is left for the next."""
    while tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()
