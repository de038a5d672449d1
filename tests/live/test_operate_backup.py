"""The drill: back up, lose everything, restore, all by command, on a stack of the test's own."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from blobs.memory import MemoryBlobs
from contracts.messages.session import DeleteSession
from contracts.topics import RENDER_COMMANDS
from eventlog.clock import new_id
from eventlog.kafka import KafkaAccess, KafkaEventLog
from eventlog.memory import MemoryEventLog
from ops.backup.taking import take
from tests.bdd import NOON
from tests.eventlog.archive.logs import quiet
from tests.flows.world import World
from tests.live.infrastructure import local_parts
from tests.live.operating import playhead

pytestmark = [pytest.mark.live, pytest.mark.timeout(900), pytest.mark.req(13, 37, 46, 74, 76, 79)]
FILM = b"a film" * 100_000


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncGenerator[dict[str, str]]:
    """A stack of parts, as `playhead up --parts-only` starts it."""
    with local_parts(tmp_path / "stack", PLAYHEAD_PARTITIONS="1") as parts:
        found = {"PLAYHEAD_DATA": str(tmp_path / "stack"), "PLAYHEAD_PARTITIONS": "1"}
        yield {**found, "test.postgres": parts.postgres, "test.kafka": parts.kafka}


async def a_backup(folder: Path) -> int:
    """Of what real rules make of a story; how many records."""
    world, blobs = World(), MemoryBlobs()
    world.send(DeleteSession())
    await blobs.put(FILM)
    logs = {}
    for service in (world.session, world.render):
        log = MemoryEventLog(service.topic, 1)
        log.partitions[0] = service.log
        logs[service.topic] = (log, range(1))
    return (await take(folder, logs, blobs, "", lambda: NOON, quiet)).records


def segments(folder: Path) -> dict[str, bytes]:
    """The log in a backup: name to bytes."""
    return {path.name: path.read_bytes() for path in (folder / "log" / "segments").rglob("*.zst")}


async def test_what_was_backed_up_comes_back_and_what_does_not_fit_is_refused(
    settings: dict[str, str], tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    records = await a_backup(first)
    assert (await playhead(settings, "migrate")).code == 0
    whole = await playhead(settings, "restore", str(first), "--dry-run", "--json")
    assert whole.told["records"] == records, whole.err
    restored = await playhead(settings, "restore", str(first), "--json")
    assert restored.told["appended"] == records, restored.err
    assert (await playhead(settings, "log", "verify")).code == 0
    taken = await playhead(settings, "backup", str(second), "--json")
    assert taken.code == 0, taken.err
    assert segments(second) == segments(first)
    assert (await playhead(settings, "backup", str(second))).code == 1

    await cleanup_asks_for_what_is_due(settings)
    gone = await playhead(settings, "reset", "--everything", typed="reset\n")
    assert gone.code == 0, gone.err
    assert (await playhead(settings, "topics")).code == 0
    other = await playhead(settings, "restore", str(second))
    assert other.code == 1
    assert "another record at offset 0" in other.err
    assert (await playhead(settings, "reset", "--everything", "--yes")).code == 0
    damaged = next((second / "blobs").glob("*/*/*"))
    await asyncio.to_thread(damaged.write_bytes, b"altered")
    harmed = await playhead(settings, "restore", str(second))
    assert harmed.code == 1
    assert damaged.name in harmed.out
    back = await playhead(settings, "restore", str(first), "--json")
    assert back.told["appended"] == records, back.err
    assert back.told["put"] == 1


async def cleanup_asks_for_what_is_due(settings: dict[str, str]) -> None:
    """A job that failed long ago is asked to go, by a command in the log."""
    assert (await playhead(settings, "topics")).code == 0
    connection = await asyncpg.connect(settings["test.postgres"])
    await connection.execute(
        "INSERT INTO retention.jobs (stream, tenant_id, job_id, ended, ended_at, version) VALUES ($1, 'tests', $2, "
        "'failed', now() - interval '8 days', 3)",
        f"job-{new_id()}",
        new_id(),
    )
    await connection.close()
    said = await playhead(settings, "maintenance", "cleanup", "--json")
    assert said.told["forgotten_jobs"] == 1, said.err
    log = KafkaEventLog(KafkaAccess(settings["test.kafka"]), RENDER_COMMANDS.name)
    await log.start()
    assert await log.end(0) == 1
    await log.close()
