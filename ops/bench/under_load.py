"""Every projector is made again, switched to and taken back, while commands come at 50 a second and readers read.

The p99 from a command to its visible outcome during a rebuild is set beside the p99 just before it, in turn for each
projector, so that a noisy neighbour meets both. An operator's commands do the work, in processes of their own. A reader
who finds nothing, fails, or finds less than he has found before makes every figure wrong.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from contracts.envelope import Command
from contracts.topics import COMMANDS_OF
from eventlog import clock
from eventlog.kafka import KafkaSender
from eventlog.read.mongo import MongoDatabase
from eventlog.read.postgres import Pool
from ops.bench.commands import TENANT, commands
from ops.bench.measure import Figure, percentile
from ops.bench.open_loop import OpenLoop, Seen, opened
from ops.commands.projectors import KNOWN
from ops.commands.reach import documents, endpoints, kafka, postgres
from ops.settings import PROJECT, OpsSettings
from ops.stack.part import StackError

RATE = 50
BEFORE_SECONDS = 20.0
"""How long the commands come alone before each rebuild."""
LATE_SECONDS = 60.0
SWITCH_MILLISECONDS = 1_000
SLOWER = 1.1
"""The p99 during a rebuild may be so many times the one without."""
AT_ONCE = 4_000
LOOK_SECONDS = 1.0
STUCK_SECONDS = 60.0
READ_AGAIN_SECONDS = 0.05
READ = 40
FACTS = """
SELECT count(*) AS sessions, coalesce(sum(version), 0)::bigint AS versions
FROM analytics.fact_session WHERE tenant_id = $1 AND stream = ANY($2)
"""

Tell = Callable[[str, int, int], None]
"""What is done, how much of it, of how much."""


class Stretch(NamedTuple):
    """One projector: the moments, in the loop's seconds, when its rebuild began and when all of it was over."""

    projector: str
    began: float
    ended: float
    before: float
    """When the commands had begun to come alone."""
    switches: list[float]
    """There and back, in milliseconds."""
    records: int


async def rebuilt_under_load(settings: OpsSettings, commits: int, throttle: int, tell: Tell) -> list[Figure]:
    """On the running services, `playhead up` before; the log of sessions is filled up to so many commits first.

    `throttle`: records a second that a rebuild folds, 0 for as many as it can.
    """
    await _fill(settings, commits, tell)
    ended = asyncio.Event()
    async with opened(settings, RATE) as sending, _read(settings) as readers:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(sending.send(_endless(), ended))
            try:
                stretches = [await _stretch(name, number, throttle, tell) for number, name in enumerate(KNOWN)]
            finally:
                ended.set()
        await sending.until_all_are_seen(LATE_SECONDS)
    return _figures(sending, stretches, readers)


async def _fill(settings: OpsSettings, commits: int, tell: Tell) -> None:
    """Commands until the log of sessions has at least so many commits; then wait until every projector has read it."""
    missing = commits - _of_sessions(await _operator("projections"))
    sender = KafkaSender(kafka(settings), COMMANDS_OF)
    await sender.start()
    try:
        for done in range(0, missing, AT_ONCE):
            await sender.send(commands(AT_ONCE, clock.new_id().int, rendered=False))
            tell("commands sent", min(done + AT_ONCE, missing), missing)
    finally:
        await sender.close()
    loop = asyncio.get_running_loop()
    last, moved = -1, loop.time()
    while True:
        rows = await _operator("projections")
        done, lag = sum(row["position"] for row in rows), sum(row["lag"] for row in rows)
        if _of_sessions(rows) >= commits and not lag:
            return
        if done != last:
            last, moved = done, loop.time()
        elif loop.time() - moved > STUCK_SECONDS:
            raise StackError(f"the projectors stand still, {lag} records behind; `playhead projections` tells which")
        tell("records read", done, done + lag)
        await asyncio.sleep(LOOK_SECONDS)


def _of_sessions(rows: Sequence[Mapping[str, Any]]) -> int:
    """Commits in the log of sessions."""
    return next(row["position"] + row["lag"] for row in rows if row["projector"] == "session.mongo-projector")


def _endless() -> Iterator[Command]:
    while True:
        yield from commands(AT_ONCE, clock.new_id().int, rendered=False)


async def _stretch(name: str, number: int, throttle: int, tell: Tell) -> Stretch:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await asyncio.sleep(BEFORE_SECONDS)
    began = loop.time()
    there = await _operator("rebuild", name, "--throttle", str(throttle))
    back = await _operator("rollback", name)
    await _operator("rollback", name, "--forget")
    tell("projectors made again", number + 1, len(KNOWN))
    switches = [one["switchSeconds"] * 1_000 for one in (there, back)]
    return Stretch(name, began, loop.time(), before, switches, there["records"])


