"""A backup holds what cannot be made again; what is restored from it is the same log, and gives the same documents."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from blobs.memory import MemoryBlobs
from blobs.store import BlobRef
from contracts.messages.session import DeleteSession
from eventlog.archive.restoring import check_target, cut_at, restore_log
from eventlog.commit import Record, start
from eventlog.errors import Corrupt, Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projector import ProjectorLane
from ops.backup.checking import findings, logs_in
from ops.backup.manifest import MANIFEST, BackupError, Manifest, read_manifest
from ops.backup.restoring import restore_blobs
from ops.backup.taking import take
from services.session.projections import JOURNALS, PROJECTIONS
from tests.bdd import NOON
from tests.eventlog.toys import commit_in
from tests.flows.world import World

pytestmark = pytest.mark.req(13, 37, 46, 79)
FILM = b"a film of many bytes" * 1000


def quiet(_what: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def log() -> MemoryEventLog:
    """What really happened to a session, in one partition of two."""
    world = World()
    world.send(DeleteSession())
    kept = MemoryEventLog(world.session.topic, 2)
    kept.partitions[0] = world.session.log
    assert len(world.session.log) > 1
    return kept


@pytest.fixture
async def blobs() -> MemoryBlobs:
    store = MemoryBlobs()
    await store.put(FILM)
    return store


async def taken(folder: Path, log: MemoryEventLog, blobs: MemoryBlobs) -> Manifest:
    return await take(folder, {log.topic: (log, range(2))}, blobs, "c" * 64, lambda: NOON, quiet)


async def wrong_with(folder: Path) -> list[str]:
    return [sentence async for sentence in findings(folder, read_manifest(folder), quiet)]


async def documents(log: MemoryEventLog) -> object:
    """Everything that the session service's projector makes of it."""
    store = MemoryProjectionStore(PROJECTIONS, JOURNALS)
    lane = ProjectorLane(PROJECTIONS, JOURNALS, World().session.catalog, start(log.topic, 0), {})
    position, counted = lane.take(log.partitions[0])
    changes = lane.fold(counted, await store.load(lane.places(counted)))
    await store.commit(log.topic, 0, None, position, changes)
    return store.views, store.entries, position


async def test_a_restored_log_has_the_same_records_and_gives_the_same_documents(
    tmp_path: Path, log: MemoryEventLog, blobs: MemoryBlobs
) -> None:
    manifest = await taken(tmp_path / "backup", log, blobs)
    assert manifest.records == len(log.partitions[0])
    assert await wrong_with(tmp_path / "backup") == []
    empty, store = MemoryEventLog(log.topic, 2), MemoryBlobs()
    copy = (await logs_in(tmp_path / "backup"))[log.topic]
    assert await check_target(empty, copy, manifest.topics[0].ends) == 0
    assert await restore_log(empty, copy, manifest.topics[0].ends, quiet) == manifest.records
    assert await restore_blobs(tmp_path / "backup", manifest, store, quiet) == 1
    assert empty.partitions == log.partitions
    assert await documents(empty) == await documents(log)
    assert store.kept == blobs.kept


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def _the_segment(folder: Path) -> Path:
    (found,) = (folder / "log" / "segments").rglob("*.zst")
    return found


def _a_record(folder: Path) -> str:
    _flip(_the_segment(folder), 200)
    return f"{_the_segment(folder).name} ("


def _a_film(folder: Path) -> str:
    digest = sha256(FILM).hexdigest()
    _flip(folder / "blobs" / digest[:2] / digest[2:4] / digest, 100)
    return digest


def _a_film_is_gone(folder: Path) -> str:
    digest = sha256(FILM).hexdigest()
    (folder / "blobs" / digest[:2] / digest[2:4] / digest).unlink()
    return digest


def _a_segment_is_gone(folder: Path) -> str:
    segment = _the_segment(folder)
    segment.unlink()
    return f"{segment.name} "


def _the_manifest_of_the_log(folder: Path) -> str:
    _flip(folder / "log" / "manifests" / f"{0:012}.json", 10)
    return f"{0:012}.json"


def _the_last_manifest_of_the_log_is_gone(folder: Path) -> str:
    (folder / "log" / "manifests" / f"{0:012}.json").unlink()
    return "manifests were lost"


@pytest.mark.parametrize(
    "harm",
    [
        _a_record,
        _a_film,
        _a_film_is_gone,
        _a_segment_is_gone,
        _the_manifest_of_the_log,
        _the_last_manifest_of_the_log_is_gone,
    ],
)
async def test_what_was_altered_or_lost_is_named(
    tmp_path: Path, log: MemoryEventLog, blobs: MemoryBlobs, harm: Callable[[Path], str]
) -> None:
    await taken(tmp_path / "backup", log, blobs)
    named = harm(tmp_path / "backup")
    (sentence,) = await wrong_with(tmp_path / "backup")
    assert named in sentence


