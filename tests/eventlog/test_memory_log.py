"""The log in memory keeps the promises of every log."""

import pytest

from eventlog.log import EventLog
from eventlog.memory import MemoryEventLog
from tests.eventlog.log_promises import EventLogPromises


class TestMemoryEventLog(EventLogPromises):
    @pytest.fixture
    def log(self) -> EventLog:
        return MemoryEventLog("toy.events", 2)
