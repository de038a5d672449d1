"""A projector that dies in the middle of a transaction: its successor soon writes what it could not."""

import asyncio
from collections.abc import AsyncGenerator
from random import Random
from urllib.parse import urlsplit

import pytest

from eventlog.clock import new_id
from eventlog.errors import Unavailable
from eventlog.read.mongo import MongoDatabase
from eventlog.read.projector import Changes
from ops.stack.launcher import Endpoints
from tests.chaos.seeds.wires import Wire
from tests.eventlog.store_promises import THINGS, TOPIC, at, thing
from tests.waiting import eventually

pytestmark = pytest.mark.live
SUCCEEDED_SECONDS = 45.0
"""MongoDB's own default is a minute, and half of that again."""


class DiesAtItsCommit(Wire):
    """Nothing that would end the transaction gets through."""

    async def _pump(self, here: asyncio.StreamReader, there: asyncio.StreamWriter, *, answers: bool) -> None:
        while data := await here.read(65_536):
            if b"commitTransaction" not in data and b"abortTransaction" not in data:
                there.write(data)
                await there.drain()


@pytest.fixture
async def mongo(stack: Endpoints) -> AsyncGenerator[MongoDatabase]:
    database = MongoDatabase.connect(stack.mongodb, f"test_{new_id().hex}", application="tests")
    await database.install({"things": None})
    yield database
    await database.drop()
    database.close()


@pytest.mark.timeout(120)
async def test_what_a_dead_projector_had_begun_does_not_hold_up_its_successor(
    stack: Endpoints, mongo: MongoDatabase
) -> None:
    server, changes = urlsplit(stack.mongodb), Changes(views={("things", "thing-a"): (thing("thing-a"),)})
    await mongo.store("tester", [THINGS]).commit(TOPIC, 0, None, at(0), Changes())
    wire = DiesAtItsCommit(server.hostname or "", server.port or 0, Random(1))
    async with await asyncio.start_server(wire.serve, "127.0.0.1", 0) as front:
        uri = f"mongodb://127.0.0.1:{front.sockets[0].getsockname()[1]}/?directConnection=true"
        dying = MongoDatabase.connect(uri, mongo.name, application="tests", seconds=2)
        with pytest.raises(Unavailable):
            await dying.store("tester", [THINGS], seconds=2).commit(TOPIC, 0, at(0), at(1), changes)
        dying.close()
        wire.reset()

    async def written() -> bool:
        try:
            await mongo.store("tester", [THINGS], seconds=5).commit(TOPIC, 0, at(0), at(1), changes)
        except Unavailable:
            return False
        return True

    await eventually(written, SUCCEEDED_SECONDS, 0.5)
