"""The rivals of `playhead bench rivals` run on the real parts, and what is counted of them is what is there."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from ops.bench.rivals.counting import Tally, Wish, tally
from ops.bench.rivals.killing import Load, System, under_kills, wishes
from ops.bench.rivals.queueing import queued
from ops.bench.rivals.sourcing import sourced
from ops.bench.rivals.tables import Tables
from ops.stack.endpoints import Endpoints

pytestmark = pytest.mark.live

LOAD = Load(wishes=60, at_once=20, kills=1, seed=4)
BEGINNING = LOAD._replace(kills=0)


async def test_eventsourcing_under_a_kill_loses_nothing_that_it_has_saved(stack: Endpoints) -> None:
    given = wishes(LOAD)
    async with sourced(stack.postgres, _streams(given)) as system:
        run = await under_kills(system, given, LOAD, _nobody)
    assert run.kills == 1
    assert (run.tally.acknowledged, run.tally.lost) == (60, 0)


async def test_a_planted_loss_and_a_planted_double_are_found(stack: Endpoints) -> None:
    given = wishes(BEGINNING)
    async with queued(stack.postgres, stack.redis, late=True) as system:
        sound = (await under_kills(system, given, BEGINNING, _nobody)).tally
        await _plant(system.tables, given)
        found = await _counted(system, given)
    assert sound.sound
    assert (found.lost, found.doubled, found.disordered, found.kept) == (1, 1, 0, 58)


async def test_celery_is_killed_and_its_worker_is_back(stack: Endpoints) -> None:
    given = wishes(LOAD)
    async with queued(stack.postgres, stack.redis, late=True) as system:
        run = await under_kills(system, given, LOAD, _nobody)
    assert run.kills == 1
    assert run.tally.acknowledged == 60
    assert run.tally.kept >= 50


async def _plant(tables: Tables, given: Sequence[Wish]) -> None:
    """The first wish was never done, the last one twice."""
    await tables.number(
        f"WITH gone AS (DELETE FROM {{schema}}.effects WHERE wish = '{given[0].id}' RETURNING 1) TABLE gone"
    )
    again = f"SELECT wish, stream, number FROM {{schema}}.effects WHERE wish = '{given[-1].id}'"
    await tables.number(
        f"WITH more AS (INSERT INTO {{schema}}.effects (wish, stream, number) {again} RETURNING 1) TABLE more"
    )


async def _counted(system: System, given: Sequence[Wish]) -> Tally:
    return tally(given, {wish.id for wish in given}, await system.effects())


def _streams(given: Sequence[Wish]) -> list[UUID]:
    return list(dict.fromkeys(wish.stream for wish in given))


def _nobody(_: int) -> None:
    """Nobody watches."""
