"""Runs of one system, one plan after the other: load and faults, everything healed, everything checked."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from eventlog.errors import Corrupt
from tests.chaos.seeds.anomaly import Anomaly
from tests.chaos.seeds.faults import HAPPENINGS
from tests.chaos.seeds.judge import SETTLED_SECONDS, judged, settled, watch
from tests.chaos.seeds.load import Load
from tests.chaos.seeds.losses import noticed, verified
from tests.chaos.seeds.plan import Fault, Plan
from tests.chaos.seeds.site import Site
from tests.chaos.seeds.tenants import Neighbour, seen_of_others
from tests.chaos.system import System, http_as

Tell = Callable[[str], None]


@dataclass(slots=True)
class Run:
    """What came of one plan. `recovery`: seconds from the end of the last fault to lag 0 with every job over, None
    where that was not seen; `noticed`: seconds until everybody had said that the log is not what it was, where it was
    not; `back`: seconds until what was ended worked again."""

    plan: Plan
    fates: Mapping[str, int] = field(default_factory=dict[str, int])
    anomalies: list[Anomaly] = field(default_factory=list[Anomaly])
    recovery: float | None = None
    noticed: float | None = None
    back: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    remarks: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    def told(self) -> dict[str, Any]:
        """As it is written into the report."""
        return asdict(self) | {"anomalies": [one._asdict() for one in self.anomalies]}


async def run(system: System, plan: Plan, tell: Tell, *, neighbour: Neighbour | None = None) -> Run:
    """One plan, to its end; of a plan that ends the system nothing may be run on it afterwards.

    `neighbour`: of a second tenant, who looks on; it is closed.
    """
    loop = asyncio.get_running_loop()
    began, run = loop.time(), Run(plan)
    site = Site(system, plan.seed, remarks=run.remarks, back=run.back)
    load = await a_load(system, plan)
    if plan.film:
        system.forget_outputs()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(load.close)
        if neighbour is not None:
            stack.push_async_callback(neighbour.close)
            await neighbour.open()
        await stack.enter_async_context(_watched(system, run, load, neighbour))
        await _asked(site, load, run, tell)
        healed = loop.time()
        if await _healed(system, run):
            await load.again()
            await _settle(system, load, run, healed, tell)
        if plan.alone and run.recovery is not None:
            await _afterwards(site, load, run, tell)
        if neighbour is not None and not plan.ends:
            run.anomalies += await seen_of_others(system, neighbour, load.sessions())
    run.fates, run.seconds = dict(load.fates()), loop.time() - began
    run.anomalies += site.findings
    return run


async def _healed(system: System, run: Run) -> bool:
    try:
        await system.healed()
    except AssertionError as error:
        told = {name: system.told(name)["state"] for name in system.names()}
        run.anomalies.append(Anomaly("I12", f"not every process works after everything was healed: {told}: {error}"))
        return False
    return True


async def _asked(site: Site, load: Load, run: Run, tell: Tell) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run())
        for fault in () if run.plan.alone else run.plan.faults:
            group.create_task(_happen(site, fault, run, tell))
    tell("healed; waiting for lag 0")


async def a_load(system: System, plan: Plan) -> Load:
    """The wishes of the demo account."""
    async with http_as(system, system.key) as http:
        me = (await http.get("/v1/me")).json()
    return Load(system, plan, me["tenant"], me["accountId"])


async def _happen(site: Site, fault: Fault, run: Run, tell: Tell) -> None:
    await asyncio.sleep(fault.at)
    tell(f"{fault.kind} {fault.target}")
    try:
        await HAPPENINGS[fault.kind](site, fault)
    except AssertionError as error:
        run.anomalies.append(Anomaly("I12", f"{fault}: {error}"))


async def _afterwards(site: Site, load: Load, run: Run, tell: Tell) -> None:
    loop = asyncio.get_running_loop()
    for fault in run.plan.faults:
        if not run.plan.ends:
            await _happen(site, fault, run, tell)
            await _settle(site.system, load, run, loop.time(), tell)
            continue
        began = loop.time()
        tell(f"{fault.kind}; waiting until everybody has noticed")
        try:
            async with (verified if fault.kind == "byte changed" else noticed)(site, fault):
                await HAPPENINGS[fault.kind](site, fault)
        except AssertionError as error:
            run.anomalies.append(Anomaly("I5", str(error)[:1_000]))
        run.noticed = loop.time() - began


async def _settle(system: System, load: Load, run: Run, healed: float, tell: Tell) -> None:
    loop, waited = asyncio.get_running_loop(), [""]

    def waiting(what: str) -> None:
        waited.append(what)
        tell(what)

    try:
        await settled(system, waiting)
        run.recovery = loop.time() - healed
        tell("checking")
        # Once more: what a policy asked for only after the first look has to be decided, too.
        histories = await settled(system, tell)
        run.anomalies += await judged(system, load.wishes, histories)
    except AssertionError as error:
        run.anomalies.append(Anomaly("I12", str(error)))
    except Corrupt as error:
        run.anomalies.append(Anomaly("I5", str(error)))
    if run.recovery is not None and run.recovery > SETTLED_SECONDS:
        run.remarks.append(
            f"settled after {run.recovery:.1f} s, {SETTLED_SECONDS:g} s are promised; at last for {waited[-1]}"
        )


@asynccontextmanager
async def _watched(system: System, run: Run, load: Load, neighbour: Neighbour | None) -> AsyncGenerator[None]:
    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(watch(system, run.anomalies))]
        if neighbour is not None:
            watching.append(group.create_task(neighbour.watch(load.sessions)))
        yield
        for task in watching:
            task.cancel()
