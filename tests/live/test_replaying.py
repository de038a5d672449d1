"""Time travel on real stores: compared with what is live, kept beside it, dropped again; nothing live is touched."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from contracts.messages.session import DeleteSession
from eventlog.archive.directory import DirectoryArchive
from eventlog.archive.writing import archive, ends_of
from eventlog.commit import Record, start
from eventlog.memory import MemoryEventLog
from eventlog.read.mongo import MongoDatabase
from eventlog.read.postgres import open_pool
from eventlog.read.projector import ProjectorLane
from eventlog.read.store import ProjectionStore
from ops.commands.projectors import KNOWN, Kept, store_of
from tests.bdd import NOON
from tests.eventlog.archive.logs import quiet
from tests.flows.world import SESSION_STREAM, World
from tests.live.infrastructure import local_parts
from tests.live.operating import Said, playhead
from tests.session.words import PROMPT
from tests.session.words import start as begin

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
BEFORE_IT_WAS_DELETED = "2026-11-20T12:00:01Z"


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncGenerator[dict[str, str]]:
    """A stack whose log, documents and tables hold one story."""
    with local_parts(tmp_path / "stack", PLAYHEAD_PARTITIONS="1") as parts:
        found = {"PLAYHEAD_DATA": str(tmp_path / "stack"), "PLAYHEAD_PARTITIONS": "1"}
        assert (await playhead(found, "migrate")).code == 0
        world = World(seals=False)
        world.send(begin(), DeleteSession())
        logs = {service.topic: service.log for service in (world.session, world.render)}
        await archived(tmp_path / "archive", logs)
        restored = await playhead(found, "archive", "--restore", "--to", str(tmp_path / "archive"))
        assert restored.code == 0, restored.err
        async with stores(parts.mongodb, parts.postgres) as kept:
            for one, store in kept:
                await project(one, store, logs[one.projector.topic.name])
        yield {**found, "test.postgres": parts.postgres, "test.archive": str(tmp_path / "archive")}


async def archived(folder: Path, logs: dict[str, list[Record]]) -> None:
    """As `playhead archive` does it."""
    made = {name: MemoryEventLog(name, 1) for name in logs}
    for name, records in logs.items():
        made[name].partitions[0] = records
    ends = await ends_of({name: (log, range(1)) for name, log in made.items()})
    await archive(DirectoryArchive(folder), made, ends, "", lambda: NOON, quiet)


@asynccontextmanager
async def stores(mongodb: str, postgres: str) -> AsyncGenerator[list[tuple[Kept, ProjectionStore]]]:
    """Every projector's own."""
    database = MongoDatabase.connect(mongodb, "playhead", application="tests")
    pool = await open_pool(postgres, application="tests")
    try:
        yield [(kept, store_of(kept, database, pool)) for kept in KNOWN.values()]
    finally:
        await pool.close()
        database.close()


async def project(kept: Kept, store: ProjectionStore, records: Sequence[Record]) -> None:
    """What the projector makes of the log."""
    topic = kept.projector.topic.name
    lane = ProjectorLane(
        kept.projector.projections, kept.projector.journals, kept.projector.catalog, start(topic, 0), {}
    )
    position, counted = lane.take(records)
    await store.commit(topic, 0, None, position, lane.fold(counted, await store.load(lane.places(counted))))


def differences(said: Said) -> list[dict[str, Any]]:
    """All that differ."""
    assert said.code == 0, said.err + said.out
    return [one for each in said.told["compared"].values() for one in each["differences"]]


async def test_replays_compare_keep_aside_and_go_again(settings: dict[str, str]) -> None:
    now = await playhead(settings, "replay", "--dry-run", "--json")
    assert differences(now) == []
    assert sum(counts["equal"] for one in now.told["compared"].values() for counts in one["counts"].values()) > 20
    cold = await playhead(settings, "replay", "--dry-run", "--archive", settings["test.archive"], "--json")
    assert (differences(cold), cold.told) == ([], now.told)
    await what_differed_then(settings)
    await what_was_tampered_with(settings)
    await what_is_kept_aside(settings)
    await a_stream_is_shown(settings)


async def what_differed_then(settings: dict[str, str]) -> None:
    then = await playhead(
        settings, "replay", "--dry-run", "--at", BEFORE_IT_WAS_DELETED, "--stream", SESSION_STREAM, "--json"
    )
    (session,) = [one for one in differences(then) if one["name"] == "sessions"]
    assert (session["id"], session["kind"]) == (SESSION_STREAM, "changed")
    assert session["fields"]["status"]["live"] != session["fields"]["status"]["replayed"]
    assert PROMPT not in then.out


async def what_was_tampered_with(settings: dict[str, str]) -> None:
    connection = await asyncpg.connect(settings["test.postgres"])
    try:
        await connection.execute("UPDATE wallet.account_rows SET prompt_points = prompt_points + 7")
        found = await playhead(settings, "replay", "--dry-run", "--projector", "analytics.sessions-projector", "--json")
        (row,) = differences(found)
        live, replayed = (row["fields"]["prompt_points"][side] for side in ("live", "replayed"))
        assert (row["name"], live - replayed) == ("wallet.account_rows", 7)
        await connection.execute("UPDATE wallet.account_rows SET prompt_points = prompt_points - 7")
    finally:
        await connection.close()


async def what_is_kept_aside(settings: dict[str, str]) -> None:
    kept = await playhead(settings, "replay", "--at", BEFORE_IT_WAS_DELETED, "--into", "noon", "--json")
    assert kept.told["kept"]["playhead_noon.sessions"] == 1, kept.err
    connection = await asyncpg.connect(settings["test.postgres"])
    try:
        then = await connection.fetchval("SELECT count(*) FROM noon_workflow.users")
        assert then == kept.told["kept"]["noon_workflow.users"] == 1
        again = await playhead(settings, "replay", "--into", "noon")
        assert (again.code, "--drop-name noon" in again.err) == (1, True)
        assert differences(await playhead(settings, "replay", "--dry-run", "--json")) == []
        dropped = await playhead(settings, "replay", "--drop-name", "noon", "--json")
        assert "the database playhead_noon of MongoDB" in dropped.told["dropped"]
        left = "SELECT count(*) FROM pg_namespace WHERE starts_with(nspname, 'noon_')"
        assert await connection.fetchval(left) == 0
        assert await connection.fetchval("SELECT count(*) FROM workflow.users") == 1
    finally:
        await connection.close()


async def a_stream_is_shown(settings: dict[str, str]) -> None:
    shown = await playhead(settings, "log", "show", SESSION_STREAM, "--version", "1", "--json")
    assert [event["type"] for event in shown.told["events"]] == ["session.started"]
    assert (shown.told["isNow"], PROMPT in shown.out) == (False, False)
    said = await playhead(settings, "log", "show", SESSION_STREAM, "--personal")
    assert json.dumps(PROMPT, ensure_ascii=False) in said.out
    missing = await playhead(settings, "log", "show", SESSION_STREAM, "--version", "999")
    assert (missing.code, "event(s), not 999" in missing.out) == (1, True)
