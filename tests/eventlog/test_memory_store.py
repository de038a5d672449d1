"""The store in memory keeps the promises of every store."""

import pytest

from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.snapshot import SnapshotStore
from tests.eventlog.store_promises import DIARY, THINGS, StorePromises


class TestMemoryProjectionStore(StorePromises):
    @pytest.fixture
    def store(self) -> MemoryProjectionStore:
        return MemoryProjectionStore([THINGS], [DIARY])

    def twin(self, store: SnapshotStore) -> SnapshotStore:
        return store
