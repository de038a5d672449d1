"""How fast: P3 and P3b beside the library eventsourcing, P2 beside Celery. Ours and the rival in turn."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from contracts.envelope import Command
from contracts.topics import COMMANDS_OF, HOUR_MS, Topic
from eventlog import clock
from eventlog.kafka import KafkaEventLog, KafkaSender, create_topics
from ops.bench import log, visible
from ops.bench.commands import TENANT, commands
from ops.bench.measure import Figure, in_turn
from ops.bench.rivals.losses import Told
from ops.bench.rivals.sourced import Studio
from ops.bench.rivals.sourcing import projecting
from ops.bench.rivals.tables import tables
from ops.bench.rivals.waiting import until
from ops.commands.reach import endpoints, kafka, mongo, postgres
from ops.settings import OpsSettings

ROUNDS = 3
MANY, FEW = 5_000, 300
"""Commands of a round, ours and the library's: each runs for about a second."""
LATENCIES, WARM_UP = 250, 50
SECONDS = 60.0
_RIVAL = "eventsourcing on PostgreSQL"
_SHOWN = "SELECT count(*) FROM platform.session_audit WHERE tenant_id = $1 AND actor = $2"


async def speed(settings: OpsSettings, folder: Path, told: Told) -> list[Figure]:
    """The three, on the running services."""
    figures: list[Figure] = []
    for place, measure in enumerate((_decided, _shown, _latency)):
        told("speed", place, 3)
        figures.append(await measure(settings, folder))
    told("speed", 3, 3)
    return figures


async def _decided(settings: OpsSettings, folder: Path) -> Figure:
    """P3: from a command to a durable fact, one process each."""
    topic = Topic(f"playhead.bench.{_mark()}.events", "stream id", HOUR_MS, ("ops",), ("ops",), chained=True)
    await create_topics(kafka(settings), [topic], partitions=1, replication=1)
    events = KafkaEventLog(kafka(settings), topic.name)
    await events.start()
    commits: list[int] = []
    try:
        async with tables(endpoints(settings).postgres) as kept:
            studio = Studio(env=dict(kept.for_eventsourcing()))

            async def ours() -> float:
                counted, seconds = await log.decided(events, folder, _given(MANY))
                commits.append(counted)
                return MANY / seconds

            async def theirs() -> float:
                given, began = _given(FEW), _now()
                await asyncio.to_thread(_do, studio, given)
                return FEW / (_now() - began)

            mine, rival = await in_turn(ours, theirs, ROUNDS)
            await asyncio.to_thread(studio.close)
    finally:
        await events.close()
    return Figure(
        id="P3",
        what="command to durable fact, one process",
        unit="commands/s",
        ours=mine,
        limit_name=_RIVAL,
        limit=rival,
        goal_ratio=20,
        correct=commits == [MANY] * len(commits),
        notes=["the library: one aggregate is read, changed and saved a command, by one thread"],
    )


async def _shown(settings: OpsSettings, _: Path) -> Figure:
    """P3b: from a command to what its readers see, ours in MongoDB and PostgreSQL, theirs in PostgreSQL."""
    async with tables(endpoints(settings).postgres) as kept:
        studio = Studio(env=dict(kept.for_eventsourcing()))

        async def theirs() -> float:
            before, given, began = await kept.done(), _given(FEW), _now()
            await asyncio.to_thread(_do, studio, given)

            async def shown() -> bool:
                return await kept.done() >= before + FEW

            await until(shown, SECONDS, _RIVAL, f"{FEW} events were not projected")
            return FEW / (_now() - began)

        async with projecting(kept):
            mine, rival = await in_turn(lambda: _pipeline(settings, _given(MANY)), theirs, ROUNDS)
        await asyncio.to_thread(studio.close)
    return Figure(
        id="P3b",
        what="command to document and row, whole pipeline",
        unit="commands/s",
        ours=mine,
        limit_name=f"{_RIVAL}, projected",
        limit=rival,
        goal_ratio=4,
        correct=True,
        notes=[
            "ours: the running services, policies and all; the clock stops when the outcomes in MongoDB and the trail"
            " in PostgreSQL are complete. The library: a projection with tracking in a process of its own"
        ],
    )


async def _pipeline(settings: OpsSettings, given: Sequence[Command]) -> float:
    actor = given[0].actor
    sender = KafkaSender(kafka(settings), COMMANDS_OF)
    await sender.start()
    async with mongo(settings, "playhead-bench") as documents, postgres(settings, "playhead-bench") as pool:
        outcomes = documents.of_tenant("session_commands", TENANT)

        async def shown() -> bool:
            return await outcomes.count({"actor": actor}, limit=len(given)) == len(given) and await pool.fetchval(
                _SHOWN, TENANT, actor
            ) == len(given)

        began = _now()
        try:
            for first in range(0, len(given), log.BATCH):
                await sender.send(given[first : first + log.BATCH])
            await until(shown, SECONDS, "Playhead", f"not all of {len(given)} commands showed")
        finally:
            await sender.close()
        return len(given) / (_now() - began)


async def _latency(settings: OpsSettings, _: Path) -> Figure:
    """P2, with fewer commands than `playhead bench visible` takes."""
    return await visible.command_to_document(settings, LATENCIES, WARM_UP, ROUNDS)


def _do(studio: Studio, given: Sequence[Command]) -> None:
    for command in given:
        studio.do(command)


def _given(count: int) -> list[Command]:
    """New ones, all of an actor of their own."""
    actor = f"bench-{_mark()}"
    made = commands(count, clock.new_id().int, rendered=False)
    return [msgspec.structs.replace(command, actor=actor) for command in made]


def _mark() -> str:
    return str(clock.new_id())[-12:]


def _now() -> float:
    return asyncio.get_running_loop().time()
