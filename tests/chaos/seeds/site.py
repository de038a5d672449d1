"""Where faults happen, and how they are looked at from outside."""

import asyncio
import signal
from dataclasses import dataclass, field
from uuid import UUID

from tests.chaos.seeds.anomaly import Anomaly
from tests.chaos.seeds.wires import WiredSystem
from tests.chaos.system import LOOK_SECONDS, System
from tests.waiting import eventually

BACK_SECONDS = 120.0
IDS = UUID("6d0a54c7-36c4-5d86-8c6e-3f1f0f3a9f02")
"""What a fault sends has ids of its own, the same for the same seed."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where faults happen. `findings` are what a fault itself saw go wrong; `back`: seconds until what was ended worked
    again."""

    system: System
    seed: int
    findings: list[Anomaly] = field(default_factory=list[Anomaly])
    remarks: list[str] = field(default_factory=list[str])
    back: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])

    @property
    def wired(self) -> WiredSystem:
        """The same system; most faults do without."""
        assert isinstance(self.system, WiredSystem), "this fault needs a system with wires"
        return self.system


async def works(site: Site, name: str) -> None:
    """Return when that process works; how long it took is kept."""
    began = asyncio.get_running_loop().time()
    await eventually(lambda: site.system.is_ready(name), BACK_SECONDS, LOOK_SECONDS)
    site.back.append((name, asyncio.get_running_loop().time() - began))


async def ended(number: signal.Signals, site: Site, name: str) -> None:
    """By that signal; return when its successor works."""
    began = asyncio.get_running_loop().time()
    if name == "postgres" and number is signal.SIGTERM:
        number = signal.SIGINT  # to PostgreSQL, SIGTERM says: when the last client has gone, which none of ours does
    old = site.system.send(name, number)

    async def works_again() -> bool:
        told = site.system.told(name)
        return told["pid"] != old and told["state"] == "ready"

    await eventually(works_again, BACK_SECONDS, LOOK_SECONDS)
    site.back.append((name, asyncio.get_running_loop().time() - began))
