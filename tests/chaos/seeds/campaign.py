"""Runs of one system, one plan after the other: load and faults, everything healed, everything checked."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from eventlog.errors import Corrupt
from tests.chaos.seeds.faults import HAPPENINGS, Site
from tests.chaos.seeds.judge import SETTLED_SECONDS, Anomaly, judged, settled, watch
from tests.chaos.seeds.load import Load, http_of
from tests.chaos.seeds.plan import Fault, Plan
from tests.chaos.seeds.wires import Wire
from tests.chaos.system import System

Tell = Callable[[str], None]


@dataclass(slots=True)
class Run:
    """What came of one plan. `recovery`: seconds from the end of the last fault to lag 0 with every job over, None
    where that was not seen; `back`: seconds until what was ended worked again."""

    plan: Plan
    fates: Mapping[str, int] = field(default_factory=dict[str, int])
    anomalies: list[Anomaly] = field(default_factory=list[Anomaly])
    recovery: float | None = None
    back: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    remarks: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    def told(self) -> dict[str, Any]:
        """As it is written into the report."""
        return asdict(self) | {"anomalies": [one._asdict() for one in self.anomalies]}


async def run(system: System, wires: Mapping[str, Wire], plan: Plan, tell: Tell) -> Run:
    """One plan, to its end."""
    loop = asyncio.get_running_loop()
    began, run = loop.time(), Run(plan)
    site = Site(system, plan.seed, wires, remarks=run.remarks, back=run.back)
    load = await _a_load(system, plan)
    if plan.film:
        system.forget_outputs()
    try:
        async with _watched(system, run):
            async with asyncio.TaskGroup() as group:
                group.create_task(load.run())
                for fault in plan.faults:
                    group.create_task(_happen(site, fault, run, tell))
            tell("healed; waiting for lag 0")
            healed = loop.time()
            await system.healed()
            await load.again()
            await _settle(system, load, run, healed, tell)
    finally:
        await load.close()
    run.fates, run.seconds = dict(load.fates()), loop.time() - began
    run.anomalies += [Anomaly("I9", what) for what in site.findings]
    return run


async def _a_load(system: System, plan: Plan) -> Load:
    async with http_of(system) as http:
        me = (await http.get("/v1/me")).json()
    return Load(system, plan, me["tenant"], me["accountId"])


async def _happen(site: Site, fault: Fault, run: Run, tell: Tell) -> None:
    await asyncio.sleep(fault.at)
    tell(f"{fault.kind} {fault.target}")
    try:
        await HAPPENINGS[fault.kind](site, fault)
    except AssertionError as error:
        run.anomalies.append(Anomaly("I12", f"{fault}: {error}"))


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
async def _watched(system: System, run: Run) -> AsyncGenerator[None]:
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch(system, run.anomalies))
        yield
        watching.cancel()
