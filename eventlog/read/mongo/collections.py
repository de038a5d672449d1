"""A database, and its collections as readers get them: bound to a tenant, and with errors in our words."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from eventlog.read.mongo.current import GENERATIONS, SWITCHES, Current, current_names, letting_switches_pass
from eventlog.read.mongo.describing import Described, described
from eventlog.read.mongo.driver import (
    CODECS,
    DROP_SECONDS,
    Client,
    Database,
    Document,
    DriverCollection,
    after,
    connect,
    our_errors,
    timeout,
)
from eventlog.read.mongo.generations import MongoGenerations
from eventlog.read.mongo.install import Index, install
from eventlog.read.mongo.listening import Health, Operations
from eventlog.read.mongo.parked import ACTS
from eventlog.read.mongo.retrying import read
from eventlog.read.mongo.snapshot import CHECKPOINTS, DISCARDED, PARKED
from eventlog.read.mongo.store import SECONDS, MongoProjectionStore
from eventlog.read.mongo.watching import ResumeToken, Watch
from eventlog.read.projection import Journal, Projection

READ_SECONDS = 10.0
"""For one read, all its tries together."""

Answer = TypeVar("Answer")
Sort = Sequence[tuple[str, int]]
"""(field, 1 or -1), the first decides first."""

_PLACES = Index(PARKED, [("projector", 1), ("topic", 1), ("partition", 1), ("offset", 1)])


class Collection:
    """Reads over all tenants, for operators and for machinery. Whoever serves a tenant takes a `TenantCollection`."""

    def __init__(self, current: Current, name: str, seconds: float = READ_SECONDS) -> None:
        self._current = current
        self._name = name
        self._seconds = seconds

    def _within(self, where: Mapping[str, Any]) -> Mapping[str, Any]:
        return where

    async def find_one(self, where: Mapping[str, Any]) -> Document | None:
        """A document that fits, or None. Raises `Unavailable`."""
        return await self._read(lambda collection: collection.find_one(self._within(where)))

    async def find(
        self, where: Mapping[str, Any], *, sort: Sort = (), skip: int = 0, limit: int, without: Sequence[str] = ()
    ) -> list[Document]:
        """At most `limit` documents that fit, without those of their fields that are named. Raises `Unavailable`."""
        shown = dict.fromkeys(without, 0) or None

        async def ask(collection: DriverCollection) -> list[Document]:
            found = collection.find(self._within(where), shown, sort=list(sort) or None, skip=skip, limit=limit)
            return await found.to_list(None)

        return await self._read(ask)

    async def count(self, where: Mapping[str, Any], *, limit: int) -> int:
        """How many fit; counting ends at `limit`. Raises `Unavailable`."""
        return await self._read(lambda collection: collection.count_documents(self._within(where), limit=limit))

    async def _read(self, ask: Callable[[DriverCollection], Awaitable[Answer]]) -> Answer:
        return await read(self._seconds, lambda: self._current.read(self._name, ask))

    async def totals(self, where: Mapping[str, Any], by: str, field: str) -> Mapping[Any, tuple[int, int]]:
        """Of those that fit, by the value of one field: how many they are, and the sum of another field of theirs.

        Raises `Unavailable`.
        """
        group = {"_id": f"${by}", "number": {"$sum": 1}, "sum": {"$sum": f"${field}"}}

        async def ask(collection: DriverCollection) -> list[Document]:
            found = collection.aggregate([{"$match": self._within(where)}, {"$group": group}])
            return await found.to_list(None)

        return {one["_id"]: (one["number"], one["sum"]) for one in await self._read(ask)}


class TenantCollection(Collection):
    """Reads of one tenant: no question that is asked here can be answered with another tenant's document.

    With `bounds` neither with one of the tenant's own that does not fit them.
    """

    def __init__(
        self,
        current: Current,
        name: str,
        tenant: str,
        seconds: float = READ_SECONDS,
        bounds: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        if not tenant:
            raise ValueError("a tenant's collection needs the tenant's name: an empty one would be nobody's")
        super().__init__(current, name, seconds)
        self._tenant = tenant
        self._bounds = ({"tenant": {"$eq": tenant}}, *bounds)

    def _within(self, where: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"$and": [*self._bounds, where]}


class OwnedCollection(TenantCollection):
    """Documents of one tenant that a service keeps for itself: no projection writes them, no log restores them."""

    async def insert(self, document: Mapping[str, Any]) -> None:
        """Add a document. Raises `Conflict` where its `_id`, or a unique field, is taken; `Unavailable`."""
        with our_errors():
            await (await self._current.collection(self._name)).insert_one({**document, "tenant": self._tenant})

    async def change(self, where: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
        """Set fields of one document that fits; whether there was one. Raises `Unavailable`."""
        with our_errors():
            collection = await self._current.collection(self._name)
            changed = await collection.update_one(self._within(where), {"$set": {**fields, "tenant": self._tenant}})
        return changed.matched_count == 1

    async def delete(self, where: Mapping[str, Any]) -> bool:
        """Delete one document that fits; whether there was one. Raises `Unavailable`."""
        with our_errors():
            collection = await self._current.collection(self._name)
            return (await collection.delete_one(self._within(where))).deleted_count == 1

    async def clear(self, where: Mapping[str, Any]) -> int:
        """Delete all documents that fit; how many there were. Raises `Unavailable`."""
        with our_errors():
            collection = await self._current.collection(self._name)
            return (await collection.delete_many(self._within(where))).deleted_count


class MongoDatabase:
    """One database of a replica set. To be made in the event loop that uses it, closed when that ends."""

    MACHINERY: Final = (CHECKPOINTS, PARKED, DISCARDED, ACTS, GENERATIONS)
    """The collections of the stores themselves."""
    MACHINERY_INDEXES: Final = (_PLACES,)

    def __init__(self, client: Client, name: str, seconds: float = READ_SECONDS) -> None:
        self.name = name
        self._seconds = seconds
        self._client = client
        self._database: Database = client.get_database(name, codec_options=CODECS)
        self._current = Current(self._database)

    @classmethod
    def connect(
        cls, uri: str, name: str, *, application: str, pool: int = 16, seconds: float = READ_SECONDS
    ) -> "MongoDatabase":
        """No request waits longer than `seconds`, for a connection or for an answer; the first one connects."""
        return cls(connect(uri, application, pool, seconds, (Operations(), Health())), name, seconds)

    def close(self) -> None:
        """Let go of every connection."""
        self._client.close()

    async def ping(self) -> None:
        """Raises `Unavailable` where no primary answers."""
        with our_errors():
            await self._client.admin.command("ping")

    async def drop(self) -> None:
        """Delete the whole database, for tests and for an operator who starts again. Raises `Unavailable`.

        Waits until transactions on it are over, those of clients that died included.
        """
        await self.ping()
        with our_errors(), timeout(DROP_SECONDS):
            await self._client.drop_database(self._database.name)

    async def names(self) -> list[str]:
        """Its collections; none where nothing was ever written. Raises `Unavailable`."""
        with our_errors():
            return sorted(await self._database.list_collection_names())

    async def add(self, name: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """Insert new documents into a database that no projector writes. Raises `Conflict`, `Unavailable`."""
        with our_errors():
            await self._database[name].insert_many([dict(one) for one in documents])

    async def install(self, schemas: Mapping[str, Mapping[str, Any] | None], indexes: Iterable[Index] = ()) -> None:
        """Make every collection before it is written, with its `$jsonSchema` and indexes, and those of the stores."""
        names = await current_names(self._database)
        await install(self._database, names, dict.fromkeys(self.MACHINERY) | dict(schemas), [_PLACES, *indexes])

    async def described(self) -> Described:
        """What is installed, as the server tells it. Raises `Unavailable`."""
        return await described(self._database, await current_names(self._database))

    async def try_writing(self, collection: str, document: Document) -> None:
        """Insert a document in a transaction, and take the transaction back: nothing is left. Raises `Unavailable`."""
        with our_errors():
            async with await self._client.start_session() as session:
                session.start_transaction()
                try:
                    await self._database[collection].insert_one(document, session=session)
                finally:
                    await session.abort_transaction()

    def store(
        self,
        projector: str,
        projections: Iterable[Projection],
        journals: Iterable[Journal] = (),
        seconds: float = SECONDS,
    ) -> MongoProjectionStore:
        """The store of one projector."""
        return MongoProjectionStore(self._client, self._database, projector, projections, journals, seconds)

    def generations(
        self, projector: str, projections: Iterable[Projection], journals: Iterable[Journal] = ()
    ) -> MongoGenerations:
        """What a rebuild of a projector beside itself needs."""
        return MongoGenerations(self._client, self._database, projector, projections, journals)

    def collection(self, name: str) -> Collection:
        """All tenants' documents: for operators."""
        return Collection(self._current, name, self._seconds)

    def of_tenant(self, name: str, tenant: str, *bounds: Mapping[str, Any]) -> TenantCollection:
        """One tenant's documents of a projection; with `bounds` those that fit them."""
        return TenantCollection(self._current, name, tenant, self._seconds, bounds)

    def owned(self, name: str, tenant: str) -> OwnedCollection:
        """One tenant's documents of a collection that the caller's service keeps itself."""
        return OwnedCollection(self._current, name, tenant, self._seconds)

    @asynccontextmanager
    async def watch(
        self,
        collections: Sequence[str],
        pipeline: Sequence[Mapping[str, Any]] = (),
        resume_after: ResumeToken | None = None,
        wait: float = 1.0,
    ) -> AsyncGenerator[Watch]:
        """Documents as they are inserted or replaced in any of `collections`, from now or after `resume_after`.

        What is written from the moment on that this returns is seen. `pipeline` filters on the server
        (`fullDocument` is the document), `wait` is how long one `next` waits, in seconds.
        """
        milliseconds = int(wait * 1000)
        with our_errors():
            start = None
            if resume_after is None:
                start = after((await self._client.admin.command("ping"))["operationTime"])
            # After the place where it starts: another switch than those that this has seen is in the stream.
            current = await current_names(self._database)
            names = {current.get(name, name): name for name in collections}
            mine = {"ns.coll": {"$in": list(names)}, "operationType": {"$in": ["insert", "replace"]}}
            stages = [{"$match": {"$or": [mine, SWITCHES]}}, *letting_switches_pass(list(pipeline))]
            stream = self._database.watch(
                stages, start_at_operation_time=start, resume_after=resume_after, max_await_time_ms=milliseconds
            )
        async with stream:
            yield Watch(stream, names)
