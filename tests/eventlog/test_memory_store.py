"""The store in memory keeps the promises of every store."""

import pytest

from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.parked import ParkedStore
from tests.eventlog.parked_promises import ParkedPromises
from tests.eventlog.store_promises import DIARY, THINGS, StorePromises


class TestMemoryProjectionStore(StorePromises, ParkedPromises):
    @pytest.fixture
    def store(self) -> MemoryProjectionStore:
        return MemoryProjectionStore([THINGS], [DIARY])

    def twin(self, store: ParkedStore) -> ParkedStore:
        return store
