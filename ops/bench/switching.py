"""For how long a switch of generations holds a projector still: each one, there and back, at 20 commands a second.

A projector whose last generation is kept for a rollback, or that is being rebuilt, is left alone. Each of the others is
afterwards read from the generation that it was read from before, and nothing is kept beside.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

from contracts.topics import COMMANDS_OF
from eventlog import clock
from eventlog.kafka import KafkaSender
from eventlog.read.rebuild.running import Running
from ops.bench.commands import commands
from ops.bench.measure import Figure
from ops.commands.projectors import KNOWN, Reached, reached
from ops.commands.reach import kafka
from ops.settings import OpsSettings

RATE = 20
MOST_MILLISECONDS = 1_000
AT_ONCE = 4_000
"""Commands that are made together."""


class Unwatched:
    """Nobody looks at it, and nothing makes it wait: that is measured elsewhere."""

    def went(self, what: str, done: int, of: int) -> None:
        """Nothing is drawn."""

    async def pause(self, records: int) -> None:
        """No waiting."""


async def switches(settings: OpsSettings) -> list[Figure]:
    """On the running services; `playhead up` before. One figure a store."""
    took: dict[str, dict[str, list[float]]] = {}
    left: list[str] = []
    async with _commands_come(settings):
        for name in KNOWN:
            async with reached(settings, name) as one:
                kept = await one.generations.read()
                if kept.rebuild is not None or kept.previous is not None:
                    left.append(name)
                else:
                    took.setdefault(one.kind, {})[name] = await _there_and_back(one)
    return [_figure(kind, by_name, left) for kind, by_name in took.items()]


async def _there_and_back(one: Reached) -> list[float]:
    """Milliseconds of the two switches; none where what was rebuilt differs, so that nothing was switched."""
    there, back = (_running(one) for _ in range(2))
    if (await there.rebuild()).rebuild is not None:
        await _running(one).cancel()
        return []
    await back.roll_back()
    await _running(one).forget()
    return [run.switch_seconds * 1_000 for run in (there, back)]


def _running(one: Reached) -> Running:
    of = one.kept.projector
    return Running(one.generations, one.source, of.projections, of.journals, str(clock.new_id()), Unwatched())


def _figure(kind: str, took: dict[str, list[float]], left: Iterable[str]) -> Figure:
    told = [f"{name}: {_said(name, milliseconds)}" for name, milliseconds in took.items()]
    told += [f"{name}: left alone, a generation is kept or being built" for name in left]
    return Figure(
        id=f"switch {kind}",
        what=f"the slowest switch of generations at {RATE} commands a second",
        unit="ms",
        ours=[max((one for pair in took.values() for one in pair), default=0)],
        limit_name="what was promised",
        limit=[MOST_MILLISECONDS],
        goal_ratio=1,
        at_least=False,
        correct=all(took.values()),
        notes=told,
    )


def _said(name: str, milliseconds: list[float]) -> str:
    if not milliseconds:
        return f"what was rebuilt differs, `playhead rebuild {name}` tells how"
    there, back = milliseconds
    return f"{there:.0f} ms there, {back:.0f} ms back"


@asynccontextmanager
async def _commands_come(settings: OpsSettings) -> AsyncGenerator[None]:
    sender = KafkaSender(kafka(settings), COMMANDS_OF)
    await sender.start()
    ended = asyncio.Event()

    async def go_on() -> None:
        while True:
            for command in commands(AT_ONCE, int(clock.now().timestamp()), rendered=False):
                if ended.is_set():
                    return
                await sender.send([command])
                await asyncio.sleep(1 / RATE)

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(go_on())
            try:
                yield
            finally:
                ended.set()
    finally:
        await sender.close()
