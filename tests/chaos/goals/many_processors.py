"""R2: eight processes decide the commands of thirty-two partitions, each with ledgers of its own, and are killed -9 at
random: every command is decided once."""

import signal
from functools import partial
from pathlib import Path
from typing import Final

from tests.chaos.goals.goal import Outcome, Tell
from tests.chaos.goals.storm import Storm, weathered
from tests.chaos.goals.victims import company, each_by_itself, ends, supervised
from tests.chaos.seeds.site import Site
from tests.chaos.system import whole_system
from tests.waiting import eventually

PROCESSORS: Final = 8
PARTITIONS: Final = 32
SPREAD_SECONDS = 60.0
STORM: Final = Storm(seed=2, stories=2_000, commands=40_000, rate=300, ends=2)
PAUSE_SECONDS: Final = (10.0, 50.0)


async def many_processors(folder: Path, tell: Tell) -> Outcome:
    """One of them is the supervisor's; the others stand beside it."""
    outcome = Outcome(
        "R2", f"{PROCESSORS} processors of {PARTITIONS} partitions, killed -9 at random, seed {STORM.seed}"
    )
    tell("starting a system")
    async with whole_system(folder, PLAYHEAD_PARTITIONS=str(PARTITIONS)) as system:
        site = Site(system, STORM.seed)
        tell(f"starting {PROCESSORS - 1} further processors")
        async with company(site, "session", PROCESSORS - 1) as members:
            share = PARTITIONS // PROCESSORS

            async def spread() -> bool:
                return all([await member.partitions("session.processor") == share for member in members])

            await eventually(spread, SPREAD_SECONDS, 0.5)
            victims = {"session": supervised(site, "session"), **ends(members)}
            strikes = partial(each_by_itself, victims, STORM.seed, PAUSE_SECONDS, [signal.SIGKILL])
            await weathered(STORM, site, victims.keys(), strikes, outcome, tell)
    return outcome
