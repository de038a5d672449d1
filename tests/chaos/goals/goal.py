"""One of the numbers R1 to R10: what was done to a whole system, what was counted, and what was promised of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Tell = Callable[[str], None]
"""What is being done now, for whoever watches."""


@dataclass(slots=True)
class Outcome:
    """`figures` by what they are of, with their unit in the name; `missed`: each promise not kept, in a sentence."""

    goal: str
    what: str
    figures: dict[str, float] = field(default_factory=dict[str, float])
    missed: list[str] = field(default_factory=list[str])

    def at_most(self, name: str, figure: float, limit: float) -> None:
        """Keep the figure; it may not be larger than that."""
        self.figures[name] = round(figure, 2)
        if figure > limit:
            self.missed.append(f"{name}: {figure:g}, and {limit:g} is the most")

    def at_least(self, name: str, figure: float, limit: float) -> None:
        """Keep the figure; it may not be smaller than that."""
        self.figures[name] = round(figure, 2)
        if figure < limit:
            self.missed.append(f"{name}: {figure:g}, and {limit:g} is the least")

    def told(self) -> Mapping[str, Any]:
        """As it is written into the report."""
        return asdict(self)


Measure = Callable[[Path, Tell], Awaitable[Outcome]]
"""Measures one goal on systems of its own, in that folder."""
