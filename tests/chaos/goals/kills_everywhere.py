"""R1: a hundred thousand commands under hard kills of every service and of the broker: none lost, none doubled, all in
order."""

from functools import partial
from pathlib import Path
from typing import Final

from tests.chaos.goals.goal import Outcome, Tell
from tests.chaos.goals.storm import Storm, weathered
from tests.chaos.goals.victims import in_rounds, supervised
from tests.chaos.seeds.campaign import a_load
from tests.chaos.seeds.plan import SERVICES, Plan
from tests.chaos.seeds.site import Site
from tests.chaos.system import whole_system

VICTIMS: Final = (*SERVICES, "kafka")
STORM: Final = Storm(seed=1, stories=5_000, commands=100_000, rate=250, ends=20, most=900.0)
WITHIN_SECONDS: Final = 4.0
WISHES: Final = Plan(seed=1, faults=(), rate=1.0, seconds=300.0)
"""Through the gateway, so that there is something to do for it, and for the worker."""


async def killed_everywhere(folder: Path, tell: Tell) -> Outcome:
    """The commands of the storm, and beside them wishes of a client, with every invariant afterwards."""
    outcome = Outcome("R1", f"{STORM.commands} commands while {', '.join(VICTIMS)} are killed -9")
    tell("starting a system")
    async with whole_system(folder) as system:
        site = Site(system, STORM.seed)
        load = await a_load(system, WISHES)
        try:
            strikes = partial(in_rounds, {name: supervised(site, name) for name in VICTIMS}, STORM.seed, WITHIN_SECONDS)
            await weathered(STORM, site, VICTIMS, strikes, outcome, tell, load)
        finally:
            await load.close()
        outcome.figures["wishes through the gateway, taken"] = load.fates()["acknowledged"]
    return outcome
