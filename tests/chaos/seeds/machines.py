"""Faults of processes, their clocks and disks, and of what is between them."""

import asyncio
import signal
from contextlib import suppress
from functools import partial
from typing import Final

import psutil

from tests.chaos.drills import BLOCKED_SECONDS, BLOCKS, clock_of
from tests.chaos.processes import frozen, full
from tests.chaos.seeds.plan import Fault
from tests.chaos.seeds.site import BACK_SECONDS, Site, ended, works
from tests.chaos.seeds.wires import Trouble
from tests.chaos.system import LOOK_SECONDS
from tests.waiting import eventually

RESET_SECONDS = 0.5
CLOCK_WRONG_SECONDS: Final = 3 * 3600


async def killed(site: Site, fault: Fault) -> None:
    await ended(signal.SIGKILL, site, fault.target)


async def restarted(site: Site, fault: Fault) -> None:
    await ended(signal.SIGTERM, site, fault.target)


async def stood_still(site: Site, fault: Fault) -> None:
    with suppress(psutil.NoSuchProcess), frozen(int(site.system.told(fault.target)["pid"])):
        await asyncio.sleep(fault.lasts)


async def troubled(trouble: Trouble, site: Site, fault: Fault) -> None:
    with site.wired.wires[fault.target].troubled(trouble):
        await asyncio.sleep(fault.lasts)


async def reset(site: Site, fault: Fault) -> None:
    for _ in range(int(fault.lasts / RESET_SECONDS)):
        site.wired.wires[fault.target].reset()
        await asyncio.sleep(RESET_SECONDS)


async def joining_and_leaving(site: Site, fault: Fault) -> None:
    """Two more members of the group, one with ledgers of its own, each for half of the time."""
    elsewhere = site.system.folder / f"joined-{site.seed}"
    settings: tuple[dict[str, str], ...] = ({}, {"PLAYHEAD_DATA": str(elsewhere)})
    if fault.target == "worker":
        settings = ({"PLAYHEAD_WORKER_NAME": "joined-1"}, {"PLAYHEAD_WORKER_NAME": "joined-2"})
    for told in settings:
        async with site.system.beside(fault.target, **told):
            await asyncio.sleep(fault.lasts / len(settings))


async def disk_full(site: Site, fault: Fault) -> None:
    """Then there is room again. Whoever ends meanwhile and is started anew finds it full, too."""
    loop = asyncio.get_running_loop()
    over = loop.time() + fault.lasts
    while loop.time() < over:
        pid = int(site.system.told(fault.target)["pid"])
        with suppress(psutil.NoSuchProcess), full(pid):
            while loop.time() < over and site.system.told(fault.target)["pid"] == pid:  # noqa: ASYNC110 - it does not call
                await asyncio.sleep(LOOK_SECONDS)
    await works(site, fault.target)


async def clock_wrong(site: Site, fault: Fault) -> None:
    """That of one service, by three hours: ahead or behind. It is started under it, and later under the right one.

    It need not work meanwhile: a broker refuses records that are an hour ahead of its own clock.
    """
    told = clock_of(site.system.folder, fault.target)
    await asyncio.to_thread(told.write_text, str(CLOCK_WRONG_SECONDS if site.seed % 2 else -CLOCK_WRONG_SECONDS))
    old = site.system.send(fault.target, signal.SIGTERM)
    try:
        await eventually(partial(_started_since, site, fault.target, old), BACK_SECONDS, LOOK_SECONDS)
        await asyncio.sleep(fault.lasts)
    finally:
        await asyncio.to_thread(told.unlink)
    await ended(signal.SIGTERM, site, fault.target)


async def _started_since(site: Site, name: str, old: int) -> bool:
    return site.system.told(name)["pid"] != old


async def loop_blocked(site: Site, fault: Fault) -> None:
    """Its threads run on, and so do its connections: nobody sees that it is gone."""
    site.system.send(fault.target, BLOCKS)
    await asyncio.sleep(BLOCKED_SECONDS)
    await works(site, fault.target)
