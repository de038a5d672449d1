"""What one integer decides: which faults, whom they meet, when, for how long, and what is asked meanwhile.

The first seeds meet each kind of fault alone, in the order of `KINDS`; those that follow draw pairs. What fills or
ends a system happens alone, after everything that was asked is done, on a system of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

SERVICES: Final = ("session", "render", "worker", "analytics", "gateway")
PARTS: Final = ("kafka", "mongo", "postgres", "valkey")
WIRED: Final = PARTS
"""Parts that can be cut off from their clients."""

Needs = Literal["", "wires", "film", "calm", "end"]


@dataclass(frozen=True, slots=True)
class Kind:
    """Of a fault: whom it may meet, how long it may last in seconds, and what has to be there for it."""

    targets: Sequence[str] = ("",)
    lasts: Sequence[float] = (0.0,)
    needs: Needs = ""

    @property
    def alone(self) -> bool:
        """On a system of its own, after everything that was asked is done."""
        return self.needs in ("calm", "end")


KINDS: Final[Mapping[str, Kind]] = {
    "service killed": Kind(SERVICES),
    "part killed": Kind(PARTS),
    "service restarted": Kind(SERVICES),
    "part restarted": Kind(PARTS),
    "frozen": Kind((*SERVICES, *PARTS), (3.0, 3.0, 12.0, 45.0)),
    "cut off": Kind(WIRED, (3.0, 8.0), "wires"),
    "answers cut off": Kind(WIRED, (3.0, 8.0), "wires"),
    "answers lost": Kind(WIRED, (5.0,), "wires"),
    "connections reset": Kind(WIRED, (5.0,), "wires"),
    "late": Kind(WIRED, (5.0, 10.0), "wires"),
    "slow": Kind(("kafka", "mongo", "postgres"), (8.0,), "wires"),
    "joining and leaving": Kind(("session", "render", "analytics", "worker"), (10.0,)),
    "delivered again": Kind(),
    "ledgers lost": Kind(("session", "render")),
    "poison": Kind(),
    "cache flushed": Kind(),
    "file cut short": Kind(needs="film"),
    "encoder killed": Kind(needs="film"),
    "disk full": Kind(("session", "render", "worker", "gateway", "kafka", "mongo", "postgres"), (4.0, 10.0), "film"),
    "clock wrong": Kind(SERVICES, (8.0,)),
    "loop blocked": Kind(SERVICES),
    "blobs gone": Kind(lasts=(4.0, 10.0), needs="film"),
    "offsets deleted": Kind(("session", "render")),
    "ledgers of before": Kind(("session", "render"), (6.0,)),
    "backlog": Kind(needs="calm"),
    "tail lost": Kind(needs="end"),
    "topic recreated": Kind(needs="end"),
    "topic deleted": Kind(needs="end"),
    "byte changed": Kind(needs="end"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Begins `at` seconds after the load did."""

    kind: str
    target: str
    at: float
    lasts: float

    def __str__(self) -> str:
        lasting = f" for {self.lasts:g} s" if self.lasts else ""
        return f"{self.at:g} s: {self.kind}{' ' if self.target else ''}{self.target}{lasting}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Of one run. `rate`: wishes a second, whatever becomes of those before, for `seconds`. `alone`: its faults happen
    when all of that is done, on a system of its own; `ends`: which is of no use afterwards."""

    seed: int
    faults: tuple[Fault, ...]
    rate: float
    seconds: float
    film: bool = False
    alone: bool = False
    ends: bool = False

    def __str__(self) -> str:
        film = ", and a film" if self.film else ""
        return f"seed {self.seed}: {self.rate:g}/s for {self.seconds:g} s{film}; " + "; ".join(map(str, self.faults))


def planned(seed: int, kinds: Mapping[str, Kind] = KINDS, *, rate: float = 3.0, seconds: float = 12.0) -> Plan:
    """The same plan for the same arguments, always."""
    random = Random(f"{seed}:faults")
    names = list(kinds)
    healing = [name for name, kind in kinds.items() if not kind.alone]
    chosen = [names[seed - 1]] if 1 <= seed <= len(names) else random.sample(healing, 2)
    faults = tuple(_fault(random, name, kinds[name], seconds) for name in chosen)
    needs = {kinds[name].needs for name in chosen}
    return Plan(seed, faults, rate, seconds, "film" in needs, any(kinds[name].alone for name in chosen), "end" in needs)


def _fault(random: Random, name: str, kind: Kind, seconds: float) -> Fault:
    at = round(random.uniform(0.1, 0.5) * seconds, 1)
    if kind.needs == "film":  # it waits for the film by itself, or meets its beginning: a short one is over soon
        at = 0.0
    return Fault(name, random.choice(kind.targets), at, random.choice(kind.lasts))
