"""The goals that a campaign can measure, by their number."""

from collections.abc import Mapping
from typing import Final

from tests.chaos.goals import canceled_films, killed_workers, tenants_in_turn
from tests.chaos.goals.churned_projectors import churned_projectors
from tests.chaos.goals.goal import Measure
from tests.chaos.goals.kills_everywhere import killed_everywhere
from tests.chaos.goals.many_processors import many_processors

GOALS: Final[Mapping[str, Measure]] = {
    "R1": killed_everywhere,
    "R2": many_processors,
    "R3": churned_projectors,
    "R8": killed_workers.measure,
    "R9": canceled_films.measure,
    "R10": tenants_in_turn.measure,
}
