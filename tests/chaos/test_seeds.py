"""A few plans from seeds, as `make chaos` runs many: whatever meets whom, every invariant holds afterwards."""

from collections.abc import Mapping

import pytest

from tests.chaos.seeds.campaign import run
from tests.chaos.seeds.plan import Kind, planned
from tests.chaos.system import System

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
SECONDS = 5.0
QUICK: Mapping[str, Kind] = {
    "service killed": Kind(("session", "render", "worker")),
    "delivered again": Kind(),
    "poison": Kind(),
}
PAIR = len(QUICK) + 1
"""The first seed that draws two kinds at once."""


@pytest.mark.req(85)
@pytest.mark.parametrize("seed", [1, PAIR])
async def test_every_invariant_holds_after_what_a_seed_did(seed: int, system: System) -> None:
    told: list[str] = []
    done = await run(system, planned(seed, QUICK, rate=2.0, seconds=SECONDS), told.append)
    assert done.anomalies == [], told
    assert sum(done.fates.values()) == SECONDS * 2
    assert done.fates["acknowledged"] > 0
    assert done.recovery is not None
    system.measure(f"seed {seed} of quick faults: lag 0 after they were healed", done.recovery)
