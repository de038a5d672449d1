"""The launcher: parts that work, survive a kill, keep their data, and leave nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from ops.settings import PROJECT
from ops.stack.kafka import READY_TOPIC
from ops.state import read_state
from tests.live.infrastructure import local_parts
from tests.waiting import eventually

pytestmark = pytest.mark.live


DATA_DIR = PROJECT / ".playhead" / "test-stack"
SECOND_DIR = PROJECT / ".playhead" / "test-stack-2"


@pytest.fixture(scope="module")
def own_stack() -> Generator[Path]:
    with local_parts(DATA_DIR):
        yield DATA_DIR


def process(data_dir: Path, name: str) -> dict[str, Any]:
    state = read_state(data_dir)
    assert state is not None
    return next(found for found in state["processes"] if found["name"] == name)


@pytest.mark.parametrize("name", ["kafka", "mongo", "postgres", "valkey"])
async def test_a_part_that_is_killed_is_started_again_on_the_same_port(name: str, own_stack: Path) -> None:
    before = process(own_stack, name)
    os.kill(before["pid"], signal.SIGKILL)

    after = await eventually(lambda: restarted(own_stack, name), within=60)

    assert after["port"] == before["port"]
    assert "SIGKILL" in after["last_end"]


async def restarted(data_dir: Path, name: str) -> dict[str, Any] | None:
    found = process(data_dir, name)
    return found if found["restarts"] == 1 and found["state"] == "ready" else None


def test_a_second_launcher_says_who_holds_the_folder(own_stack: Path) -> None:
    holder = (read_state(own_stack) or {})["pid"]

    second = supervisor(own_stack)

    assert second.returncode == 1
    assert f"in use by process {holder}" in second.stderr
    assert "playhead down" in second.stderr


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence() -> None:
    refused = supervisor(Path("/proc/playhead"))

    assert refused.returncode == 1
    assert "cannot be written" in refused.stderr
    assert "PLAYHEAD_DATA" in refused.stderr


def supervisor(data_dir: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (sys.executable, "-m", "ops.supervisor", "--parts-only"),
        cwd=PROJECT,
        env={**os.environ, "PLAYHEAD_DATA": str(data_dir)},  # noqa: TID251 - handed on as it is
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_part_that_is_given_by_a_url_is_not_started() -> None:
    with local_parts(
        SECOND_DIR, MONGODB_URI="mongodb://elsewhere:27017", DATABASE_URL="postgresql://elsewhere/x"
    ) as given:
        assert given.mongodb == "mongodb://elsewhere:27017"
        assert {found["name"] for found in (read_state(SECOND_DIR) or {})["processes"]} == {"kafka", "valkey"}


async def test_data_survives_a_stop_and_nothing_is_left_running() -> None:
    with local_parts(SECOND_DIR) as first:
        connection = await asyncpg.connect(first.postgres)
        await connection.execute("DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer")
        await connection.close()
        producer = AIOKafkaProducer(bootstrap_servers=first.kafka, acks="all")
        await producer.start()
        sent = await producer.send_and_wait(READY_TOPIC, b"kept")
        await producer.stop()
        pids = {found["pid"] for found in (read_state(SECOND_DIR) or {})["processes"]}

    assert pids & running() == set()
    assert read_state(SECOND_DIR) is None

    with local_parts(SECOND_DIR) as second:
        connection = await asyncpg.connect(second.postgres)
        assert await connection.fetchval("SELECT answer FROM kept") == 42
        await connection.close()
        consumer = AIOKafkaConsumer(bootstrap_servers=second.kafka)
        await consumer.start()
        partition = TopicPartition(READY_TOPIC, 0)
        consumer.assign([partition])
        consumer.seek(partition, sent.offset)
        assert (await consumer.getone()).value == b"kept"
        await consumer.stop()


def running() -> set[int]:
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
