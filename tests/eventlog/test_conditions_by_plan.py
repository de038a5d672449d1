"""Conditions that matter only where troubles meet: each mutant gets the plan that provokes it, and is caught.

The seed that catches a mutant is run with the real code too, which must pass it. The first seeds are those from which
on it takes few: another order of the same requests moves them, and more are tried then.
"""

from collections.abc import Mapping

import pytest

from tests.simulator import mutants, mutants_around
from tests.simulator.parts import Parts
from tests.simulator.plan import Plan
from tests.simulator.run import simulate

SEEDS = 90
ONE_HOST = {"partitions": 1, "shared_hosts": True, "writers": 3, "versions": (1,)}
LOSSES = {"partitions": 1, "truncations": 3, "kinds": ("truncate", "freeze")}

CASES = [
    pytest.param(
        Parts(ledger=mutants.UnguardedLedger),
        ONE_HOST | {"kinds": ("crash", "freeze", "replace")},
        30,
        id="the ledger is guarded by what it was loaded with",
    ),
    pytest.param(
        Parts(lane=mutants_around.DecidesOnAnyLedger),
        ONE_HOST | LOSSES | {"truncations": 2},
        150,
        id="nothing is decided on a ledger that another process moved",
    ),
    pytest.param(
        Parts(disk=mutants_around.KeepsAnyFold),
        ONE_HOST | {"writers": 2, "versions": (1, 2), "kinds": ("crash",)},
        5,
        id="the ledger is keyed by the version of the fold",
    ),
    pytest.param(Parts(ledger=mutants_around.TornLedger), {}, 0, id="the ledger is one transaction"),
    pytest.param(
        Parts(store=mutants_around.TwoTransactions),
        {},
        0,
        marks=pytest.mark.mutant("checkpoint outside the transaction"),
        id="checkpoint and views are one transaction",
    ),
    pytest.param(
        Parts(store=mutants_around.OutcomesApart),
        {},
        0,
        marks=pytest.mark.mutant("outcome written apart from documents"),
        id="outcomes and views are one transaction",
    ),
    pytest.param(
        Parts(store=mutants_around.UnorderedWrites),
        {},
        0,
        marks=pytest.mark.mutant("unordered writes for ordered ones"),
        id="views are written in the order of the log",
    ),
    pytest.param(
        Parts(projector_lane=mutants_around.PassesParkedStreams),
        {},
        5,
        marks=pytest.mark.mutant("a parked stream does not block its successors"),
        id="a parked stream blocks its successors",
    ),
    pytest.param(
        Parts(sender=mutants_around.SendsWithoutAsking), {}, 15, id="policies keep their offset after the acks"
    ),
    pytest.param(
        Parts(log=mutants_around.SilentLog), LOSSES, 220, id="the position is found again when the leader changed"
    ),
]


def planned(seed: int, changes: Mapping[str, object]) -> Plan:
    plan = Plan(seed)
    for name, value in changes.items():
        assert hasattr(plan, name), name
        setattr(plan, name, value)
    return plan


@pytest.mark.parametrize(("parts", "changes", "first"), CASES)
def test_without_its_condition_the_protocol_fails_and_with_it_it_does_not(
    parts: Parts, changes: Mapping[str, object], first: int
) -> None:
    seeds = range(first, first + SEEDS)
    caught = next((seed for seed in seeds if simulate(seed, parts, plan=planned(seed, changes)).failures), None)
    assert caught is not None
    assert not simulate(caught, plan=planned(caught, changes)).failures
