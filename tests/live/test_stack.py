"""The launcher: parts that work, survive a kill, keep their data, and leave nothing behind."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from ops.settings import PROJECT
from ops.stack.endpoints import Endpoints
from ops.stack.kafka import READY_TOPIC, kafka
from ops.stack.kafka_training import prepare
from ops.stack.ports import Ports
from ops.state import live_state, read_state
from tests.live.infrastructure import CACHE, local_parts, without_urls
from tests.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

ROOT = PROJECT / ".playhead" / "test-stacks"


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Generator[Path]:
    """An empty data folder in the tree, gone afterwards."""
    path = ROOT / f"{request.node.originalname}-{os.getpid()}"
    rmtree(path, ignore_errors=True)
    yield path
    rmtree(path)


@pytest.fixture(scope="module")
def own_stack() -> Generator[Path]:
    path = ROOT / f"own-{os.getpid()}"
    with local_parts(path):
        yield path
    rmtree(path)


def processes(data_dir: Path) -> dict[str, dict[str, Any]]:
    return {found["name"]: found for found in (read_state(data_dir) or {"processes": []})["processes"]}


@pytest.mark.parametrize("name", ["kafka", "mongo", "postgres", "valkey"])
async def test_a_part_that_is_killed_is_started_again_on_the_same_port(name: str, own_stack: Path) -> None:
    before = processes(own_stack)[name]

    async def started_again() -> dict[str, Any] | None:
        found = processes(own_stack)[name]
        return found if found["restarts"] > before["restarts"] and found["state"] == "ready" else None

    os.kill(before["pid"], signal.SIGKILL)
    after = await eventually(started_again, within=90)

    assert after["port"] == before["port"]
    assert after["last_end"]
    assert "was ended by SIGKILL" in (own_stack / "logs" / "supervisor.log").read_text()


def test_a_second_launcher_says_who_holds_the_folder(own_stack: Path) -> None:
    holder = (read_state(own_stack) or {})["pid"]

    second = playhead_supervisor(own_stack)

    assert second.returncode == 1
    assert f"in use by process {holder}" in second.stderr
    assert "playhead down" in second.stderr


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence() -> None:
    refused = playhead_supervisor(Path("/proc/playhead"))

    assert refused.returncode == 1
    assert "cannot be written" in refused.stderr
    assert "PLAYHEAD_DATA" in refused.stderr


async def test_everything_dies_with_a_supervisor_that_is_killed_and_starts_again_at_once(folder: Path) -> None:
    running = playhead("up", "--parts-only", "--json", folder=folder)
    pids = {found["pid"] for found in json.loads(running.stdout)["processes"]}

    os.kill(json.loads(running.stdout)["pid"], signal.SIGKILL)

    async def all_gone() -> bool:
        return not any(is_alive(pid) for pid in pids)

    await eventually(all_gone, within=10)
    assert playhead("status", folder=folder).returncode == 3
    again = playhead("up", "--parts-only", "--json", folder=folder)
    assert {found["state"] for found in json.loads(again.stdout)["processes"]} == {"ready"}
    assert playhead("status", "--json", folder=folder).returncode == 0
    assert "already" in playhead("up", "--parts-only", folder=folder).stderr
    assert playhead("down", folder=folder).returncode == 0
    assert live_state(folder) is None


async def test_a_stop_during_the_start_is_heard(folder: Path) -> None:
    starting = supervisor(folder)

    async def begun() -> set[int] | None:
        return {found["pid"] for found in processes(folder).values()} or None

    pids = await eventually(begun, within=30)
    starting.terminate()

    assert await asyncio.to_thread(starting.wait, 30) == 0
    assert not any(is_alive(pid) for pid in pids)
    assert read_state(folder) is None


async def test_kafka_starts_from_prepared_classes_once_they_are_made(folder: Path) -> None:
    async def made() -> str | None:
        await prepare(CACHE)
        program = kafka(folder, CACHE, Ports(folder / "ports.json"), folder, lambda _done, _of: None, durable=False)
        return next((option for option in program.argv if option.startswith("-XX:AOTCache=")), None)

    used = await eventually(made, within=200)

    with local_parts(folder):
        running = processes(folder)["kafka"]["pid"]
        assert used in command_line(running)
    assert not (CACHE / "kafka-training").exists()


@pytest.mark.req(47)
def test_a_part_that_is_given_by_a_url_is_not_started(folder: Path) -> None:
    given_urls = {"MONGODB_URI": "mongodb://elsewhere:27017", "KAFKA_BOOTSTRAP_SERVERS": "elsewhere:9092"}
    with local_parts(folder, **given_urls) as given:
        assert given.mongodb == "mongodb://elsewhere:27017"
        assert given.kafka == "elsewhere:9092"
        assert processes(folder).keys() == {"postgres", "valkey"}


@pytest.mark.req(47)
async def test_data_survives_a_stop_and_a_move_to_other_ports(folder: Path) -> None:
    with local_parts(folder) as first:
        await execute(first, "CREATE TABLE kept AS SELECT 42 AS answer")
        offset = await produce(first, b"kept")
        pids = {found["pid"] for found in processes(folder).values()}

    assert not any(is_alive(pid) for pid in pids)
    assert read_state(folder) is None

    with taken(json.loads((folder / "ports.json").read_text()).values()), local_parts(folder) as second:
        assert second.kafka != first.kafka
        assert second.mongodb != first.mongodb
        told = (read_state(folder) or {})["remarks"]
        assert any("kafka is taken by another program" in remark for remark in told)
        async with connection(second) as database:
            assert await database.fetchval("SELECT answer FROM kept") == 42
        assert await consume(second, offset) == b"kept"


@contextmanager
def taken(ports: Iterable[int]) -> Generator[None]:
    """Somebody else has all of these, though connections to the one before may linger."""
    with ExitStack() as holders:
        for port in ports:
            holder = holders.enter_context(socket.socket())
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", port))
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        yield


@asynccontextmanager
async def connection(endpoints: Endpoints) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    opened = await asyncpg.connect(endpoints.postgres, timeout=10)
    try:
        yield opened
    finally:
        await opened.close(timeout=10)


async def execute(endpoints: Endpoints, statement: str) -> None:
    async with connection(endpoints) as database:
        await database.execute(statement)


async def produce(endpoints: Endpoints, value: bytes) -> int:
    producer = AIOKafkaProducer(bootstrap_servers=endpoints.kafka, acks="all")
    await producer.start()
    try:
        return (await producer.send_and_wait(READY_TOPIC, value)).offset
    finally:
        await producer.stop()


async def consume(endpoints: Endpoints, offset: int) -> bytes | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=endpoints.kafka)
    await consumer.start()
    try:
        partition = TopicPartition(READY_TOPIC, 0)
        consumer.assign([partition])
        consumer.seek(partition, offset)
        return (await asyncio.wait_for(consumer.getone(), 10)).value
    finally:
        await consumer.stop()


def playhead(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return run("ops", *arguments, folder=folder)


def supervisor(folder: Path) -> "subprocess.Popen[bytes]":
    arguments = ("--data", str(folder), "--parts-only")
    return subprocess.Popen((sys.executable, "-m", "ops.supervisor", *arguments), cwd=PROJECT, env=without_urls())


def playhead_supervisor(folder: Path) -> "subprocess.CompletedProcess[str]":
    return run("ops.supervisor", "--parts-only", folder=folder)


def run(module: str, *arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (sys.executable, "-m", module, *arguments),
        cwd=PROJECT,
        env={**without_urls(), "PLAYHEAD_DATA": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def command_line(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def is_alive(pid: int) -> bool:
    """Running; what only waits to be collected by its parent is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
