"""MongoDB keeps the promises of every store, and what its readers rely on."""

from collections.abc import AsyncGenerator, Generator
from urllib.parse import urlsplit

import pytest

from eventlog.clock import new_id
from eventlog.errors import Conflict
from eventlog.read.mongo import Index, MongoDatabase, MongoProjectionStore
from eventlog.read.mongo.driver import connect
from eventlog.read.parked import ParkedStore
from eventlog.read.projector import Changes
from eventlog.read.snapshot import SnapshotStore
from eventlog.read.store import Unkeepable
from ops.stack.launcher import Endpoints
from tests.eventlog.counting import OTHERS, OUTCOMES, TOTALS
from tests.eventlog.lossy_proxy import lossy_proxy
from tests.eventlog.parked_promises import ParkedPromises
from tests.eventlog.store_promises import DIARY, THINGS, TOPIC, DurableStorePromises, at, entry, of, thing
from tests.eventlog.verify_promises import VerifyPromises
from tests.waiting import eventually

pytestmark = pytest.mark.live

COUNTED = {"bsonType": "object", "required": ["n"], "properties": {"n": {"bsonType": ["int", "long"], "minimum": 0}}}


def a_store(database: MongoDatabase, seconds: float = 20) -> MongoProjectionStore:
    return database.store("tester", [THINGS], [DIARY], seconds)


@pytest.fixture
async def mongo(stack: Endpoints) -> AsyncGenerator[MongoDatabase]:
    database = MongoDatabase.connect(stack.mongodb, f"test_{new_id().hex}", application="tests")
    await database.install(
        {"things": None, "diary": None, "counted": COUNTED, "totals": None, "others": None, "outcomes": None}
    )
    yield database
    await database.drop()
    database.close()


class TestMongoProjectionStore(DurableStorePromises, ParkedPromises):
    @pytest.fixture
    def store(self, mongo: MongoDatabase) -> MongoProjectionStore:
        self.database = mongo
        return a_store(mongo)

    def twin(self, store: ParkedStore) -> ParkedStore:
        return a_store(self.database)

    @pytest.fixture
    async def cut_off(self) -> AsyncGenerator[MongoProjectionStore]:
        database = MongoDatabase.connect("mongodb://127.0.0.1:1", "nowhere", application="tests", seconds=0.5)
        yield a_store(database, seconds=0.5)
        database.close()

    @pytest.fixture
    async def deaf(self, stack: Endpoints, mongo: MongoDatabase) -> AsyncGenerator[MongoProjectionStore]:
        server = urlsplit(stack.mongodb)
        async with lossy_proxy(server.hostname or "", server.port or 0) as proxy:
            proxy.lost = b"commitTransaction"
            uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
            database = MongoDatabase.connect(uri, mongo.name, application="tests", seconds=2)
            yield a_store(database, seconds=2)
            database.close()
            assert proxy.losses, "the answer to a commit was lost"


class TestVerifyMongo(VerifyPromises):
    @pytest.fixture
    def store(self, mongo: MongoDatabase) -> MongoProjectionStore:
        self.database = mongo
        return mongo.store("counting", [TOTALS, OTHERS], [OUTCOMES])

    async def tamper(self, store: SnapshotStore, name: str, id_: str, field: str, value: object) -> None:
        vandal = self.database.store("vandal", [])
        ((document,),) = (await vandal.load([(name, id_)])).values()
        await vandal.commit(TOPIC, 0, None, at(0), Changes(views={(name, id_): ({**document, field: value},)}))

    async def remove(self, store: SnapshotStore, name: str, id_: str) -> None:
        assert await self.database.owned(name, "acme").delete({"_id": id_})


async def test_an_entry_without_an_id_is_refused_because_a_repeat_would_double_it(mongo: MongoDatabase) -> None:
    with pytest.raises(ValueError, match="_id"):
        await a_store(mongo).commit(TOPIC, 0, None, at(0), Changes(entries={"diary": [{"words": "anonymous"}]}))


async def test_a_document_whose_id_is_not_its_stream_is_refused(mongo: MongoDatabase) -> None:
    with pytest.raises(ValueError, match="thing-1"):
        await a_store(mongo).commit(TOPIC, 0, None, at(0), Changes(views={("things", "thing-1"): (thing("thing-2"),)}))


async def test_a_document_that_does_not_fit_its_schema_is_refused_by_name(mongo: MongoDatabase) -> None:
    changes = Changes(views={("counted", f"thing-{n}"): ({"_id": f"thing-{n}", "n": n},) for n in (1, -1)})
    with pytest.raises(Unkeepable) as refused:
        await a_store(mongo).commit(TOPIC, 0, None, at(0), changes)
    assert refused.value.place == ("counted", "thing--1")
    assert await mongo.collection("counted").count({}, limit=9) == 0


