"""A transaction of MongoDB that meets another's writes waits for it, and gives up within its deadline."""

from collections.abc import Generator
from time import monotonic

import pytest

from eventlog.clock import new_id
from eventlog.errors import Unavailable
from eventlog.read.mongo.driver import BlockingSession, Client, connect
from eventlog.read.mongo.transaction import in_transaction
from ops.stack.launcher import Endpoints

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