async def test_a_backup_of_an_older_format_is_refused_with_the_way_on(
    tmp_path: Path, log: MemoryEventLog, blobs: MemoryBlobs
) -> None:
    await taken(tmp_path, log, blobs)
    older = json.loads((tmp_path / MANIFEST).read_bytes()) | {"format": 1}
    del older["archive"]
    text = json.dumps(older).encode()
    (tmp_path / MANIFEST).write_bytes(text)
    (tmp_path / f"{MANIFEST}.sha256").write_text(f"{sha256(text).hexdigest()}  {MANIFEST}\n")
    with pytest.raises(BackupError, match=r"format 1, .* reads 2: restore it with the version that took it"):
        read_manifest(tmp_path)


async def test_a_backup_that_an_older_version_began_is_not_gone_on_with(
    tmp_path: Path, log: MemoryEventLog, blobs: MemoryBlobs
) -> None:
    (tmp_path / "begun.json").write_text('{"takenAt":"2026-11-20T12:00:00Z","ends":{"t":{"0":1}}}')
    with pytest.raises(BackupError, match="another version"):
        await taken(tmp_path, log, blobs)


async def test_an_altered_manifest_is_refused(tmp_path: Path, log: MemoryEventLog, blobs: MemoryBlobs) -> None:
    await taken(tmp_path / "backup", log, blobs)
    _flip(tmp_path / "backup" / MANIFEST, 40)
    with pytest.raises(BackupError, match="was altered"):
        read_manifest(tmp_path / "backup")


async def test_a_broken_log_is_not_taken_for_a_backup(tmp_path: Path, log: MemoryEventLog, blobs: MemoryBlobs) -> None:
    log.partitions[0][1] = log.partitions[0][1]._replace(value=b"altered")
    with pytest.raises(Corrupt, match="offset 1"):
        await taken(tmp_path / "backup", log, blobs)


class Failing(MemoryBlobs):
    """Away, the first time that it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.away = True

    def list(self) -> AsyncIterator[BlobRef]:
        if self.away:
            self.away = False
            raise Unavailable("blobs", "away")
        return super().list()


async def test_an_interrupted_backup_says_so_and_goes_on_up_to_where_it_set_out_to_go(
    tmp_path: Path, log: MemoryEventLog
) -> None:
    away = Failing()
    await away.put(FILM)
    until = len(log.partitions[0])
    with pytest.raises(Unavailable):
        await taken(tmp_path / "backup", log, away)
    with pytest.raises(BackupError, match="was not finished"):
        read_manifest(tmp_path / "backup")
    log.partitions[1] = [Record(0, b"k", b"later", b"", b"")]
    manifest = await taken(tmp_path / "backup", log, away)
    assert manifest.topics[0].ends == {0: until, 1: 0}
    assert await wrong_with(tmp_path / "backup") == []
    with pytest.raises(BackupError, match="finished backup"):
        await taken(tmp_path / "backup", log, away)


async def test_an_interrupted_restore_goes_on(tmp_path: Path, log: MemoryEventLog, blobs: MemoryBlobs) -> None:
    manifest = await taken(tmp_path / "backup", log, blobs)
    copy, ends = (await logs_in(tmp_path / "backup"))[log.topic], manifest.topics[0].ends
    half = MemoryEventLog(log.topic, 2)
    half.partitions[0] = log.partitions[0][:1]
    assert await check_target(half, copy, ends) == 1
    assert await restore_log(half, copy, ends, quiet) == ends[0] - 1
    assert half.partitions == log.partitions


async def test_a_point_in_time_is_where_each_partition_stood_then(
    tmp_path: Path, log: MemoryEventLog, blobs: MemoryBlobs
) -> None:
    manifest = await taken(tmp_path / "backup", log, blobs)
    copy = (await logs_in(tmp_path / "backup"))[log.topic]
    last = commit_in(log.partitions[0][-1].value).at
    assert await cut_at(copy, copy.partitions(), last) == manifest.topics[0].ends
    assert await cut_at(copy, copy.partitions(), last - timedelta(days=1000)) == {0: 1, 1: 0}


async def test_a_folder_with_other_things_in_it_is_left_alone(
    tmp_path: Path, log: MemoryEventLog, blobs: MemoryBlobs
) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(BackupError, match="is not empty"):
        await taken(tmp_path, log, blobs)
    assert _names(tmp_path) == {"letters.txt"}


def _names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}