async def _operator(*verb: str) -> Any:
    """What a command of an operator's told at its end. Raises `StackError` where it failed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops", *verb, "--json"),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, complaint = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    told = said.decode().strip()
    if process.returncode:
        why = "\n".join(one for one in (told, complaint.decode(errors="replace").strip()) if one)
        raise StackError(f"playhead {' '.join(verb)}: exit {process.returncode}: {why}")
    return json.loads(told.splitlines()[-1])


class Readers:
    """How often they read, and what they found that is wrong."""

    def __init__(self) -> None:
        self.reads = 0
        self.wrong: list[str] = []

    async def read(self, what: str, ask: Callable[[], Awaitable[tuple[int, int]]]) -> None:
        """Again and again, until it is cancelled: never less, and nothing older, than before."""
        most = (0, 0)
        while True:
            try:
                found = await ask()
            except Exception as error:  # noqa: BLE001 - a failed read of whatever kind is what is looked for
                self.wrong.append(f"{what}: {type(error).__name__}: {error}")
            else:
                if found[0] < most[0] or found[1] < most[1] or not found[0]:
                    self.wrong.append(f"{what}: {found} after {most}")
                most = max(most[0], found[0]), max(most[1], found[1])
                self.reads += 1
            await asyncio.sleep(READ_AGAIN_SECONDS)


@asynccontextmanager
async def _read(settings: OpsSettings) -> AsyncGenerator[Readers]:
    """Two readers of the first sessions, one a store."""
    database = MongoDatabase.connect(endpoints(settings).mongodb, documents(settings), application="playhead-bench")
    readers = Readers()
    try:
        async with postgres(settings, "playhead-bench") as pool, asyncio.TaskGroup() as tasks:
            first = [one["_id"] for one in await _first(database)]
            if not first:
                raise StackError("no session of the benchmark is projected: the session service has decided none")
            reading = [
                tasks.create_task(readers.read("MongoDB", lambda: _documents(database))),
                tasks.create_task(readers.read("PostgreSQL", lambda: _facts(pool, first))),
            ]
            try:
                yield readers
            finally:
                for one in reading:
                    one.cancel()
    finally:
        database.close()


async def _first(database: MongoDatabase) -> list[Any]:
    sessions = database.of_tenant("sessions", TENANT)
    return await sessions.find({}, sort=[("createdAt", 1), ("_id", 1)], limit=READ, without=["script"])


async def _documents(database: MongoDatabase) -> tuple[int, int]:
    found = await _first(database)
    return len(found), sum(one["version"] for one in found)


async def _facts(pool: Pool, ids: list[str]) -> tuple[int, int]:
    row = await pool.fetchrow(FACTS, TENANT, ids)
    return (0, 0) if row is None else (row["sessions"], row["versions"])


def _figures(sending: OpenLoop, stretches: list[Stretch], readers: Readers) -> list[Figure]:
    seen = sending.seen()
    alone = [_p99(seen, one.before, one.began) for one in stretches]
    beside = [_p99(seen, one.began, one.ended) for one in stretches]
    missing = sum(one.visible is None for one in seen)
    correct = not missing and not readers.wrong and readers.reads > 0
    told = [f"{len(seen)} commands, {missing} missing; {readers.reads} reads, {len(readers.wrong)} wrong"]
    told += readers.wrong[:5]
    told += [
        f"{one.projector}: {one.records} records in {one.ended - one.began:.1f} s; p99 {without:.0f} ms alone, "
        f"{during:.0f} ms beside; switches {', '.join(f'{switch:.0f} ms' for switch in one.switches)}"
        for one, without, during in zip(stretches, alone, beside, strict=True)
    ]
    switches = [switch for one in stretches for switch in one.switches]
    return [
        Figure(
            id="C1 p99",
            what=f"command to visible outcome beside a rebuild, p99 at {RATE}/s",
            unit="ms",
            ours=beside,
            limit_name="without one",
            limit=alone,
            goal_ratio=SLOWER,
            at_least=False,
            correct=correct,
            notes=told,
        ),
        Figure(
            id="C1 switch",
            what="the slowest switch, there or back",
            unit="ms",
            ours=[max(switches)],
            limit_name="what was promised",
            limit=[SWITCH_MILLISECONDS],
            goal_ratio=1,
            at_least=False,
            correct=correct,
        ),
    ]


def _p99(seen: list[Seen], since: float, until: float) -> float:
    return percentile(sorted(one.milliseconds for one in seen if since <= one.intended < until), 0.99)
