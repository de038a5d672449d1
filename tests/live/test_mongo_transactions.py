"""A transaction of MongoDB that meets another's writes waits for it, and gives up within its deadline."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from time import monotonic
from typing import Any

import pytest

from eventlog.clock import new_id
from eventlog.errors import Unavailable
from eventlog.read.mongo import MongoDatabase
from eventlog.read.mongo.current import physical
from eventlog.read.mongo.driver import BlockingSession, Client, connect
from eventlog.read.mongo.store import LARGE
from eventlog.read.mongo.transaction import in_transaction
from eventlog.read.projector import Changes
from eventlog.read.store import TooMuch
from ops.stack.launcher import Endpoints
from tests.eventlog.store_promises import DIARY, THINGS, TOPIC, at, of, rows_of, thing

pytestmark = pytest.mark.live

BUSY_SECONDS = 0.4
"""How long another one holds the document: hundreds of tries, were there no pause between two."""


@pytest.fixture
def client(stack: Endpoints) -> Generator[Client]:
    client = connect(stack.mongodb, "tests", pool=4, seconds=20)
    yield client
    client.close()


class Contended:
    """A document that another transaction has changed, for as long as that is not aborted."""

    def __init__(self, client: Client, database: str) -> None:
        self.database = database
        self._numbers = client.delegate[database]["numbers"]
        self._numbers.insert_one({"_id": "contended", "n": 0})
        self._other = client.delegate.start_session()
        self._other.start_transaction()
        self.add(self._other)

    def add(self, session: BlockingSession) -> None:
        self._numbers.update_one({"_id": "contended"}, {"$inc": {"n": 1}}, session=session)

    def let_go(self) -> None:
        if self._other.in_transaction:
            self._other.abort_transaction()

    @property
    def number(self) -> int:
        found = self._numbers.find_one({"_id": "contended"})
        assert found is not None
        return found["n"]


@pytest.fixture
def contended(client: Client) -> Generator[Contended]:
    database = f"test_{new_id().hex}"
    contended = Contended(client, database)
    yield contended
    contended.let_go()
    client.delegate.drop_database(database)


async def test_it_is_begun_again_until_the_other_one_is_over(client: Client, contended: Contended) -> None:
    began = monotonic()
    tries = 0

    def body(session: BlockingSession) -> None:
        nonlocal tries
        tries += 1
        if monotonic() > began + BUSY_SECONDS:
            contended.let_go()
        contended.add(session)

    await in_transaction(client, body, 20)
    assert contended.number == 1
    assert 1 < tries <= 10


async def test_it_gives_up_within_its_deadline_and_writes_nothing(client: Client, contended: Contended) -> None:
    began = monotonic()
    with pytest.raises(Unavailable, match="112"):
        await in_transaction(client, contended.add, BUSY_SECONDS)
    assert BUSY_SECONDS / 2 < monotonic() - began < 10 * BUSY_SECONDS
    contended.let_go()
    assert contended.number == 0


async def test_a_database_is_dropped_as_soon_as_the_transaction_of_somebody_who_died_is_over(
    stack: Endpoints, contended: Contended
) -> None:
    database = MongoDatabase.connect(stack.mongodb, contended.database, application="tests", seconds=BUSY_SECONDS)
    async with asyncio.TaskGroup() as group:
        dropping = group.create_task(database.drop())
        assert not (await asyncio.wait([dropping], timeout=5 * BUSY_SECONDS))[0], "it did not wait"
        contended.let_go()
    assert await database.names() == []
    database.close()


@pytest.fixture
async def mongo(stack: Endpoints) -> AsyncGenerator[MongoDatabase]:
    database = MongoDatabase.connect(stack.mongodb, f"test_{new_id().hex}", application="tests")
    await database.install({"things": None, "diary": None})
    yield database
    await database.drop()
    database.close()


async def test_a_generation_is_dropped_as_soon_as_the_transaction_of_somebody_who_died_is_over(
    stack: Endpoints, client: Client, mongo: MongoDatabase
) -> None:
    await mongo.generations("tester", [THINGS], [DIARY]).make(1)
    hurried = MongoDatabase.connect(stack.mongodb, mongo.name, application="tests", seconds=BUSY_SECONDS)
    with client.delegate.start_session() as dead:
        dead.start_transaction()
        client.delegate[mongo.name][physical("things", 1)].insert_one({"_id": "half"}, session=dead)
        async with asyncio.TaskGroup() as group:
            dropping = group.create_task(hurried.generations("tester", [THINGS], [DIARY]).drop(1))
            assert not (await asyncio.wait([dropping], timeout=5 * BUSY_SECONDS))[0], "it did not wait"
            dead.abort_transaction()
    assert physical("things", 1) not in await mongo.names()
    hurried.close()


def much(n: int) -> Changes:
    return of(*(thing(f"thing-{number}", n=n) for number in range(LARGE + 1)))


async def test_a_large_commit_that_is_ended_asks_for_less_at_once(client: Client, mongo: MongoDatabase) -> None:
    store = mongo.store("tester", [THINGS], [DIARY])
    await store.commit(TOPIC, 0, None, at(0), much(1))
    things = client.delegate[mongo.name]["things"]
    with client.delegate.start_session() as other:
        other.start_transaction()
        things.update_one({"_id": "thing-7"}, {"$set": {"n": 3}}, session=other)
        with pytest.raises(TooMuch, match="write less"):
            await store.commit(TOPIC, 0, at(0), at(1), much(2))
        other.abort_transaction()
    assert {row["n"] for row in (await rows_of(store, "things")).values()} == {1}
    await store.commit(TOPIC, 0, at(0), at(1), much(2))
    assert {row["n"] for row in (await rows_of(store, "things")).values()} == {2}


@pytest.mark.parametrize(("changes", "most"), [(much(1), 1), (of(thing("thing-1")), 3)])
async def test_one_large_commit_is_written_at_a_time_and_small_ones_side_by_side(
    mongo: MongoDatabase, monkeypatch: pytest.MonkeyPatch, changes: Changes, most: int
) -> None:
    store = mongo.store("tester", [THINGS], [DIARY])
    writing, seen = 0, 0
    all_three = asyncio.Event()

    async def counted(*_given: Any) -> None:
        nonlocal writing, seen
        writing += 1
        seen = max(seen, writing)
        if writing == most:
            all_three.set()
        await all_three.wait()
        writing -= 1

    monkeypatch.setattr("eventlog.read.mongo.store.in_transaction", counted)
    await asyncio.gather(*(store.commit(TOPIC, number, None, at(0), changes) for number in range(3)))
    assert seen == most
