"""Each place that an archive can be kept in keeps the promises; and says in words what does not work."""

import resource
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore

from durable import INCOMING
from eventlog.archive.directory import DirectoryArchive
from eventlog.archive.manifest import ArchiveError
from eventlog.archive.objects import ObjectArchive, open_archive
from eventlog.archive.store import ArchiveStore
from eventlog.clock import new_id
from eventlog.errors import Unavailable
from tests.eventlog.archive.s3 import BUCKET, s3_server
from tests.eventlog.archive.store_promises import NAME, ArchiveStorePromises, names


class TestDirectory(ArchiveStorePromises):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ArchiveStore:
        return open_archive(str(tmp_path / "archive"))

    async def test_on_a_full_disk_nothing_is_kept_and_it_goes_on_when_there_is_room(self, tmp_path: Path) -> None:
        store = DirectoryArchive(tmp_path)
        with a_disk_of(10_000), pytest.raises(Unavailable, match="What was archived is whole"):
            await store.create(NAME, bytes(50_000))
        assert await store.get(NAME) is None
        assert await names(store, "segments/") == list((tmp_path / INCOMING).iterdir()) == []
        assert await store.create(NAME, bytes(50_000))

    async def test_a_folder_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("mine")
        with pytest.raises(Unavailable, match="taken"):
            await DirectoryArchive(tmp_path / "taken" / "archive").create(NAME, b"x")


@contextmanager
def a_disk_of(size: int) -> Generator[None]:
    """No file of this process grows beyond it: a write fails in the middle, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestMemory(ArchiveStorePromises):
    @pytest.fixture
    def store(self) -> ArchiveStore:
        return ObjectArchive(MemoryStore(), "memory:///")


@pytest.fixture(scope="module")
async def server() -> AsyncGenerator[dict[str, Any]]:
    async with s3_server() as settings:
        yield settings


class TestS3(ArchiveStorePromises):
    @pytest.fixture
    def store(self, server: dict[str, Any]) -> ArchiveStore:
        return open_archive(f"s3://{BUCKET}/{new_id()}", **server)

    async def test_a_bucket_that_is_not_there_is_not_available(self, server: dict[str, Any]) -> None:
        retries = {"retry_config": {"max_retries": 0}}
        away = open_archive("s3://nowhere/archive", **server, **retries)
        with pytest.raises(Unavailable, match="s3://nowhere/archive"):
            await away.create(NAME, b"x")


@pytest.mark.parametrize("where", ["gopher://somewhere/else", "file://relative", ""])
def test_what_is_no_place_for_an_archive_is_refused(where: str) -> None:
    with pytest.raises(ArchiveError, match="folder"):
        open_archive(where)


def test_a_copy_in_one_file_as_it_was_written_once_is_refused_with_the_way_on(tmp_path: Path) -> None:
    (tmp_path / "copy.jsonl").write_text('{"topic":"playhead.session.events","ends":{"0":0}}\n')
    with pytest.raises(ArchiveError, match="playhead archive"):
        open_archive(str(tmp_path / "copy.jsonl"))


def test_a_url_shows_no_secret() -> None:
    assert open_archive("s3://archives/prefix").url == "s3://archives/prefix"
