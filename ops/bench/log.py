"""P3: decide and append, with the ledger on disk, beside raw `send()` of the same commands.
P6: verify the chain, decode and fold, beside a bare decode of the same bytes."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from contracts.envelope import Command, Commit
from contracts.messages import SESSION_CATALOG
from contracts.topics import HOUR_MS, Topic
from eventlog import clock
from eventlog.commit import Record, accept, start
from eventlog.kafka import KafkaAccess, KafkaEventLog, create_topics
from eventlog.memory import MemoryEventLog
from eventlog.read.replay import read_log
from eventlog.write.decider import Decider
from eventlog.write.deciding import fold_version
from eventlog.write.lane import Lane
from eventlog.write.ledger import SqliteLedger
from eventlog.write.processor import Processor
from ops.bench.commands import commands
from ops.bench.measure import Figure, in_turn
from services.session.deciders import DECIDERS

COUNT = 20_000
BATCH = 500
SEED = 20_261_121
_decode = msgspec.json.Decoder(Commit).decode


async def decide_and_append(access: KafkaAccess, folder: Path) -> Figure:
    """P3, on the real broker: one partition, one process, batches of 500."""
    given = commands(COUNT, SEED)
    events, raw = _topics()
    await create_topics(access, [events, raw], partitions=1, replication=1)
    log = KafkaEventLog(access, events.name)
    await log.start()
    counted: list[int] = []

    async def ours() -> float:
        commits, seconds = await decided(log, folder, _renamed(given, len(counted)))
        counted.append(commits)
        return COUNT / seconds

    async def limit() -> float:
        return await _send(access, raw.name, given)

    try:
        mine, theirs = await in_turn(ours, limit)
    finally:
        await log.close()
    return Figure(
        id="P3",
        what="decide, append, read back, ledger on disk",
        unit="commands/s",
        ours=mine,
        limit_name="raw send()",
        limit=theirs,
        goal_ratio=0.4,
        floor=10_000,
        correct=counted == [COUNT] * len(counted),
        notes=[f"{len(counted)} runs of {COUNT} commands: {counted[0]} commits counted in each" if counted else ""],
    )


async def decided(log: KafkaEventLog, folder: Path, batch: Sequence[Command]) -> tuple[int, float]:
    """Decide these in the log's first partition, the ledger in `folder`: how many commits counted, and the seconds."""
    ledger = SqliteLedger(folder / f"{log.topic}.sqlite", fold_version(DECIDERS, SESSION_CATALOG), start(log.topic, 0))
    processor = Processor(log, 0, Lane(DECIDERS, SESSION_CATALOG, ledger, lambda _stream: True))
    await processor.start()
    before = await _counting(log)
    began = time.perf_counter()
    for first in range(0, len(batch), BATCH):
        await processor.handle(batch[first : first + BATCH])
    seconds = time.perf_counter() - began
    await processor.stop()
    ledger.close()
    return await _counting(log) - before, seconds


async def verify_and_fold() -> Figure:
    """P6, in memory: what a rebuild does before it reaches a store."""
    log = MemoryEventLog("bench", 1)
    ledger = SqliteLedger(Path(":memory:"), "bench", start("bench", 0))
    processor = Processor(log, 0, Lane(DECIDERS, SESSION_CATALOG, ledger, lambda _stream: True))
    await processor.start()
    given = commands(COUNT, SEED)
    for first in range(0, COUNT, BATCH):
        await processor.handle(given[first : first + BATCH])
    records = log.partitions[0]
    events = sum(len(_decode(record.value).events) for record in records)
    folds: list[int] = []

    async def ours() -> float:
        began = time.perf_counter()
        folds.append(len(_fold(records)))
        return events / (time.perf_counter() - began)

    async def limit() -> float:
        began = time.perf_counter()
        for record in records:
            for event in _decode(record.value).events:
                SESSION_CATALOG.decode_event(event.type, event.type_version, bytes(event.data))
        return events / (time.perf_counter() - began)

    mine, theirs = await in_turn(ours, limit)
    streams = len({command.stream for command in given})
    return Figure(
        id="P6",
        what="verify the chain, decode, fold; no store",
        unit="events/s",
        ours=mine,
        limit_name="bare decode",
        limit=theirs,
        goal_ratio=0.5,
        floor=100_000,
        correct=folds == [streams] * len(folds),
        notes=[f"{events} events of {streams} streams"],
    )


def _fold(records: Sequence[Record]) -> dict[str, Any]:
    deciders: dict[str, Decider[Any]] = {decider.category: decider for decider in DECIDERS}
    states: dict[str, Any] = {}
    position = start("bench", 0)
    for record in records:
        position, counts = accept(position, record)
        if not counts:
            raise AssertionError(f"the record at {record.offset} does not count")
        commit = _decode(record.value)
        decider = deciders[commit.stream.partition("-")[0]]
        state = states.get(commit.stream, decider.initial)
        for event in commit.events:
            for body in SESSION_CATALOG.read_event(event.type, event.type_version, bytes(event.data)):
                state = decider.evolve(state, body)
        states[commit.stream] = state
    return states


async def _send(access: KafkaAccess, topic: str, given: Sequence[Command]) -> float:
    """What the client can do when nobody decides anything: idempotent, acknowledged by all."""
    encode = msgspec.json.Encoder().encode
    producer = AIOKafkaProducer(**access.connecting(), acks="all", enable_idempotence=True, max_batch_size=262_144)
    await producer.start()
    try:
        began = time.perf_counter()
        for first in range(0, len(given), BATCH):
            waiting = [
                await producer.send(topic, encode(command), command.stream.encode(), partition=0)
                for command in given[first : first + BATCH]
            ]
            for one in waiting:
                await one
        return len(given) / (time.perf_counter() - began)
    finally:
        await producer.stop()


def _topics() -> tuple[Topic, Topic]:
    mark = str(clock.new_id())[-12:]
    return (
        Topic(f"playhead.bench.{mark}.events", "stream id", HOUR_MS, ("ops",), ("ops",), chained=True),
        Topic(f"playhead.bench.{mark}.raw", "stream id", HOUR_MS, ("ops",), ("ops",)),
    )


def _renamed(given: Sequence[Command], run: int) -> list[Command]:
    """The same commands for other streams: every run begins with streams that have no history."""
    return [
        msgspec.structs.replace(
            command, id=command.id if not run else _other(command, run), stream=f"{command.stream}-{run}"
        )
        for command in given
    ]


def _other(command: Command, run: int) -> Any:
    return type(command.id)(int=command.id.int ^ run)


async def _counting(log: KafkaEventLog) -> int:
    position = start(log.topic, 0)
    count = 0
    async for records in read_log(log, 0, 0, await log.end(0)):
        for record in records:
            position, counts = accept(position, record)
            count += counts
    return count
