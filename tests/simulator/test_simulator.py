"""The protocol under seeded faults. A failure names its seed: `python -m tests.simulator SEED` replays it."""

from functools import cache

import pytest

from tests.simulator.run import Result, simulate

SEEDS = 200
SLICE = 20


@cache
def result_of(seed: int) -> Result:
    """Each seed is run once."""
    return simulate(seed)


@pytest.mark.parametrize("first", range(0, SEEDS, SLICE))
def test_every_promise_holds_whatever_goes_wrong(first: int) -> None:
    failed = {seed: result.failures for seed in range(first, first + SLICE) if (result := result_of(seed)).failures}
    assert not failed, f"replay with `python -m tests.simulator {min(failed)}`"


def test_a_seed_gives_the_same_run_again_to_the_line() -> None:
    first, again = list[str](), list[str]()
    assert simulate(7, tell=first.append) == simulate(7, tell=again.append)
    assert first == again
    assert first


def test_the_faults_are_met() -> None:
    met = {name for seed in range(40) for name in result_of(seed).faults}
    expected = {"append:lost", "append:unanswered", "append:doubled", "append:delayed", "append:split", "crash"}
    expected |= {"freeze", "ledger_lost", "ledger_old", "offsets_lost", "bookmark_lost", "leader", "truncate"}
    assert expected <= met
