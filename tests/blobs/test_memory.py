"""The memory adapter keeps the promises."""

import pytest

from blobs.memory import MemoryBlobs
from blobs.store import BlobStore, key_of
from tests.blobs.promises import BlobStorePromises


class TestMemoryBlobs(BlobStorePromises):
    @pytest.fixture
    def blobs(self) -> MemoryBlobs:
        return MemoryBlobs()

    async def damage(self, blobs: BlobStore, sha256: str) -> None:
        assert isinstance(blobs, MemoryBlobs)
        blobs.kept[key_of(sha256)] = b"other bytes"