async def test_one_lost_answer_to_a_commit_is_asked_for_again(stack: Endpoints, mongo: MongoDatabase) -> None:
    server = urlsplit(stack.mongodb)
    async with lossy_proxy(server.hostname or "", server.port or 0) as proxy:
        uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
        database = MongoDatabase.connect(uri, mongo.name, application="tests", seconds=5)
        store = a_store(database)
        await store.commit(TOPIC, 0, None, at(0), Changes())
        proxy.lost, proxy.losses_left = b"commitTransaction", 1
        await store.commit(TOPIC, 0, at(0), at(1), Changes(entries={"diary": [entry("a")]}))
        database.close()
    assert proxy.losses == 1
    assert await mongo.collection("diary").count({}, limit=9) == 1


@pytest.fixture
def forgetful(stack: Endpoints) -> Generator[None]:
    """A server that keeps no moment for longer than it is needed by anybody's transaction."""
    client = connect(stack.mongodb, "tests", pool=1, seconds=20)
    wish = {"setParameter": 1, "minSnapshotHistoryWindowInSeconds": 0}
    before = client.delegate.admin.command(wish)["was"]
    yield
    client.delegate.admin.command({**wish, "minSnapshotHistoryWindowInSeconds": before})
    client.close()


@pytest.mark.usefixtures("forgetful")
async def test_a_moment_that_is_read_for_too_long_is_gone_and_the_error_names_what_to_set(mongo: MongoDatabase) -> None:
    store = a_store(mongo)
    await store.commit(TOPIC, 0, None, at(0), of(thing("thing-1")))
    written = 0
    async with store.snapshot() as seen:
        await seen.checkpoints()

        async def gone() -> str | None:
            nonlocal written
            written += 1
            await store.commit(TOPIC, 0, at(written - 1), at(written), of(thing("thing-1", n=written)))
            try:
                assert [row["n"] async for row in seen.rows("things")] == [1]
            except Conflict as error:
                return str(error)
            return None

        assert "minSnapshotHistoryWindowInSeconds" in await eventually(gone, within=30)


async def test_installing_again_brings_validators_and_indexes_up(mongo: MongoDatabase) -> None:
    index = Index("counted", [("tenant", 1), ("n", -1)], unique=True)
    await mongo.install({"counted": None, "new": COUNTED}, [index, Index("new", [("at", 1)], seconds=60)])
    await mongo.install({"counted": None, "new": COUNTED}, [index])
    await mongo.owned("counted", "acme").insert({"_id": "negative", "n": -1})
    with pytest.raises(Conflict):
        await mongo.owned("counted", "acme").insert({"_id": "another", "n": -1})
    with pytest.raises(ValueError, match="other options"):
        await mongo.install({}, [Index("counted", [("tenant", 1), ("n", -1)])])


async def test_a_tenant_reads_and_changes_only_its_own(mongo: MongoDatabase) -> None:
    await a_store(mongo).commit(
        TOPIC, 0, None, at(0), of(thing("thing-1"), thing("thing-2", tenant="rival"), thing("thing-3", n=3))
    )
    acme, rival = mongo.of_tenant("things", "acme"), mongo.of_tenant("things", "rival")
    assert [one["_id"] for one in await acme.find({}, sort=[("n", 1)], limit=9)] == ["thing-3", "thing-1"]
    assert await rival.count({}, limit=9) == 1
    for where in ({"_id": "thing-1"}, {"tenant": "acme"}, {"$or": [{"tenant": "acme"}, {"n": 3}]}):
        assert await rival.find_one(where) is None
        assert not await mongo.owned("things", "rival").change(where, {"n": 0})
        assert not await mongo.owned("things", "rival").delete(where)
    with pytest.raises(ValueError, match="tenant"):
        mongo.of_tenant("things", "")


async def test_a_watch_sees_what_is_written_from_then_on_and_resumes(mongo: MongoDatabase) -> None:
    store = a_store(mongo)
    await store.commit(TOPIC, 0, None, at(0), Changes(entries={"diary": [entry("before")]}))
    mine = [{"$match": {"fullDocument.words": "mine"}}]
    async with mongo.watch(["diary"], mine) as watch:
        await store.commit(
            TOPIC, 0, at(0), at(1), Changes(entries={"diary": [entry("a", "mine"), entry("b"), entry("c", "mine")]})
        )
        first = await watch.next()
    assert first is not None
    assert (first.collection, first.document["_id"]) == ("diary", "a")
    async with mongo.watch(["diary", "things"], mine, resume_after=first.token, wait=0.2) as watch:
        second = await watch.next()
        assert second is not None
        assert second.document["_id"] == "c"
        assert await watch.next() is None
        assert watch.token is not None
