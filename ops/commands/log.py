"""`playhead log`: look at the log itself, check its chain."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import msgspec
from cyclopts import App

from contracts.envelope import Commit, event_id, stream_id
from contracts.topics import COMMANDS_OF, RENDER_EVENTS, SESSION_COMMANDS, SESSION_EVENTS, TOPICS
from eventlog.commit import Position, Record, accept, start
from eventlog.errors import Diverged
from eventlog.kafka import KafkaEventLog, partition_for
from eventlog.read.replay import ReadableLog, read_log
from ops.commands.options import Json
from ops.commands.progress import bars
from ops.commands.reach import log_of
from ops.commands.versions import versions
from ops.settings import OpsSettings

app = App(name="log", help="Look at the log, check it.", result_action="return_value")

app.command(versions)
app.command("ops.commands.showing:show", name="show")  # it needs the topics that are told here

FINE, WRONG = 0, 1
TOPIC_OF: Mapping[str, str] = {
    category: SESSION_EVENTS.name if commands == SESSION_COMMANDS.name else RENDER_EVENTS.name
    for category, commands in COMMANDS_OF.items()
}
"""Category of a stream to the topic of its events."""
CHAINED = tuple(topic.name for topic in TOPICS if topic.chained)

_decode = msgspec.json.Decoder(Commit).decode


@app.command
async def cat(stream: str, *, tenant: str = "", as_json: Json = False) -> int:
    """Every commit of one stream that counts, in order.

    Parameters
    ----------
    stream
        Its name in the log (session-<uuid>), or with --tenant what people call it (session-<their id>).
    """
    category, _, public_id = stream.partition("-")
    if category not in TOPIC_OF or not public_id:
        print(f"{stream!r} is no stream: it begins with one of {', '.join(f'{name}-' for name in TOPIC_OF)}")
        return 2
    name = stream_id(category, tenant, public_id) if tenant else stream
    async with log_of(OpsSettings(), TOPIC_OF[category]) as log:
        partition = partition_for(name, log.partitions())
        found = 0
        position = start(log.topic, partition)
        async for records in read_log(log, partition, 0, await log.end(partition)):
            for record in records:
                position, counts = accept(position, record)
                if counts and record.key == name.encode():
                    found += 1
                    _print_commit(record, partition, as_json=as_json)
    if not found:
        print(f"there is no commit of {name} in {TOPIC_OF[category]}")
    return FINE if found else WRONG


@app.command
async def tail(topic: str = "", *, as_json: Json = False) -> int:
    """Commits as they are appended, until Ctrl-C; of one events topic, or of all."""
    topics = [topic] if topic else list(CHAINED)
    async with AsyncExitStack() as stack:
        logs = [await stack.enter_async_context(log_of(OpsSettings(), name)) for name in topics]
        async with asyncio.TaskGroup() as group:
            for log in logs:
                for partition in range(log.partitions()):
                    group.create_task(_follow(log, partition, as_json=as_json))
    return FINE


@app.command(name="verify")
async def verify_chains() -> int:
    """Recompute every id of every chain from its beginning. Exit 1 names what is wrong."""
    return WRONG if await verify_logs() else FINE


async def verify_logs() -> int:
    """How many partitions of the events topics are broken; each is told."""
    wrong = 0
    async with AsyncExitStack() as stack:
        for name in CHAINED:
            log = await stack.enter_async_context(log_of(OpsSettings(), name))
            for partition in range(log.partitions()):
                wrong += await _verify_chain(log, partition)
    return wrong


async def _verify_chain(log: ReadableLog, partition: int) -> int:
    position = start(log.topic, partition)
    end = await log.end(partition)
    counted = 0
    where = f"{log.topic}[{partition}]"
    try:
        with bars() as told:
            async for records in read_log(log, partition, 0, end):
                position, more = _accepted(position, records)
                counted += more
                told(where, position.next_offset, end)
    except Diverged as error:
        print(f"{where}: {error}")
        return 1
    print(f"{where}: {counted} commits count, {end - counted} ignored, head {position.head.hex()}")
    return 0


def _accepted(position: Position, records: Sequence[Record]) -> tuple[Position, int]:
    counted = 0
    for record in records:
        position, counts = accept(position, record)
        counted += counts
    return position, counted


async def _follow(log: KafkaEventLog, partition: int, *, as_json: bool) -> None:
    tail = await log.tail(partition, await log.end(partition))
    try:
        while True:
            for record in await tail.read(5.0):
                _print_commit(record, partition, as_json=as_json)
    finally:
        await tail.close()


def _print_commit(record: Record, partition: int, *, as_json: bool) -> None:
    commit = _decode(record.value)
    if as_json:
        print(json.dumps(_as_json(commit, record, partition)))
        return
    place = f"{partition}/{record.offset}"
    print(f"{place}  {commit.at.isoformat()}  {commit.stream} v{commit.version}  {commit.command_type}")
    for event in commit.events:
        print(f"    {event.type} v{event.type_version}  {bytes(event.data).decode()[:400]}")
    if commit.refusal is not None:
        print(f"    refused: {commit.refusal.code} {commit.refusal.detail}")


def _as_json(commit: Commit, record: Record, partition: int) -> dict[str, Any]:
    return {
        "partition": partition,
        "offset": record.offset,
        "id": record.id.hex(),
        "commit": msgspec.to_builtins(commit)
        | {
            "events": [
                {
                    "id": str(event_id(commit.command_id, number)),
                    "type": event.type,
                    "version": event.type_version,
                    "data": msgspec.json.decode(event.data),
                }
                for number, event in enumerate(commit.events)
            ]
        },
    }
