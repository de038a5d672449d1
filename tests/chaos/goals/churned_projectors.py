"""R3: three processes of each service that projects come and go while twenty thousand streams are written: documents
and rows are the fold of the log."""

import signal
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

from tests.chaos.goals.goal import Outcome, Tell
from tests.chaos.goals.storm import Storm, weathered
from tests.chaos.goals.victims import company, each_by_itself, ends, supervised
from tests.chaos.seeds.site import Site
from tests.chaos.system import whole_system

PROJECTING: Final = ("session", "analytics")
"""Documents in MongoDB, rows in PostgreSQL."""
PROCESSES: Final = 3
CHURNS: Final = 12
"""Of each service, at least."""
STREAMS: Final = 20_000
STORM: Final = Storm(
    seed=3,
    stories=STREAMS // 2,
    commands=STREAMS * 2,
    rate=250,
    ends=CHURNS // PROCESSES,
)
PAUSE_SECONDS: Final = (6.0, 24.0)
SIGNALS: Final = (signal.SIGKILL, signal.SIGTERM)


async def churned_projectors(folder: Path, tell: Tell) -> Outcome:
    """Each is killed -9 or told to end, and started again."""
    outcome = Outcome("R3", f"{PROCESSES} projectors of each store, churned over {STREAMS} streams, seed {STORM.seed}")
    tell("starting a system")
    async with whole_system(folder) as system, AsyncExitStack() as stack:
        site = Site(system, STORM.seed)
        victims = {name: supervised(site, name) for name in PROJECTING}
        for service in PROJECTING:
            tell(f"starting {PROCESSES - 1} further processes of {service}")
            victims |= ends(await stack.enter_async_context(company(site, service, PROCESSES - 1)))
        strikes = partial(each_by_itself, victims, STORM.seed, PAUSE_SECONDS, SIGNALS)
        await weathered(STORM, site, victims.keys(), strikes, outcome, tell)
        outcome.at_least("streams", outcome.figures.get("streams", 0), STREAMS)
        outcome.figures["projectors equal to the fold of the log"] = len(system.places)
    return outcome
