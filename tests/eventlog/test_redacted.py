"""What an operator sees of a parked commit: everything but what people wrote."""

import json
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from contracts.check import FOLDER
from contracts.envelope import Commit, Recorded
from contracts.messages import CATALOG
from eventlog.commit import Record
from eventlog.read.redacted import redacted

CANARY = "canary-5f1c"


def record(type_: str, version: int, data: bytes) -> Record:
    commit = Commit(
        stream="session-1",
        version=1,
        command_id=UUID(int=7),
        command_type="StartSession",
        payload_hash="0" * 32,
        at=datetime(2026, 11, 20, 12, tzinfo=UTC),
        tenant="acme",
        actor="tests",
        events=(Recorded(type=type_, type_version=version, data=msgspec.Raw(data)),),
    )
    return Record(3, b"session-1", msgspec.json.encode(commit), b"i" * 16, b"p" * 16)


def test_personal_text_and_free_fields_are_hidden_and_the_rest_is_shown() -> None:
    sample = json.loads((FOLDER / "golden" / "session.started.v1.json").read_text("utf-8"))
    sample |= {"prompt": CANARY, "title": CANARY, "metadata": {"note": [CANARY, 1]}}
    safe = redacted(record("session.started", 1, json.dumps(sample).encode()), f"ValueError: {CANARY}", CATALOG)
    assert CANARY not in json.dumps(safe.commit) + safe.reason
    (event,) = safe.commit["events"]
    assert event["data"]["sessionId"] == sample["sessionId"]
    assert event["data"]["kind"] == sample["kind"]
    assert event["data"]["prompt"] == f"… {len(CANARY)} characters"
    assert event["data"]["metadata"] == {"note": [f"… {len(CANARY)} characters", "… int"]}
    assert safe.reason == "ValueError: …"


def test_an_older_version_is_hidden_by_its_own_class_and_an_unknown_one_wholly() -> None:
    old = json.dumps({"sessionId": "an id", "title": CANARY, "metadata": None}).encode()
    (event,) = redacted(record("session.edited", 1, old), "", CATALOG).commit["events"]
    assert event["data"] == {"sessionId": "an id", "title": f"… {len(CANARY)} characters", "metadata": None}
    (event,) = redacted(record("session.edited", 2, old), "", CATALOG).commit["events"]
    assert event["data"]["sessionId"] == "… 5 characters"


def test_every_sample_can_be_shown_and_no_personal_text_of_it_is() -> None:
    for file in (FOLDER / "golden").glob("*.json"):
        type_, version = file.stem.rsplit(".v", 1)
        shown = json.dumps(redacted(record(type_, int(version), file.read_bytes()), "", CATALOG).commit)
        for word in ("Explain the tides", "Twice a day the sea", "ada@example.org", '"The tides"', "autumn"):
            assert word not in shown, file.name


def test_bytes_that_are_no_commit_are_counted() -> None:
    broken = Record(9, b"session-1", b"{", b"i" * 16, b"p" * 16)
    assert redacted(broken, "the envelope cannot be read", CATALOG).commit == {"offset": 9, "bytes": 1}
