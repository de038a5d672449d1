"""A service as a process: ready when it works, drained by SIGTERM, ended by what does not pass, replaced by another."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import httpx
import pytest

from contracts.envelope import Command
from eventlog.kafka import KafkaAccess, KafkaEventLog, KafkaSender, create_topics
from ops.settings import PROJECT
from tests.eventlog.toys import accepted, add
from tests.live.kafka_topics import a_topic, delete_topics
from tests.plain_http import plain_http
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]
PARTITIONS = 4


class Stack(Protocol):
    @property
    def kafka(self) -> str: ...


class Toy(NamedTuple):
    """The toy's topics, and a way to send and to look."""

    access: KafkaAccess
    commands: str
    events: KafkaEventLog
    sender: KafkaSender

    async def handled(self) -> list[UUID]:
        """The command ids of all commits but the first of each partition."""
        commits = [await accepted(self.events, partition) for partition in range(PARTITIONS)]
        return [one.command_id for each in commits for one in each if one.command_type == "Add"]

    async def all_handled(self, commands: Sequence[Command], within: float = 30) -> None:
        """Each has exactly one commit."""
        wanted = sorted(command.id for command in commands)

        async def look() -> bool | None:
            return len(await self.handled()) >= len(wanted) or None

        await eventually(look, within)
        assert sorted(await self.handled()) == wanted


@pytest.fixture
async def toy(stack: Stack) -> AsyncGenerator[Toy]:
    access = KafkaAccess(stack.kafka)
    commands, events = a_topic("commands"), a_topic("events", chained=True)
    await create_topics(access, [commands, events], PARTITIONS, 1)
    log = KafkaEventLog(access, events.name)
    await log.start()
    sender = KafkaSender(access, {"toy": commands.name})
    await sender.start()
    yield Toy(access, commands.name, log, sender)
    await sender.close()
    await log.close()
    await delete_topics(access, commands.name, events.name)


class Running(NamedTuple):
    process: Process
    port: int

    async def readiness(self) -> dict[str, Any]:
        """What the probe says; empty before it says anything."""
        async with plain_http() as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2)).json()
            except httpx.TransportError:
                return {}

    async def ready(self, partitions: int, within: float = 30) -> None:
        """Return when it works on so many partitions."""

        async def look() -> bool | None:
            found = await self.readiness()
            works = [part for part in found.get("parts", {}).values() if isinstance(part, dict)]
            return (bool(found.get("ready")) and sum(map(len, works)) == partitions) or None

        await eventually(look, within)


@asynccontextmanager
async def running(toy: Toy, data: Path, port: int = 0) -> AsyncGenerator[Running]:
    port = port or free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.live.toy_service", toy.commands, toy.events.topic),
        cwd=PROJECT,
        env={
            "KAFKA_BOOTSTRAP_SERVERS": toy.access.servers,
            "PLAYHEAD_PORT": str(port),
            "PLAYHEAD_DATA": str(data),
        },
        stderr=PIPE,
        stdout=PIPE,
    )
    try:
        yield Running(process, port)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def commands_of(count: int, first: int = 0) -> list[Command]:
    return [add(n, 0, stream=f"toy-{n % 17}") for n in range(first, first + count)]


async def ended(process: Process, within: float = 20) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and the log lines."""
    async with asyncio.timeout(within):
        out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, [json.loads(line) for line in out.splitlines()]


async def test_a_service_is_ready_decides_and_drains(toy: Toy, tmp_path: Path) -> None:
    commands = commands_of(200)
    async with running(toy, tmp_path) as service:
        await service.ready(PARTITIONS)
        await toy.sender.send(commands)
        await toy.all_handled(commands)
        async with plain_http() as client:
            metrics = (await client.get(f"http://127.0.0.1:{service.port}/metrics")).text
        assert "playhead_counted_total{" in metrics
        service.process.terminate()
        code, lines = await ended(service.process, within=10)
    assert code == 0
    assert [line["event"] for line in lines][-2:] == ["draining", "drained"]


async def test_a_restarted_service_goes_on_where_it_was(toy: Toy, tmp_path: Path) -> None:
    commands = commands_of(40)
    async with running(toy, tmp_path) as service:
        await toy.sender.send(commands[:20])
        await toy.all_handled(commands[:20])
        service.process.terminate()
        await ended(service.process)
    await toy.sender.send(commands[20:])
    async with running(toy, tmp_path) as service:
        await toy.all_handled(commands)


@pytest.mark.chaos
async def test_two_members_share_and_the_survivor_of_a_kill_takes_over(toy: Toy, tmp_path: Path) -> None:
    commands = commands_of(400)
    async with running(toy, tmp_path / "one") as one, running(toy, tmp_path / "two") as two:
        await one.ready(PARTITIONS // 2)
        await two.ready(PARTITIONS // 2)
        await toy.sender.send(commands[:200])
        one.process.kill()
        await toy.sender.send(commands[200:])
        await two.ready(PARTITIONS)
        await toy.all_handled(commands)


@pytest.mark.chaos
async def test_a_frozen_member_that_wakes_beside_its_successor_changes_nothing(toy: Toy, tmp_path: Path) -> None:
    commands = commands_of(600)
    async with running(toy, tmp_path) as zombie:
        await zombie.ready(PARTITIONS)
        await toy.sender.send(commands[:200])
        zombie.process.send_signal(signal.SIGSTOP)
        async with running(toy, tmp_path) as successor:
            await successor.ready(PARTITIONS)
            await toy.sender.send(commands[200:400])
            zombie.process.send_signal(signal.SIGCONT)
            await toy.sender.send(commands[400:])
            await toy.all_handled(commands)
            await zombie.ready(PARTITIONS // 2)


async def test_a_ledger_of_another_log_ends_the_process_with_a_sentence(toy: Toy, tmp_path: Path) -> None:
    async with running(toy, tmp_path) as service:
        await service.ready(PARTITIONS)
        service.process.terminate()
        await ended(service.process)
    await delete_topics(toy.access, toy.events.topic)

    async def recreated() -> bool | None:
        events = a_topic("any", chained=True)
        again = type(events)(name=toy.events.topic, key="any", retention_ms=-1, writers=(), readers=(), chained=True)
        return bool(await create_topics(toy.access, [again], PARTITIONS, 1)) or None

    await eventually(recreated)
    async with running(toy, tmp_path) as service:
        code, lines = await ended(service.process)
    assert code == 1
    assert lines[-1]["error"] == "Diverged"
    assert "the topic was recreated or lost its tail" in lines[-1]["detail"]


async def test_a_cluster_that_is_away_is_told_by_the_probe(tmp_path: Path, toy: Toy) -> None:
    nowhere = toy._replace(access=KafkaAccess("127.0.0.1:9"))
    async with running(nowhere, tmp_path) as service:

        async def look() -> dict[str, Any] | None:
            return await service.readiness() or None

        assert await eventually(look) == {"ready": False, "parts": {"service": "starting"}}
