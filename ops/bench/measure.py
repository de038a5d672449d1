"""How figures are taken and told: ours and the limit in turn, so that a noisy neighbour meets both."""

import json
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from platform import python_version

from rich.console import Console
from rich.table import Table

ROUNDS = 5
Round = Callable[[], Awaitable[float]]
"""One run; its figure."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One goal: our runs and those of its limit, in `unit`. A fast wrong run is no run: `correct` says which it was."""

    id: str
    what: str
    unit: str
    ours: Sequence[float]
    limit_name: str
    limit: Sequence[float]
    goal_ratio: float
    correct: bool
    at_least: bool = True
    floor: float | None = None
    notes: Sequence[str] = field(default_factory=tuple[str, ...])

    @property
    def ratio(self) -> float:
        """The median over rounds of ours divided by the limit."""
        return statistics.median(a / b for a, b in zip(self.ours, self.limit, strict=True))

    @property
    def reached(self) -> bool:
        """Whether it is correct and both the ratio and the floor hold."""
        median = statistics.median(self.ours)
        if self.at_least:
            return self.correct and self.ratio >= self.goal_ratio and (self.floor is None or median >= self.floor)
        return self.correct and self.ratio <= self.goal_ratio and (self.floor is None or median <= self.floor)

    def as_json(self) -> str:
        """One object a figure."""
        return json.dumps(
            {
                "id": self.id,
                "what": self.what,
                "ours": round(statistics.median(self.ours), 3),
                "limit": round(statistics.median(self.limit), 3),
                "limitName": self.limit_name,
                "ratio": round(self.ratio, 3),
                "goalRatio": self.goal_ratio,
                "floor": self.floor,
                "unit": self.unit,
                "correct": self.correct,
                "reached": self.reached,
                "notes": list(self.notes),
            }
        )


async def in_turn(ours: Round, limit: Round, rounds: int = ROUNDS) -> tuple[list[float], list[float]]:
    """Both, one after the other, `rounds` times, after one round that does not count."""
    results: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for run, kept in zip((ours, limit), results, strict=True):
            figure = await run()
            if number:
                kept.append(figure)
    return results


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0–1) of the values do not exceed."""
    return sorted_values[min(len(sorted_values) - 1, max(0, round(share * len(sorted_values) + 0.5) - 1))]


def show(figures: Sequence[Figure], console: Console) -> None:
    """A table for people: medians with [least–most], ratios, and whether the goal was reached."""
    table = Table("", "what", "ours", "limit", "ratio", "goal", "correct", "reached")
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        floor = "" if figure.floor is None else f", {sign} {figure.floor:g}"
        table.add_row(
            figure.id,
            f"{figure.what} ({figure.unit})",
            _range(figure.ours),
            f"{figure.limit_name}: {_range(figure.limit)}",
            f"{figure.ratio:.2f}",
            f"{sign} {figure.goal_ratio:g}×{floor}",
            "yes" if figure.correct else "NO",
            "yes" if figure.reached else "no",
        )
    console.print(table)
    for figure in figures:
        for note in figure.notes:
            console.print(f"{figure.id}: {note}", highlight=False)
    packages = ("aiokafka", "msgspec", "pydantic", "motor", "asyncpg")
    versions = [f"Python {python_version()}", *(f"{name} {version(name)}" for name in packages)]
    console.print(", ".join(versions), style="dim")


def _range(values: Sequence[float]) -> str:
    shown = (statistics.median(values), min(values), max(values))
    median, least, most = (f"{value:,.0f}" if shown[0] >= 100 else f"{value:.2f}" for value in shown)
    return f"{median} [{least}–{most}]"
