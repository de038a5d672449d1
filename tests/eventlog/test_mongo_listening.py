"""What MongoDB did is told at the level at which somebody has to look."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from eventlog.read.mongo.driver import CommandFailedEvent
from eventlog.read.mongo.listening import Operations


@pytest.mark.parametrize(
    ("operation", "code", "error", "level"),
    [
        ("create", 48, "NamespaceExists", "debug"),
        ("getMore", 237, "CursorKilled", "debug"),
        ("getMore", 43, "CursorNotFound", "warning"),
        ("insert", 48, "NamespaceExists", "warning"),
        ("update", 112, "WriteConflict", "warning"),
    ],
)
def test_a_failure_that_is_an_answer_is_no_warning(operation: str, code: int, error: str, level: str) -> None:
    failure = {"ok": 0.0, "code": code, "codeName": error, "errmsg": "personal words"}
    failed = CommandFailedEvent(timedelta(milliseconds=3), failure, operation, 1, ("127.0.0.1", 27017), 1)
    with capture_logs() as told:
        Operations().failed(failed)
    assert told == [
        {
            "event": "MongoDB operation failed",
            "log_level": level,
            "operation": operation,
            "collection": "",
            "ms": 3.0,
            "code": code,
            "error": error,
        }
    ]
