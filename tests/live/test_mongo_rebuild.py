"""MongoDB keeps the promises of a rebuild, and its readers find the current documents at every moment."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from eventlog.clock import new_id
from eventlog.errors import Conflict
from eventlog.read.mongo import Change, Index, MongoDatabase, Watch
from eventlog.read.mongo.generations import MongoGenerations
from eventlog.read.parked import ParkedStore
from eventlog.read.projector import Changes
from eventlog.read.rebuild.port import GenerationStore
from eventlog.read.store import Unkeepable
from ops.stack.launcher import Endpoints
from tests.eventlog.counting import TOPIC
from tests.eventlog.rebuild.promises import (
    NEWER,
    OTHERS,
    OUTCOMES,
    PARTITIONS,
    TOTALS,
    Playing,
    RebuildPromises,
    a_run,
    content,
)

pytestmark = pytest.mark.live

SCHEMA = {"bsonType": "object", "required": ["total"], "properties": {"total": {"bsonType": ["int", "long"]}}}
INDEXES = (Index("totals", [("tenant", 1), ("total", -1)]), Index("outcomes", [("stream", 1)], sparse=True))


@pytest.fixture
async def mongo(stack: Endpoints) -> AsyncGenerator[MongoDatabase]:
    database = MongoDatabase.connect(stack.mongodb, f"test_{new_id().hex}", application="tests")
    await database.install({"totals": SCHEMA, "others": None, "outcomes": None}, INDEXES)
    yield database
    await database.drop()
    database.close()


def generations(database: MongoDatabase) -> MongoGenerations:
    return database.generations("counting", [TOTALS, OTHERS], [OUTCOMES])


class TestMongoGenerations(RebuildPromises):
    @pytest.fixture
    def store(self, stack: Endpoints, mongo: MongoDatabase) -> MongoGenerations:
        self.database = mongo
        self.uri = stack.mongodb
        return generations(mongo)

    def again(self, store: GenerationStore) -> GenerationStore:
        return generations(self.database)

    def operator(self, store: GenerationStore) -> ParkedStore:
        return self.database.store("counting", [TOTALS, OTHERS], [OUTCOMES])

    async def test_a_generation_has_the_validator_and_the_indexes_of_the_one_before(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        before = await self.database.described()
        assert len(before["totals"][1]) == 1
        await a_run(store, playing).rebuild()
        assert await self.database.described() == before
        await self.database.install({"totals": SCHEMA, "others": None, "outcomes": None}, INDEXES)
        assert await self.database.described() == before

    async def test_a_reader_that_had_asked_before_finds_the_new_documents(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        reader = MongoDatabase.connect(self.uri, self.database.name, application="reader")
        projector = self.database.store("counting", [TOTALS, OTHERS], [OUTCOMES])
        outcomes = reader.collection("outcomes")
        try:
            assert await outcomes.count({}, limit=1_000) == 42
            await a_run(store, playing).rebuild()
            await playing.say()
            await playing.follow(projector)
            assert await outcomes.count({}, limit=1_000) == 84
            await a_run(store, playing).roll_back()
            await playing.say()
            await playing.follow(projector)
            assert await outcomes.count({}, limit=1_000) == 126
        finally:
            reader.close()

    async def test_what_a_reader_still_believes_in_is_not_dropped(
        self, store: GenerationStore, playing: Playing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("eventlog.read.mongo.current.LEASE_SECONDS", 2.0)
        reader = MongoDatabase.connect(self.uri, self.database.name, application="reader")
        try:
            outcomes = reader.collection("outcomes")
            found = await outcomes.count({}, limit=1_000)
            await a_run(store, playing).rebuild()
            await a_run(store, playing).forget()
            assert await outcomes.count({}, limit=1_000) == found > 0
        finally:
            reader.close()

    async def test_no_reader_ever_finds_less_than_before(self, store: GenerationStore, playing: Playing) -> None:
        """With a projector that writes, and readers that believe what they have read for a while."""
        reader = MongoDatabase.connect(self.uri, self.database.name, application="reader")
        projector = self.database.store("counting", [TOTALS, OTHERS], [OUTCOMES])
        done = asyncio.Event()
        reads = 0

        async def projecting() -> None:
            while not done.is_set():
                await playing.say(2)
                try:
                    await playing.follow(projector)
                except Conflict:
                    await asyncio.sleep(0.01)

        async def reading() -> None:
            nonlocal reads
            most = 0
            while not done.is_set():
                found = await reader.collection("outcomes").count({}, limit=100_000)
                assert found >= most
                most, reads = found, reads + 1

        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(projecting())
                tasks.create_task(reading())
                for number in (1, 2):
                    assert (await a_run(store, playing).rebuild()).current == number
                assert (await a_run(store, playing).roll_back()).current == 1
                done.set()
        finally:
            reader.close()
        assert reads > 20

    async def test_who_watches_is_told_to_look_anew_and_sees_no_documents_of_a_rebuild(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        pipeline = [{"$match": {"fullDocument.stream": {"$exists": True}}}, {"$project": {"ns": 1, "fullDocument": 1}}]
        async with self.database.watch(["outcomes"], pipeline, wait=0.3) as watch:
            await a_run(store, playing).rebuild()
            with pytest.raises(Conflict, match="another generation"):
                await _first(watch)
        projector = self.database.store("counting", [TOTALS, OTHERS], [OUTCOMES])
        async with self.database.watch(["outcomes"], pipeline) as watch:
            await playing.say(1)
            await playing.follow(projector)
            change = await watch.next()
            assert change is not None
            assert change.collection == "outcomes"

    async def test_a_projector_of_other_versions_does_not_write_what_these_have_folded(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        old = self.database.store("counting", [TOTALS, OTHERS], [OUTCOMES])
        new = self.database.store("counting", [NEWER, OTHERS], [OUTCOMES])
        with pytest.raises(Conflict, match=r"totals 1.*totals 2.*playhead rebuild counting"):
            await new.checkpoint(TOPIC, 0)
        newer = self.database.generations("counting", [NEWER, OTHERS], [OUTCOMES])
        await a_run(newer, playing, totals=NEWER).rebuild()
        await a_run(newer, playing, totals=NEWER).rebuild(approve=True)
        for n in range(PARTITIONS):
            assert await new.checkpoint(TOPIC, n) is not None
            with pytest.raises(Conflict, match="totals 2"):
                await old.checkpoint(TOPIC, n)
        with pytest.raises(Conflict, match="totals 1"):
            await a_run(newer, playing, totals=NEWER).roll_back()
        assert (await a_run(store, playing).roll_back()).current == 0

    async def test_a_fold_that_joins_later_has_its_collection_in_the_current_generation(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        await a_run(store, playing).rebuild()
        lamps = replace(OTHERS, name="lamps")
        await self.database.install({"lamps": SCHEMA})
        joined = self.database.store("counting", [TOTALS, OTHERS, lamps], [OUTCOMES])
        stands = await joined.checkpoint(TOPIC, 0)
        assert stands is not None
        lit = {"_id": "lamp-1", "stream": "lamp-1", "total": 1}
        await joined.commit(TOPIC, 0, stands.position, stands.position, Changes(views={("lamps", "lamp-1"): (lit,)}))
        reader = MongoDatabase.connect(self.uri, self.database.name, application="reader")
        assert await reader.collection("lamps").find({}, limit=9) == [lit]
        reader.close()
        wrong = Changes(views={("lamps", "lamp-2"): ({"_id": "lamp-2", "total": "many"},)})
        with pytest.raises(Unkeepable):
            await joined.commit(TOPIC, 0, stands.position, stands.position, wrong)

    async def test_a_switch_whose_process_ends_leaves_the_projector_able_to_go_on(
        self, store: GenerationStore, playing: Playing
    ) -> None:
        class Ended(BaseException):
            pass

        async def end(_stands: object) -> None:
            raise Ended

        await a_run(store, playing).rebuild()
        kept = await store.read()
        with pytest.raises(Ended):
            await store.switch(kept.revision, kept, end)
        projector = self.database.store("counting", [TOTALS, OTHERS], [OUTCOMES])
        await playing.say()
        await playing.follow(projector)
        assert len((await content(store.live()))["outcomes"]) == 84


async def _first(watch: Watch) -> Change:
    while (change := await watch.next()) is None:
        pass
    return change
