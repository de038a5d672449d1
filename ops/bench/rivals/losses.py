"""C7: what each system loses, doubles and disorders when what does the work is killed -9. Every number is counted."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeAlias
from uuid import UUID

from eventlog import clock
from ops.bench.measure import Figure
from ops.bench.rivals.killing import Load, Run, System, under_kills, wishes
from ops.bench.rivals.ours import ours
from ops.bench.rivals.queueing import queued
from ops.bench.rivals.sourcing import sourced
from ops.commands.reach import endpoints
from ops.settings import OpsSettings

WISHES, AT_ONCE, KILLS = 600, 40, 4
Told: TypeAlias = Callable[[str, int, int], None]
"""What is done, how many of how many."""
Start: TypeAlias = Callable[[OpsSettings, Sequence[UUID]], AbstractAsyncContextManager[System]]
"""Starts a system in which these streams are open."""

SYSTEMS: Final[Mapping[str, Start]] = {
    "playhead": ours,
    "eventsourcing": lambda settings, streams: sourced(endpoints(settings).postgres, streams),
    "celery-late": lambda settings, _: queued(endpoints(settings).postgres, endpoints(settings).redis, late=True),
    "celery": lambda settings, _: queued(endpoints(settings).postgres, endpoints(settings).redis, late=False),
}


async def losses(settings: OpsSettings, told: Told) -> list[Figure]:
    """Ours and then each rival: the same wishes, the same kills, by the same seed."""
    load = Load(WISHES, AT_ONCE, KILLS, int(clock.now().timestamp()))
    mine, *theirs = [await run(start, settings, load, told) for start in SYSTEMS.values()]
    return [_figure(mine, one, load, first=one is theirs[0]) for one in theirs]


async def run(start: Start, settings: OpsSettings, load: Load, told: Told) -> Run:
    """One system under this load."""
    given = wishes(load)
    async with start(settings, list(dict.fromkeys(wish.stream for wish in given))) as system:
        return await under_kills(system, given, load, lambda sent: told(f"kill -9: {system.name}", sent, load.wishes))


def _figure(mine: Run, rival: Run, load: Load, *, first: bool) -> Figure:
    return Figure(
        id="C7",
        what=f"kill -9: of {load.wishes} wishes acknowledged, done once, in order",
        unit="wishes",
        ours=[mine.tally.kept],
        limit_name=rival.name,
        limit=[rival.tally.kept],
        goal_ratio=1,
        floor=load.wishes,
        correct=mine.tally.sound and mine.kills == load.kills,
        notes=[
            f"{one.name}, killed {one.kills} times, seed {load.seed}: {one.tally}. {one.how}"
            for one in ((mine, rival) if first else (rival,))
        ],
    )
