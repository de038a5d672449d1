"""The goals that a campaign can measure, by their number."""

from collections.abc import Mapping
from typing import Final

from tests.chaos.goals.goal import Measure

GOALS: Final[Mapping[str, Measure]] = {}
