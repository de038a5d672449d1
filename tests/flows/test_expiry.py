"""Files whose time is planned: shown from the first day on, gone when it has come, with their bytes when nobody else
names them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.envelope import Command
from contracts.messages.job import CompleteStage
from contracts.messages.upload import AnnounceUpload, Media, NameBytes, ReceiveUpload
from contracts.model import CommandBody
from contracts.rendering import STAGES, JobInputs, Stage
from services.render.uploads import UploadSweep
from services.render.worker.queue import Claim
from services.render.worker.words import Words
from tests.bdd import NOON
from tests.flows.world import STREAMS, World
from tests.histories import TENANT
from tests.session.words import ACCOUNT, JOB, SESSION, UPLOAD, output, start

DAY = timedelta(days=1)


def with_plan(stage: Stage, keep: timedelta | None) -> CompleteStage:
    """What a worker says of a finished stage, when its files are kept so long."""
    claim = Claim(STREAMS["job"], TENANT, JOB, SESSION, ACCOUNT, JobInputs(), 1)
    command = Words(claim, "worker-1", lambda: NOON, keep).complete(output(stage))
    return CompleteStage.model_validate(json.loads(bytes(command.data)))


def made(keep: timedelta | None) -> World:
    """A film whose files are planned to go."""
    world = World()
    world.send(start())
    world.work(epoch=1)
    assert world.send(*(with_plan(stage, keep) for stage in STAGES)) == ["done"] * 5
    return world


@pytest.mark.req(71)
async def test_when_a_file_is_planned_to_go_stands_in_documents_and_tables() -> None:
    world = made(30 * DAY)
    for name in ("sessions", "jobs"):
        assert {one["expiresAt"] for one in (await world.view(name))["assets"]} == {NOON + 30 * DAY}, name
    assert {row["expires_at"] for row in await world.rows("platform.assets")} == {NOON + 30 * DAY}
    assert {row["due_at"] for row in await world.rows("retention.files")} == {NOON + 30 * DAY}


async def test_without_a_plan_files_go_with_their_job() -> None:
    world = made(None)
    assert {one["expiresAt"] for one in (await world.view("sessions"))["assets"]} == {None}
    assert {row["due_at"] for row in await world.rows("retention.files")} == {None}


class Shelf:
    """`Uploads`, from the documents of the world, and the sender that brings commands back into it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.using: set[str] = set()

    async def due(self, at: datetime) -> Sequence[Mapping[str, Any]]:
        return [row for row in await self.world.rows("uploads") if row["expiresAt"] <= at]

    async def used(self, tenant: str, asset_id: str) -> bool:
        return asset_id in self.using

    async def send(self, commands: Sequence[Command]) -> None:
        self.world.deliver(commands)

    async def swept(self, at: datetime) -> int:
        return await UploadSweep(self, self, lambda: at, 30 * DAY).once()


def uploaded(*, received: bool) -> Shelf:
    shelf = Shelf(World())
    media = Media(media_type="image/png", extension="png", width=8, height=8, pictures=True)
    bodies: list[CommandBody] = [
        AnnounceUpload(upload_id=UPLOAD, account_id=ACCOUNT, file_name="a.png", expires_at=NOON + DAY)
    ]
    if received:
        bodies.append(ReceiveUpload(sha256="a" * 64, size_bytes=10, media=media, expires_at=NOON + 30 * DAY))
    assert shelf.world.send(*bodies) == ["done"] * len(bodies)
    return shelf


@pytest.mark.req(71)
async def test_a_file_that_never_came_is_given_up_in_time() -> None:
    shelf = uploaded(received=False)
    assert await shelf.swept(NOON + 0.9 * DAY) == 0
    assert await shelf.swept(NOON + DAY) == 1
    assert await shelf.world.rows("uploads") == []
    assert await shelf.world.rows("retention.uploads") == []


@pytest.mark.req(71)
async def test_bytes_whose_arrival_the_log_never_heard_of_may_be_collected_when_the_upload_is_given_up() -> None:
    shelf = uploaded(received=False)
    shelf.world.send(NameBytes(sha256="a" * 64, size_bytes=10))
    (row,) = await shelf.world.rows("retention.uploads")
    assert (row["sha256"], row["expired_at"]) == ("a" * 64, None)
    assert await shelf.swept(NOON + DAY) == 1
    (row,) = await shelf.world.rows("retention.uploads")
    assert row["expired_at"] == NOON + DAY


async def test_of_all_bytes_that_were_named_those_that_came_stay() -> None:
    shelf = uploaded(received=False)
    media = Media(media_type="image/png", extension="png", width=8, height=8, pictures=True)
    came = ReceiveUpload(sha256="b" * 64, size_bytes=10, media=media, expires_at=NOON + 30 * DAY)
    shelf.world.send(NameBytes(sha256="a" * 64, size_bytes=10), NameBytes(sha256="b" * 64, size_bytes=10), came)
    rows = {row["sha256"]: row["expired_at"] for row in await shelf.world.rows("retention.uploads")}
    assert rows["b" * 64] is None
    assert rows["a" * 64] is not None


@pytest.mark.req(71)
async def test_a_file_that_nothing_uses_goes_and_its_bytes_may_be_collected() -> None:
    shelf = uploaded(received=True)
    (row,) = await shelf.world.rows("retention.uploads")
    assert (row["sha256"], row["expired_at"]) == ("a" * 64, None)
    assert await shelf.swept(NOON + 29 * DAY) == 0
    assert await shelf.swept(NOON + 30 * DAY) == 1
    assert await shelf.world.rows("uploads") == []
    (row,) = await shelf.world.rows("retention.uploads")
    assert row["expired_at"] == NOON + 30 * DAY
    assert await shelf.swept(NOON + 31 * DAY) == 0


async def test_a_file_that_a_project_uses_stays_and_is_looked_at_again() -> None:
    shelf = uploaded(received=True)
    shelf.using = {str(UPLOAD)}
    assert await shelf.swept(NOON + 30 * DAY) == 1
    assert (await shelf.world.view("uploads"))["expiresAt"] == NOON + 60 * DAY
    shelf.using = set()
    assert await shelf.swept(NOON + 59 * DAY) == 0
    assert await shelf.swept(NOON + 60 * DAY) == 1
    assert await shelf.world.rows("uploads") == []


async def test_what_two_sweeps_saw_at_once_happens_once() -> None:
    shelf = uploaded(received=True)
    seen = await shelf.due(NOON + 30 * DAY)
    assert await shelf.swept(NOON + 30 * DAY) == 1
    before = len(shelf.world.render.log)

    class Late(Shelf):
        async def due(self, at: datetime) -> Sequence[Mapping[str, Any]]:
            return seen

    assert await Late(shelf.world).swept(NOON + 31 * DAY) == 1
    assert len(shelf.world.render.log) == before, "the same command was handled already"
