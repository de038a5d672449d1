"""Generations of a projector's documents in MongoDB.

Each is a set of collections with names of its own. To switch is to change one document of `generations`, which readers
and the projector follow (`current.py`), and the positions with it, in one transaction. Renaming collections would not
do: it is no part of a transaction, so that nine collections would be nine switches, with a moment without any in each.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from typing import Any

import msgspec

from eventlog.errors import Conflict
from eventlog.read.mongo.current import GENERATIONS, CurrentGeneration, name_beside, physical
from eventlog.read.mongo.driver import (
    DROP_SECONDS,
    BlockingSession,
    Client,
    Database,
    Document,
    DuplicateKeyError,
    our_errors,
    timeout,
)
from eventlog.read.mongo.install import copy_empty
from eventlog.read.mongo.snapshot import CHECKPOINTS, DISCARDED, PARKED, checkpoint_id, position_of
from eventlog.read.mongo.store import MongoProjectionStore
from eventlog.read.mongo.transaction import in_transaction
from eventlog.read.projection import Journal, Projection
from eventlog.read.rebuild.generations import Generations, RebuildRefused
from eventlog.read.rebuild.port import HOLD_SECONDS, POUR_SECONDS, Vector

SECONDS = 10.0
"""For the transaction of a switch."""
FREEZE_MILLISECONDS = 3_000
"""For which the projector is held still, unless it is let go before. A switch that takes longer is done again."""


class MongoGenerations:
    """`GenerationStore` of one projector."""

    def __init__(
        self,
        client: Client,
        database: Database,
        projector: str,
        projections: Iterable[Projection],
        journals: Iterable[Journal] = (),
    ) -> None:
        self._client = client
        self._database = database
        self._projector = projector
        self._folds = (tuple(projections), tuple(journals))
        self._names = [one.name for folds in self._folds for one in folds]
        self._current = CurrentGeneration(database, projector)

    async def read(self) -> Generations:
        with our_errors():
            found = await self._database[GENERATIONS].find_one({"_id": self._projector}, {"kept": 1})
        return (
            msgspec.convert(found["kept"], Generations) if found and "kept" in found else Generations(self._projector)
        )

    async def write(self, revision: int, after: Generations) -> None:
        with our_errors():
            await self._begin()
            await asyncio.to_thread(self._write, None, revision, after, {})

    async def hold(self, holder: str) -> bool:
        free = {"$or": [{"holder": {"$in": ["", None, holder]}}, {"$expr": {"$lt": ["$heldUntil", "$$NOW"]}}]}
        until = {"$add": ["$$NOW", 1_000 * HOLD_SECONDS]}
        held = [{"$set": {"holder": holder, "heldUntil": until}}]
        with our_errors():
            await self._begin()
            mine = await self._database[GENERATIONS].update_one({"_id": self._projector, **free}, held)
        return mine.matched_count == 1

    async def release(self, holder: str) -> None:
        with our_errors():
            mine = {"_id": self._projector, "holder": holder}
            await self._database[GENERATIONS].update_one(mine, {"$set": {"holder": ""}})

    async def released(self) -> int:
        mine: list[dict[str, Any]] = [
            {"$match": {"projector": self._projector}},
            {"$group": {"_id": None, "released": {"$sum": "$released"}}},
        ]
        with our_errors():
            found = await self._database[CHECKPOINTS].aggregate(mine).to_list(None)
        return found[0]["released"] if found else 0

    def live(self) -> MongoProjectionStore:
        return MongoProjectionStore(self._client, self._database, self._projector, *self._folds, watching=True)

    def beside(self, generation: int) -> MongoProjectionStore:
        return MongoProjectionStore(
            self._client, self._database, self._projector, *self._folds, POUR_SECONDS, beside=generation
        )

    async def make(self, generation: int) -> None:
        await self.drop(generation)
        current = (await self.read()).current
        with our_errors():
            for name in self._names:
                await copy_empty(self._database, physical(name, current), physical(name, generation))

    async def drop(self, generation: int) -> None:
        if (await self.read()).current == generation:
            raise RebuildRefused(f"{self._projector}: generation {generation} is the current one: it is not dropped")
        theirs = {"projector": name_beside(self._projector, generation)}
        with our_errors():
            await self._current.left()
            with timeout(DROP_SECONDS):
                for name in self._names:
                    await self._database[physical(name, generation)].drop()
            await self._database[PARKED].delete_many(theirs)
            await self._database[CHECKPOINTS].delete_many(theirs)

    async def switch(self, revision: int, after: Generations, catch_up: Callable[[Vector], Awaitable[object]]) -> None:
        before, new = after.previous, after.current
        assert before is not None

        def body(session: BlockingSession) -> None:
            names = (self._projector, name_beside(self._projector, new))
            old, next_ = (self._all(CHECKPOINTS, name, session) for name in names)
            if _stands(old) != _stands(next_):
                raise Conflict(f"{self._projector}: the generations do not stand at the same place")
            self._rename(session, CHECKPOINTS, old, next_, before, new)
            old, next_ = (self._all(PARKED, name, session) for name in names)
            given_up = {_offset(one) for one in self._all(DISCARDED, self._projector, session)}
            self._rename(session, PARKED, old, next_, before, new, given_up)
            more = {"current": new, "names": self._names, "closed": True, "opensAt": None}
            self._write(session, revision, after, more)

        await self._freeze(FREEZE_MILLISECONDS)
        try:
            with our_errors():
                stands = _stands(await asyncio.to_thread(self._all, CHECKPOINTS, self._projector, None))
            await catch_up(stands)
            await in_transaction(self._client, body, SECONDS)
        finally:
            await self._freeze(0)
        with our_errors():
            await self._current.begin_lease()

    async def _freeze(self, milliseconds: int) -> None:
        """Hold the projector still for so long: a transaction of its own that has begun is waited for."""
        until = [{"$set": {"frozenUntil": {"$add": ["$$NOW", milliseconds]}}}] if milliseconds else None
        with our_errors():
            await self._database[CHECKPOINTS].update_many(
                {"projector": self._projector}, until or {"$unset": {"frozenUntil": ""}}
            )

    def _write(
        self, session: BlockingSession | None, revision: int, after: Generations, more: Mapping[str, Any]
    ) -> None:
        here = {"_id": self._projector, "kept.revision": {"$in": [0, None]} if revision == 0 else revision}
        fields = {"kept": msgspec.to_builtins(after), **more}
        written = self._database.delegate[GENERATIONS].update_one(here, {"$set": fields}, session=session)
        if written.matched_count != 1:
            raise Conflict(f"{self._projector}: its generations are not at revision {revision} any more: read them")

    async def _begin(self) -> None:
        """There is a document to change."""
        try:
            here = {"_id": self._projector}
            await self._database[GENERATIONS].update_one(here, {"$setOnInsert": {"holder": ""}}, upsert=True)
        except DuplicateKeyError:
            pass  # another process has made it in this moment

    def _all(self, collection: str, projector: str, session: BlockingSession | None) -> list[Document]:
        return list(self._database.delegate[collection].find({"projector": projector}, session=session))

    def _rename(
        self,
        session: BlockingSession,
        collection: str,
        old: list[Document],
        new: list[Document],
        before: int,
        now: int,
        without: Container[object] = (),
    ) -> None:
        """What the current generation has becomes that of one beside, and the other way round, without some of it."""
        renamed = [_renamed(one, name_beside(self._projector, before), before) for one in old]
        renamed += [_renamed(one, self._projector, now) for one in new if _offset(one) not in without]
        if renamed:
            gone = [one["_id"] for one in (*old, *new)]
            self._database.delegate[collection].delete_many({"_id": {"$in": gone}}, session=session)
            self._database.delegate[collection].insert_many(renamed, session=session)


def _stands(found: Iterable[Document]) -> Vector:
    return {(one["topic"], one["partition"]): position_of(one) for one in found}


def _offset(one: Document) -> tuple[object, ...]:
    return one["topic"], one["partition"], one.get("offset")


def _renamed(one: Document, projector: str, generation: int) -> Document:
    id_ = checkpoint_id(projector, one["topic"], one["partition"])
    if "offset" in one:
        id_ = f"{id_}/{one['offset']}"
    renamed = {**one, "_id": id_, "projector": projector, "generation": generation}
    return {name: value for name, value in renamed.items() if name != "frozenUntil"}
