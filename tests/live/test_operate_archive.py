"""The log, archived out of a real Kafka to S3 and to a folder, checked, lost, and brought back, all by command."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from contracts.messages.session import DeleteSession
from eventlog.archive.directory import DirectoryArchive
from eventlog.archive.writing import archive, ends_of
from eventlog.memory import MemoryEventLog
from tests.bdd import NOON
from tests.eventlog.archive.logs import quiet
from tests.eventlog.archive.s3 import BUCKET, s3_server
from tests.flows.world import World
from tests.live.infrastructure import local_parts
from tests.live.operating import playhead

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncGenerator[dict[str, str]]:
    """A stack of parts, as `playhead up --parts-only` starts it; and an S3."""
    with local_parts(tmp_path / "stack", PLAYHEAD_PARTITIONS="1"):
        async with s3_server() as server:
            yield {
                "PLAYHEAD_DATA": str(tmp_path / "stack"),
                "PLAYHEAD_PARTITIONS": "1",
                "AWS_ENDPOINT_URL": server["endpoint"],
                "AWS_ACCESS_KEY_ID": server["access_key_id"],
                "AWS_SECRET_ACCESS_KEY": server["secret_access_key"],
                "AWS_REGION": server["region"],
                "AWS_ALLOW_HTTP": "true",
            }


async def an_archive(folder: Path) -> int:
    """Of what real rules make of a story; how many records."""
    world = World()
    world.send(DeleteSession())
    logs: dict[str, MemoryEventLog] = {}
    for service in (world.session, world.render):
        logs[service.topic] = MemoryEventLog(service.topic, 1)
        logs[service.topic].partitions[0] = service.log
    ends = await ends_of({name: (log, range(1)) for name, log in logs.items()})
    return (await archive(DirectoryArchive(folder), logs, ends, "", lambda: NOON, quiet)).records


async def test_a_log_goes_to_s3_and_comes_back_and_what_was_altered_or_does_not_fit_is_refused(
    settings: dict[str, str], tmp_path: Path
) -> None:
    first, second = str(tmp_path / "first"), f"s3://{BUCKET}/second"
    records = await an_archive(tmp_path / "first")
    assert (await playhead(settings, "migrate")).code == 0
    would = await playhead(settings, "archive", "--restore", "--to", first, "--dry-run", "--json")
    assert (would.told["records"], would.told["appended"]) == (records, 0), would.err
    other = await playhead({**settings, "PLAYHEAD_PARTITIONS": "3"}, "archive", "--restore", "--to", first)
    assert other.code == 1
    assert "the archive has 1 partition(s) a topic, PLAYHEAD_PARTITIONS says 3" in other.err
    restored = await playhead(settings, "archive", "--restore", "--to", first, "--json")
    assert restored.told["appended"] == records, restored.err
    again = await playhead(settings, "archive", "--restore", "--to", first, "--json")
    assert (again.told["appended"], again.told["thereBefore"]) == (0, records), again.err

    taken = await playhead(settings, "archive", "--to", second, "--json")
    assert taken.told["new"] == records, taken.err
    assert taken.told["topics"] == restored.told["topics"]
    assert (await playhead(settings, "archive", "--to", second, "--json")).told["new"] == 0
    checked = await playhead(settings, "archive", "--verify", "--to", second, "--json")
    assert (checked.code, checked.told["records"], checked.told["wrong"]) == (0, records, [])

    await what_is_altered_is_named(tmp_path / "first")
    assert (await playhead(settings, "reset", "--everything", "--yes")).code == 0
    assert (await playhead(settings, "topics")).code == 0
    beside = await playhead(settings, "archive", "--restore", "--to", second)
    assert beside.code == 1
    assert "another record at offset 0" in beside.err
    diverged = await playhead(settings, "archive", "--to", second)
    assert diverged.code == 1
    assert "log diverged" in diverged.err


async def what_is_altered_is_named(folder: Path) -> None:
    """Without a stack: nothing runs where this command looks."""
    nothing = {"PLAYHEAD_DATA": str(folder / "nothing")}
    segment = next((folder / "segments").rglob("*.zst"))
    content = bytearray(await asyncio.to_thread(segment.read_bytes))
    content[len(content) // 2] ^= 1
    await asyncio.to_thread(segment.write_bytes, content)
    found = await playhead(nothing, "archive", "--verify", "--to", str(folder))
    assert found.code == 1
    assert f"{segment.name} (playhead." in found.out
    nowhere = await playhead(nothing, "archive", "--verify")
    assert (nowhere.code, "PLAYHEAD_ARCHIVE_URL" in nowhere.out) == (2, True)
