"""How much memory the services take: what waits for them is on disks, not in them."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import psutil

from contracts.envelope import Command
from contracts.topics import COMMANDS_OF
from eventlog.kafka import KafkaAccess, KafkaSender
from ops.bench.commands import commands
from ops.processes import SERVICES
from tests.chaos.history import read_histories
from tests.chaos.processes import frozen
from tests.chaos.seeds.anomaly import Anomaly
from tests.chaos.seeds.judge import settled
from tests.chaos.seeds.plan import Fault
from tests.chaos.seeds.site import IDS, Site
from tests.chaos.system import System
from tests.waiting import eventually

MOST: Final = 1.5
"""Of what a process took before."""
MEGABYTE: Final = 1024 * 1024
LOOK_SECONDS = 0.5
FIRST_BACKLOG: Final = 20_000
"""More than the buffers of every reader hold, half a megabyte a partition: after it they are as large as they get."""
BACKLOG: Final = 60_000
SENT_AT_ONCE: Final = 2_000
DECIDED_SECONDS = 240.0
READ_SECONDS = 5.0


def resident(system: System) -> Mapping[str, tuple[int, int]]:
    """Of each service that runs its process number and the bytes that it has in memory, without what it has started."""
    found: dict[str, tuple[int, int]] = {}
    for name in SERVICES:
        pid = int(system.told(name)["pid"])
        with suppress(psutil.NoSuchProcess):
            found[name] = pid, psutil.Process(pid).memory_info().rss
    return found


class Memory:
    """The most that each service took since `begin`."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._before: Mapping[str, tuple[int, int]] = {}
        self._most: dict[str, int] = {}

    def begin(self) -> None:
        """From now on."""
        self._before, self._most = resident(self._system), {}

    async def watch(self) -> None:
        """Look again and again, until cancelled. Whoever was started since is not compared with his forerunner."""
        while True:
            for name, (pid, now) in resident(self._system).items():
                if name in self._before and self._before[name][0] == pid:
                    self._most[name] = max(now, self._most.get(name, 0))
            await asyncio.sleep(LOOK_SECONDS)

    def told(self) -> Mapping[str, float]:
        """By service: how many times what it took before."""
        return {name: round(most / self._before[name][1], 2) for name, most in self._most.items()}

    def megabytes(self) -> str:
        """By service: before, and the most."""
        found = ((name, self._before[name][1] // MEGABYTE, most // MEGABYTE) for name, most in self._most.items())
        return ", ".join(f"{name} {before} to {most} MB" for name, before, most in found)


def beyond(told: Mapping[str, float]) -> list[str]:
    """Who takes more than he may."""
    return [
        f"{name} takes {share:g} times the memory of before, {MOST:g} are allowed"
        for name, share in told.items()
        if share > MOST
    ]


async def backlog(site: Site, _fault: Fault) -> None:
    """So many commands wait for the session service, and their events for the tables; then both go on.

    Some first, then three times as many, which may not take half as much again as those did. Each fourth is of an
    account that nobody knows: what is kept for each stream, each account and each key is seen, too.
    """
    for count in (FIRST_BACKLOG, BACKLOG):
        memory = await _worked_off(site, commands(count, IDS.int + site.seed + count, rendered=False))
        site.remarks.append(f"memory with {count} commands waiting: {memory.megabytes()}")
        if count == BACKLOG:
            site.findings.extend(Anomaly("I13", one) for one in beyond(memory.told()))


async def _worked_off(site: Site, given: list[Command]) -> Memory:
    memory = Memory(site.system)
    memory.begin()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(memory.watch())
        with frozen(_pid(site, "analytics")):
            with frozen(_pid(site, "session")):
                await _send(site, given)
            await _all_decided(site)
        await settled(site.system, lambda _: None)
        watching.cancel()
    return memory


async def _send(site: Site, given: list[Command]) -> None:
    sender = KafkaSender(KafkaAccess(site.system.endpoints.kafka), COMMANDS_OF)
    try:
        for start in range(0, len(given), SENT_AT_ONCE):
            await sender.send(given[start : start + SENT_AT_ONCE])
    finally:
        await sender.close()


async def _all_decided(site: Site) -> None:
    async def decided() -> bool:
        return not (await read_histories(site.system.endpoints))["session"].undecided()

    await eventually(decided, DECIDED_SECONDS, READ_SECONDS)


def _pid(site: Site, name: str) -> int:
    return int(site.system.told(name)["pid"])
