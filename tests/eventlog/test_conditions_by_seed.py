"""Conditions that only an unlucky order shows: a few seeds of the simulator catch each mutant.

That the real code passes the same seeds is what `tests/simulator/test_simulator.py` says.
"""

import pytest

from tests.simulator import mutants
from tests.simulator.parts import Parts
from tests.simulator.run import simulate

SEEDS = range(60)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(
            Parts(command_runner=mutants.KeepsTheOffsetFirst),
            marks=pytest.mark.mutant("group offset moved before acceptance was seen"),
            id="the commands' group offset moves only past what was seen accepted",
        ),
        pytest.param(
            Parts(policy_runner=mutants.KeepsItsPositionFirst),
            id="policies keep their position after what they asked for is durable",
        ),
        pytest.param(
            Parts(command_runner=mutants.BelievesTheOffset),
            id="a group offset about another log, or without a ledger, is not believed",
        ),
        pytest.param(Parts(policy_lane=mutants.NumbersItsCommands), id="ids of policies are no running numbers"),
        pytest.param(Parts(lane=mutants.RefusalsLeaveTheHead), id="every commit moves the head"),
        pytest.param(Parts(lane=mutants.KeepsTheOverlay), id="after a lost race the overlay is dropped whole"),
        pytest.param(Parts(lane=mutants.DedupesAgainstTheLedgerAlone), id="dedupe looks into the overlay too"),
        pytest.param(Parts(lane=mutants.AcceptsWhatItUnderstands), id="accepting comes before understanding"),
        pytest.param(Parts(ledger=mutants.PrunesHandledIds), id="handled ids are kept"),
        pytest.param(Parts(views=mutants.UnguardedStore), id="views are guarded by what they were loaded with"),
    ],
)
def test_without_its_condition_the_protocol_fails_within_sixty_seeds(parts: Parts) -> None:
    assert any(simulate(seed, parts).failures for seed in SEEDS)
