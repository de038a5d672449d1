"""The obstore adapter keeps the promises in a directory and in an object store, and local files are flushed."""

import errno
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from blobs import durable
from blobs.objects import ObjectBlobs, open_blobs
from blobs.store import BlobCorrupt, BlobRef, BlobStore, BlobStoreUnavailable, key_of, unavailable
from durable import INCOMING
from tests.blobs.promises import WORDS, BlobStorePromises


class TestDirectoryBlobs(BlobStorePromises):
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return tmp_path / "blobs with spaces"

    @pytest.fixture
    def blobs(self, root: Path) -> ObjectBlobs:
        return open_blobs(root.as_uri())

    @pytest.fixture(autouse=True)
    def _damage_needs_the_directory(self, root: Path) -> None:
        self.directory = root

    async def damage(self, blobs: BlobStore, sha256: str) -> None:
        (self.directory / key_of(sha256)).write_bytes(WORDS[::-1])

    async def test_a_blob_lies_two_folders_deep(self, blobs: ObjectBlobs, root: Path) -> None:
        blob = await blobs.put(WORDS)
        assert (root / blob.sha256[:2] / blob.sha256[2:4] / blob.sha256).read_bytes() == WORDS

    async def test_a_torn_blob_is_written_anew(self, blobs: ObjectBlobs, root: Path) -> None:
        blob = await blobs.put(WORDS)
        (root / key_of(blob.sha256)).write_bytes(WORDS[:5])
        await blobs.put(WORDS)
        assert await blobs.verify(blob.sha256) == blob

    async def test_nothing_unfinished_is_left_behind(self, blobs: ObjectBlobs, root: Path) -> None:
        await blobs.put(WORDS)
        await blobs.note("outputs/x.json", b"{}")
        with pytest.raises(BlobCorrupt):
            durable.keep(root, b"other bytes", BlobRef("0" * 64, 11))
        assert list((root / INCOMING).iterdir()) == []
        assert not (root / key_of("0" * 64)).exists()

    async def test_a_store_whose_directory_is_a_file_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(BlobStoreUnavailable, match="check that it exists and is writable"):
            open_blobs((tmp_path / "file").as_uri())


class TestRemoteBlobs(BlobStorePromises):
    """The path of remote stores, on the library's own memory store."""

    @pytest.fixture
    def blobs(self) -> ObjectBlobs:
        self.store = MemoryStore()
        return ObjectBlobs(self.store, None, 10.0)

    async def damage(self, blobs: BlobStore, sha256: str) -> None:
        await self.store.put_async(key_of(sha256), b"other bytes")


def test_a_full_disk_says_how_much_was_needed_and_where(tmp_path: Path) -> None:
    refusal = unavailable(OSError(errno.ENOSPC, "No space left on device"), tmp_path, 12_300_000)
    assert refusal.disk_full
    assert "12.3 MB were needed in" in str(refusal)
    assert str(tmp_path) in str(refusal)
    assert "MB are free" in str(refusal)


@pytest.mark.parametrize("url", ["nonsense", "ftp://host/blobs", "file://host/blobs"])
def test_a_url_that_names_no_store_is_refused_with_the_right_form(url: str) -> None:
    with pytest.raises(ValueError, match="file:///"):
        open_blobs(url)
