"""The checks themselves: each finds in a history that was tampered with what it is there to find."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from blobs.store import BlobCorrupt, key_of
from contracts.envelope import Commit, Recorded
from eventlog.clock import new_id
from eventlog.errors import Corrupt
from eventlog.read.mongo import MongoDatabase
from tests.chaos import invariants
from tests.chaos.client import Client
from tests.chaos.history import Counted, History, read_histories
from tests.chaos.invariants import hold
from tests.chaos.stores import never_back, stores_equal_the_log
from tests.chaos.system import System

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]

DEMO_TENANT = "demo"
Tamper = Callable[[History], None]
Check = Callable[[System, History], None]


def twice(history: History) -> None:
    history.counted.append(history.counted[-1])


def never(history: History) -> None:
    history.counted.pop()


def unasked(history: History) -> None:
    history.asked.popitem()


def version_left_out(history: History) -> None:
    edit(history, "job.completed", lambda commit: msgspec.structs.replace(commit, version=commit.version + 1))


def other_points(history: History) -> None:
    edit_event(history, "job.completed", points=1_000_000)


def old_turn(history: History) -> None:
    edit_event(history, "job.stage_completed", epoch=0)


def other_amount(history: History) -> None:
    edit_event(history, "account.credits_settled", amount=1_000_000)


def completed_again(history: History) -> None:
    history.counted.append(found(history, "job.completed"))


def started_again(history: History) -> None:
    history.counted.append(found(history, "session.started"))


def of_log(check: Callable[[History], None]) -> Check:
    """A check that looks at nothing else."""
    return lambda _, history: check(history)


RENDER: list[tuple[Tamper, Check]] = [
    (twice, of_log(invariants.one_outcome_each)),
    (never, of_log(invariants.one_outcome_each)),
    (unasked, of_log(invariants.one_outcome_each)),
    (version_left_out, of_log(invariants.versions_follow)),
    (other_points, lambda system, history: invariants.decided_the_same(system, "render", history)),
    (old_turn, of_log(invariants.no_stage_of_an_old_turn)),
    (completed_again, of_log(invariants.completed_once)),
]
SESSION: list[tuple[Tamper, Check]] = [
    (other_amount, of_log(invariants.amounts_sum_to_the_balance)),
    (other_amount, lambda system, history: invariants.decided_the_same(system, "session", history)),
    (started_again, of_log(lambda history: invariants.sessions_start_once(sessions(history), history))),
    (lambda _: None, of_log(lambda history: invariants.acknowledged_is_decided([new_id()], history))),
]


async def test_each_check_of_the_log_finds_what_it_is_there_to_find(
    system: System, client: Client, undisturbed: dict[str, str]
) -> None:
    assert undisturbed
    histories = await hold(system, client)
    for service, cases in (("render", RENDER), ("session", SESSION)):
        for tamper, check in cases:
            tampered = replace(
                histories[service], asked=dict(histories[service].asked), counted=[*histories[service].counted]
            )
            tamper(tampered)
            with pytest.raises(AssertionError):
                check(system, tampered)


async def test_one_byte_of_a_commit_that_is_changed_is_found(system: System, undisturbed: dict[str, str]) -> None:
    history = (await read_histories(system.endpoints))["render"]
    (topic, partition), records = next(one for one in history.events.items() if len(one[1]) > 2)
    changed = records[2]._replace(value=records[2].value[:-1] + b" ")
    with pytest.raises(Corrupt):
        History().follow(topic, partition, [*records[:2], changed, *records[3:]])


async def test_a_document_a_row_and_a_file_that_are_changed_are_found(
    system: System, client: Client, undisturbed: dict[str, str]
) -> None:
    for tampered in (a_document, a_row):
        async with tampered(system):
            with pytest.raises(AssertionError):
                await stores_equal_the_log(system)
    history = (await hold(system, client))["render"]
    with a_file(system, undisturbed["video video/mp4"]), pytest.raises(BlobCorrupt):
        await invariants.artifacts_are_there(system, history)
    await hold(system, client)


def test_a_projector_that_went_back_is_found() -> None:
    with pytest.raises(AssertionError):
        never_back({("events", 0): 7, ("events", 1): 2}, {("events", 0): 6, ("events", 1): 3})


@asynccontextmanager
async def a_document(system: System) -> AsyncGenerator[None]:
    """One of them is told otherwise than by its projector."""
    database = MongoDatabase.connect(system.endpoints.mongodb, "playhead", application="playhead-chaos")
    kept = database.owned("sessions", DEMO_TENANT)
    document = (await kept.find({}, limit=1))[0]
    try:
        assert await kept.change({"_id": document["_id"]}, {"title": "tampered"})
        yield
    finally:
        await kept.change({"_id": document["_id"]}, {"title": document["title"]})
        database.close()


@asynccontextmanager
async def a_row(system: System) -> AsyncGenerator[None]:
    """As with a document."""
    connection = await asyncpg.connect(system.endpoints.postgres, timeout=10)
    try:
        await connection.execute("UPDATE analytics.fact_job SET takeovers = takeovers + 1")
        yield
    finally:
        await connection.execute("UPDATE analytics.fact_job SET takeovers = takeovers - 1")
        await connection.close(timeout=10)


@contextmanager
def a_file(system: System, sha256: str) -> Generator[None]:
    """Its last byte is another one."""
    path = system.folder / "blobs" / key_of(sha256)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        yield
    finally:
        path.write_bytes(content)


def found(history: History, kind: str) -> Counted:
    """The newest commit with an event of that type."""
    return next(one for one in reversed(history.counted) if any(e.type == kind for e in one.commit.events))


def edit(history: History, kind: str, change: Callable[[Commit], Commit]) -> None:
    """Write that commit anew, where it stands."""
    old = found(history, kind)
    commit = change(old.commit)
    history.counted[history.counted.index(old)] = replace(old, commit=commit, value=msgspec.json.encode(commit))


def edit_event(history: History, kind: str, **fields: Any) -> None:
    """Give the event other fields."""

    def changed(recorded: Recorded) -> Recorded:
        if recorded.type != kind:
            return recorded
        data = msgspec.json.encode({**msgspec.json.decode(recorded.data), **fields})
        return msgspec.structs.replace(recorded, data=msgspec.Raw(data))

    edit(history, kind, lambda commit: msgspec.structs.replace(commit, events=tuple(changed(e) for e in commit.events)))


def sessions(history: History) -> list[UUID]:
    """Every session that was started."""
    events = [recorded for one in history.counted for recorded in one.commit.events]
    return [
        UUID(msgspec.json.decode(recorded.data)["sessionId"])
        for recorded in events
        if recorded.type == "session.started"
    ]
